"""The stages of a network that is built of blocks: what the checkpoint layers stand on."""

from torch import nn

from idcore.networks.parts import parts


def stages(network: nn.Module) -> list[str]:
    """Paths of the stages, [] where the network has none.

    A stack is a Sequential or ModuleList (not the network itself) whose children all have parts, that is, blocks.
    Where several stand side by side (`layer1` ... `layer4` of a ResNet) they are the stages; where there is one in its
    parent (`encoder.layers` of a ViT, `features` of a ConvNeXt) its blocks are. Stacks in many places are the branches
    of blocks (GoogLeNet). There, and where there are no stacks, the blocks that stand side by side are the stages.
    """
    modules = dict(network.named_modules())
    stacks = [path for path, module in modules.items() if path and _is_stack(module)]
    top = [path for path in stacks if not any(inside(path, other) for other in stacks)]
    parents = {path.rpartition(".")[0] for path in top}
    if len(top) > 1 and len(parents) == 1 and all(isinstance(modules[path], nn.Sequential) for path in top):
        return top
    if not top or len(parents) > 1 and len(parents) < len(top):
        return _blocks(network)
    return [f"{path}.{name}" for path in top for name in parts(modules[path])]


def _blocks(network: nn.Module, path: str = "") -> list[str]:
    """Paths of the blocks, modules of modules of layers, in the first place from above where there are several."""
    blocks = {path + name: module for name, module in parts(network).items() if _height(module) > 1}
    if len(blocks) > 1:
        return list(blocks)
    return [inner for name, module in blocks.items() for inner in _blocks(module, name + ".")]


def _height(module: nn.Module) -> int:
    return max((1 + _height(child) for child in parts(module).values()), default=0)


def inside(path: str, container: str) -> bool:
    """Whether the module at `path` is a proper part of the one at `container`."""
    return path.startswith(container + ".")


def _is_stack(module: nn.Module) -> bool:
    children = parts(module).values()
    return isinstance(module, (nn.Sequential, nn.ModuleList)) and len(children) > 0 and all(map(parts, children))
