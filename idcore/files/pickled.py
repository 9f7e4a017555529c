"""What a pickle says, read without running it.

A pickle is a program for a small machine with a stack. Here the machine works on descriptions alone: nothing is
imported, created or called. The name of a class stays a `Global`, the call of it becomes a `Call`.
"""

import pickletools
import re
from dataclasses import dataclass, field
from typing import IO, Any

from idcore.errors import FileError


@dataclass(frozen=True, eq=False)
class Global:
    """The full name of a class or function, such as `torch._utils._rebuild_tensor_v2`."""

    name: str


@dataclass(frozen=True, eq=False)
class Call:
    """What would come of calling `function`. items: what is put into the result by key afterwards."""

    function: Any
    arguments: Any
    items: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Reference:
    """A thing kept outside the pickle, by its `persistent_id`."""

    key: Any


_VALUES = frozenset(
    ("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8")
    + ("SHORT_BINSTRING", "BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8")
)
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_PUT, _GET = frozenset({"BINPUT", "LONG_BINPUT"}), frozenset({"BINGET", "LONG_BINGET"})
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def read(stream: IO[bytes], allowed: "re.Pattern[str]") -> tuple[Any, list[Reference]]:
    """(value, all references in it) of the pickle that begins where the stream stands, which then stands behind it.

    Numbers, texts, tuples, lists and dicts as they are, everything else as `Global`, `Call` or `Reference`. allowed:
    the full names that may be mentioned. Raises FileError for any other name, and for what is no pickle.
    """
    machine = _Machine(allowed)
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            if opcode.name == "STOP":
                return machine.stack.pop(), machine.references
            machine.step(opcode.name, argument)
    except FileError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise FileError("It is damaged or cut short: its list of tensors cannot be read.") from error
    raise FileError("It is cut short: its list of tensors has no end.")


class _Machine:
    def __init__(self, allowed: "re.Pattern[str]") -> None:
        self.allowed = allowed
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.references: list[Reference] = []

    def step(self, name: str, argument: Any) -> None:
        stack = self.stack
        if name in _VALUES:
            stack.append(argument)
        elif name in _PUT:
            self.memo[argument] = stack[-1]
        elif name in _GET:
            stack.append(self.memo[argument])
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _TUPLES:
            stack.append(self.cut(len(stack) - _TUPLES[name]))
        else:
            self.rare(name, argument)

    def rare(self, name: str, argument: Any) -> None:
        stack = self.stack
        match name:
            case "MARK":
                self.marks.append(len(stack))
            case "TUPLE":
                stack.append(self.cut())
            case "REDUCE" | "NEWOBJ":
                arguments, function = stack.pop(), stack.pop()
                stack.append(Call(function, arguments))
            case "GLOBAL":
                stack.append(self.named(argument.replace(" ", ".")))
            case "STACK_GLOBAL":
                attribute, module = stack.pop(), stack.pop()
                stack.append(self.named(f"{module}.{attribute}"))
            case "BINPERSID":
                self.references.append(Reference(stack.pop()))
                stack.append(self.references[-1])
            case "EMPTY_DICT":
                stack.append({})
            case "EMPTY_LIST":
                stack.append([])
            case "SETITEM" | "SETITEMS":
                self.set(self.cut(len(stack) - 2 if name == "SETITEM" else None))
            case "APPEND" | "APPENDS":
                values = self.cut(len(stack) - 1 if name == "APPEND" else None)
                if isinstance(stack[-1], list):
                    stack[-1].extend(values)
            case "MEMOIZE":
                self.memo[len(self.memo)] = stack[-1]
            case "BUILD":
                stack.pop()  # attributes; those of a tensor or a dict are of no use here
            case "PROTO" | "FRAME":
                pass
            case _:
                raise FileError(
                    f"It uses the pickle instruction {name}, which a list of tensors has no need of; nothing was run."
                )

    def cut(self, start: int | None = None) -> tuple[Any, ...]:
        """Take off everything from `start`, or from the last mark."""
        start = self.marks.pop() if start is None else start
        if start < 0:
            raise IndexError(start)
        values = tuple(self.stack[start:])
        del self.stack[start:]
        return values

    def set(self, values: tuple[Any, ...]) -> None:
        target = self.stack[-1]
        target = target.items if isinstance(target, Call) else target
        for key, value in zip(values[::2], values[1::2], strict=True):
            if isinstance(key, (str, int)):  # the hash of a tuple nested a million times would end the process
                target[key] = value

    def named(self, name: str) -> Global:
        if not self.allowed.fullmatch(name):
            raise FileError(
                f"It wants to use {name[:100]!r}, and no code of a file is run here. If it holds a whole network or "
                "the state of a training, save its tensors alone, as state_dict() gives them."
            )
        return Global(name)
