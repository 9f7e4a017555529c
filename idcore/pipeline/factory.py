"""A function of somebody's own that makes a network, named on the command line."""

import importlib.util
import sys
import traceback
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from torch import nn

from idcore.errors import LayerscopeError, NetworkError

Made = tuple[nn.Module, Any, Any]
_folders: set[Path] = set()
"""Where code of somebody's own was loaded from."""


def made(name: str) -> Made:
    """(network, images or None, labels or None), these as they are given, for `api.profile`. name:
    `package.module:function`, or `file.py:function` with the path of a file; it is called without arguments.

    Its code runs as it is: this is for the command line alone. Raises NetworkError where there is no such function, it
    fails, or it gives something else.
    """
    module_name, _, function_name = name.rpartition(":")
    if not module_name or not function_name:
        raise NetworkError(f"A factory is given as package.module:function or file.py:function, not as {name!r}.")
    try:
        module = _of_file(Path(module_name)) if module_name.endswith(".py") else _of_name(module_name)
        function = getattr(module, function_name, None)
        if not callable(function):
            raise NetworkError(f"{module_name} has no function {function_name!r}.")
        return _parts(function(), name)
    except LayerscopeError:
        raise
    except Exception as error:  # of code that is not ours
        at = error if isinstance(error, SyntaxError) else traceback.extract_tb(error.__traceback__)[-1]
        raise NetworkError(
            f"The factory {name} failed with {type(error).__name__}: {error} ({at.filename}, line {at.lineno})."
        ) from error


def _of_name(name: str) -> ModuleType:
    if "/" in name:
        raise NetworkError(f"{name} is no Python file. Give a factory as package.module:function or file.py:function.")
    if "" not in sys.path and str(Path.cwd()) not in sys.path:  # a script of an install does not look where it is run
        sys.path.insert(0, str(Path.cwd()))
    _read_anew(Path.cwd())
    try:
        return import_module(name)
    except (ModuleNotFoundError, TypeError) as error:  # TypeError: of a relative name
        raise NetworkError(
            f"The module {name!r} cannot be imported: {error}. Run this in the folder where it lies, or give its file, "
            "file.py:function."
        ) from error


def _of_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise NetworkError(f"There is no file {path}. Give a factory as package.module:function or file.py:function.")
    name = f"factory_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path, loader=_Source(name, str(path)))
    assert spec is not None and spec.loader is not None  # it was given one
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    sys.path.insert(0, str(path.parent.resolve()))  # as for a script: it may import what lies beside it
    _read_anew(path.parent)
    spec.loader.exec_module(module)
    return module


class _Source(SourceFileLoader):
    """Code as it stands in its file. What Python keeps of it, compiled, it holds for current where the file has as many
    bytes and was written within the same second: numbers of the code before would be kept as those of this."""

    def get_code(self, fullname: str) -> CodeType:
        """Compiled now."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _read_anew(folder: Path) -> None:
    """From now on what is imported from a folder, libraries that are installed in it apart, is read as it stands."""
    if not _folders:
        sys.path_hooks.insert(0, _finder)
    _folders.add(folder.resolve())
    for known in list(sys.path_importer_cache):
        if _is_own(known):
            del sys.path_importer_cache[known]


def _finder(folder: str) -> FileFinder:
    if not _is_own(folder):
        raise ImportError
    return FileFinder(folder, (ExtensionFileLoader, EXTENSION_SUFFIXES), (_Source, SOURCE_SUFFIXES))


def _is_own(folder: str) -> bool:
    path = Path(folder).resolve()
    return "site-packages" not in path.parts and any(map(path.is_relative_to, _folders))


def _parts(result: object, name: str) -> Made:
    network, *more = result if isinstance(result, tuple) else (result,)
    if not isinstance(network, nn.Module) or len(more) > 2:
        raise NetworkError(
            f"{name} gave {_kinds(result)}; it must give a torch.nn.Module, (module, images) or "
            "(module, images, labels)."
        )
    images, labels = (*more, None, None)[:2]
    return network, images, labels


def _kinds(result: object) -> str:
    if isinstance(result, tuple):
        return f"({', '.join(type(part).__name__ for part in result)})"
    return type(result).__name__
