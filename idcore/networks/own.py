"""A file of weights for a module that somebody else's code has made."""

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from idcore import confined
from idcore.errors import NetworkError
from idcore.networks.fit import mismatches
from idcore.networks.prefixes import behind
from idcore.networks.weights_file import tensor_list, uploaded
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch

_COUNTER = "num_batches_tracked"  # of a batch normalisation; no number depends on it


def load(module: nn.Module, digest: str, store: Store, watch: Watch = UNWATCHED) -> tuple[str, ...]:
    """Give the module the weights of an uploaded file, which is read in a process of its own; returns sentences on what
    was left out or converted.

    The file must have each tensor of the module, behind one prefix, and none besides: else it is of another network.
    Raises NetworkError, Cancelled.
    """
    own = {name: value for name, value in module.state_dict().items() if isinstance(value, torch.Tensor)}
    if any(is_lazy(value) for value in own.values()):
        raise NetworkError("The module has lazy layers, whose weights have no shape yet: call it once in the factory.")
    wanted = {name: tuple(value.shape) for name, value in own.items()}
    if not wanted:
        raise NetworkError("The module of the factory has no weights that a file could give it.")
    what = "The file of weights"
    ((arrays, values),) = confined.run(uploaded, digest, tuple(wanted.items()), what=what, store=store, watch=watch)
    prefixes = behind({name: array.shape for name, array in arrays.items()}, wanted)[0] or ("",)
    prefix, *rivals = sorted(prefixes, key=lambda one: "ema" in one.lower())  # averages after what they are of
    have = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    counters = {name for name in wanted if name.rpartition(".")[2] == _COUNTER and name not in have}
    wrong = mismatches(
        {name: array.shape for name, array in have.items()},
        {name: shape for name, shape in wanted.items() if name not in counters},
    )
    if wrong:
        raise NetworkError(
            f"The weights of {values['name']!r} do not fit the module of the factory: {wrong}. Give the factory that "
            "made the network they were saved from."
        )
    try:
        module.load_state_dict({name: torch.from_numpy(array) for name, array in have.items()}, strict=False)
    except (RuntimeError, ValueError, TypeError, KeyError, AttributeError) as error:  # of code that is not ours
        raise NetworkError(f"The module refuses the weights of {values['name']!r}: {error}") from error
    notes = [f"The prefix {prefix[:100]!r} was taken off the names of {len(have)} tensors."] if prefix else []
    if others := [name for name in arrays if not name.startswith(prefix)]:
        notes.append(f"Left out, as they have no prefix {prefix[:100]!r}: {tensor_list(others)}.")
    if rivals:
        notes.append(f"They fit behind {tensor_list(rivals)} as well.")
    return (*values["notes"], *notes)
