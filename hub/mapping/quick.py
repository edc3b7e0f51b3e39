"""The quick form of rules: generated Python, for documents in which nothing is unusual.

Every rule has a strict form: a closure that names whatever is wrong with a value. The rules
most fields are made of also have a quick form, which stands beside the strict one: a Python
expression over `frame` and `item`. The expressions of all fields of an object become one
function. It never says what is wrong: where anything stops it, the strict form starts anew.

Of a file nothing gets into the code but texts, and those as `repr` writes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hub.mapping.run import Frame, Produce
from hub.mapping.values import MISSING

#: Expressions in each other; one deeper becomes a function of its own. Python takes no more than
#: 200 brackets in each other, and an expression opens three at most.
MAX_DEPTH = 20

_HOLE = re.compile(r"\{([a-z_0-9]+)\}")
_KNOWN = {"MISSING": MISSING, "bool": bool, "dict": dict, "str": str, "type": type}


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A local variable of the generated function, different from all others."""


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A value the generated function knows by a name."""

    value: Any


@dataclass(frozen=True, slots=True)
class Code:
    """A piece of Python, whose names are not yet given."""

    parts: tuple[str | Variable | Constant, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Quick:
    """A rule that has a quick form; called, it is the strict one."""

    strict: Produce
    code: Code
    #: The quick form as a function, where it is one already.
    function: Produce | None = None

    def __call__(self, frame: Frame) -> Any:
        """Return the value as the strict form gives it."""
        return self.strict(frame)


_Hole: TypeAlias = Variable | Constant | Code | Produce


def code(pattern: str, **holes: _Hole) -> Code:
    """Return the pattern with each `{name}` filled; a rule becomes its value."""
    parts: list[str | Variable | Constant] = []
    depth = 0
    for number, piece in enumerate(_HOLE.split(pattern)):
        if number % 2 == 0:
            parts.append(piece)
            continue
        hole = holes[piece]
        if isinstance(hole, Variable | Constant):
            parts.append(hole)
            continue
        inner = hole if isinstance(hole, Code) else _code_of(hole)
        depth = max(depth, inner.depth)
        parts += ("(", *inner.parts, ")")
    return Code(tuple(parts), depth + 1)


def _code_of(produce: Produce) -> Code:
    if isinstance(produce, Quick) and produce.code.depth < MAX_DEPTH:
        return produce.code
    return Code((Constant(function_of(produce)), "(frame)"), 0)


def strict_of(produce: Produce) -> Produce:
    """Return the strict form."""
    return produce.strict if isinstance(produce, Quick) else produce


def function_of(produce: Produce) -> Produce:
    """Return the quick form as a function; the strict one where there is no other."""
    if not isinstance(produce, Quick):
        return produce
    if produce.function is not None:
        return produce.function
    return _function(produce.strict, [Code(("    return ", *produce.code.parts, "\n"), 0)])


def in_two_forms(strict: Produce, quick: Produce) -> Quick:
    """Return the rule of two functions."""
    return Quick(strict, Code((Constant(quick), "(frame)"), 0), quick)


def always(value: Any) -> Quick:
    """Return the rule that gives the same value for every document."""
    return Quick(lambda _frame: value, code("{value}", value=Constant(value)))


def combined(function: Callable[..., Any], *parts: Produce) -> Quick:
    """Return the rule that calls a function with the values of other rules."""
    holes = {f"part{number}": part for number, part in enumerate(parts)}
    call = f"{{function}}({', '.join(f'{{{name}}}' for name in holes)})"
    quick = code(call, function=Constant(function), **holes)
    stricts = [strict_of(part) for part in parts]
    return Quick(lambda frame: function(*[part(frame) for part in stricts]), quick)


def filler(rules: Sequence[tuple[str, Produce]], strict: Produce) -> Produce:
    """Return the function that fills an object, field after field."""
    body = [Code(("    filled = {}\n",), 0)]
    for name, produce in rules:
        pattern = (
            "    value = {rule}\n    if value is not MISSING:\n        filled[{name}] = value\n"
        )
        body.append(code(pattern, rule=produce, name=Constant(name)))
    body.append(Code(("    return filled\n",), 0))
    return _function(strict, body)


def _function(strict: Produce, body: Iterable[Code]) -> Produce:
    # what is no plain dictionary is unusual as a whole
    head = "def rule(frame):\n    item = frame.item\n    if type(item) is not dict:\n"
    start = code(head + "        return {strict}(frame)\n", strict=Constant(strict))
    parts = [part for piece in (start, *body) for part in piece.parts]
    names = _Names()
    source = "".join([part if isinstance(part, str) else names.of(part) for part in parts])
    # only patterns of this package, names given here and texts by repr
    exec(compile(source, "<mapping>", "exec"), names.known)  # noqa: S102
    made: Produce = names.known["rule"]
    return made


class _Names:
    """Names of the variables and constants of one function."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {"__builtins__": {}, **_KNOWN}
        self.given: dict[Variable | Constant, str] = {}

    def of(self, part: Variable | Constant) -> str:
        if isinstance(part, Constant) and type(part.value) is str:
            return repr(part.value)
        if part not in self.given:
            self.given[part] = f"n{len(self.given)}"
            if isinstance(part, Constant):
                self.known[self.given[part]] = part.value
        return self.given[part]
