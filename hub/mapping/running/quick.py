"""The quick form of rules: generated Python, for documents in which nothing is unusual.

Every rule has a strict form: a closure that names whatever is wrong with a value. The rules
most fields are made of also have a quick form, which stands beside the strict one: a Python
expression over `frame` and `item`. The expressions of all fields of an object become one
function. It never says what is wrong: where anything stops it, the strict form starts anew.

The traced form is the quick one with a recorder: the same expressions, in which every value an
explanation shows passes a `Mark`. It is generated when somebody asks for the first explanation.

Of a file nothing gets into the code but texts, and those as `repr` writes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from hub.mapping.data.values import MAX_EXPONENT, MISSING, reads_as_decimal
from hub.mapping.running.run import Frame, Produce
from hub.mapping.running.trace import Mark

#: Expressions in each other; one deeper becomes a function of its own. Python takes no more than
#: 200 brackets in each other, and an expression opens three at most.
MAX_DEPTH = 30

_HOLE = re.compile(r"\{([a-z_0-9]+)\}")
_KNOWN = {
    "Decimal": Decimal,
    "MISSING": MISSING,
    "SHORT": MAX_EXPONENT,
    "bool": bool,
    "dict": dict,
    "reads_as_decimal": reads_as_decimal,
    "len": len,
    "list": list,
    "str": str,
    "type": type,
}


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A local variable of the generated function, different from all others."""


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A value the generated function knows by a name."""

    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """A rule that stays a function of its own, in whichever form is generated."""

    produce: Produce


@dataclass(frozen=True, slots=True, eq=False)
class _Marked:
    """Where a marked expression begins; the traced form hands its value to the recorder."""

    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class _MarkEnds:
    """Where it ends."""


_Part: TypeAlias = "str | Variable | Constant | _Rule | _Marked | _MarkEnds"


@dataclass(frozen=True, slots=True)
class Code:
    """A piece of Python, whose names are not yet given."""

    parts: tuple[_Part, ...]
    depth: int

    @property
    def local(self) -> bool:
        """Return whether it needs the item at hand only, and leaves no mark."""
        whole = all(not isinstance(part, (_Rule, _Marked)) for part in self.parts)
        return whole and not any(isinstance(part, str) and "frame" in part for part in self.parts)


#: Makes the rules of one form.
Form: TypeAlias = Callable[[Produce], Produce]


@dataclass(frozen=True, slots=True)
class Quick:
    """A rule that has a quick form; called, it is the strict one."""

    strict: Produce
    code: Code
    #: The rule in any form, where no expression can be written of it.
    build: Callable[[Form], Produce] | None = None

    def __call__(self, frame: Frame) -> Any:
        """Return the value as the strict form gives it."""
        return self.strict(frame)


_Hole: TypeAlias = Variable | Constant | Code | Produce


def code(pattern: str, **holes: _Hole) -> Code:
    """Return the pattern with each `{name}` filled; a rule becomes its value."""
    parts: list[_Part] = []
    depth = 0
    for number, piece in enumerate(_HOLE.split(pattern)):
        if number % 2 == 0:
            parts.append(piece)
            continue
        hole = holes[piece]
        if isinstance(hole, Variable | Constant):
            parts.append(hole)
            continue
        inner = hole if isinstance(hole, Code) else code_of(hole)
        depth = max(depth, inner.depth)
        parts += ("(", *inner.parts, ")")
    return Code(tuple(parts), depth + 1)


def marked(mark: Mark, value: Produce | Code) -> Code:
    """Return the expression as it is, its value marked for an explanation."""
    inner = value if isinstance(value, Code) else code_of(value)
    return Code((_Marked(mark), "(", *inner.parts, ")", _MarkEnds()), inner.depth + 1)


def code_of(produce: Produce) -> Code:
    """Return the expression of a rule; a call where it has none, or one that is too deep."""
    if isinstance(produce, Quick) and produce.build is None and produce.code.depth < MAX_DEPTH:
        return produce.code
    return Code((_Rule(produce), "(frame)"), 0)


def strict_of(produce: Produce) -> Produce:
    """Return the strict form."""
    return produce.strict if isinstance(produce, Quick) else produce


def function_of(produce: Produce) -> Produce:
    """Return the quick form as a function; the strict one where there is no other."""
    return _in_form(produce, function_of)


def traced_of(produce: Produce) -> Produce:
    """Return the quick form with its recorder; the strict one where there is no other."""
    return _in_form(produce, traced_of)


def _in_form(produce: Produce, form: Form) -> Produce:
    if not isinstance(produce, Quick):
        return produce
    if produce.build is not None:
        return produce.build(form)
    return generated(produce.strict, [Code(("    return ", *produce.code.parts, "\n"), 0)], form)


def in_forms(build: Callable[[Form], Produce]) -> Quick:
    """Return the rule that is a function of its own in every form."""
    quick: list[Produce] = []

    def once(form: Form) -> Produce:
        if form is not function_of:
            return build(form)
        if not quick:
            quick.append(build(form))
        return quick[0]

    return Quick(build(strict_of), Code((), 0), once)


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


def filler(rules: Sequence[tuple[str, Produce]], strict: Produce, form: Form) -> Produce:
    """Return the function that fills an object, field after field."""
    body = [Code(("    filled = {}\n",), 0)]
    for name, produce in rules:
        pattern = (
            "    value = {rule}\n    if value is not MISSING:\n        filled[{name}] = value\n"
        )
        body.append(code(pattern, rule=produce, name=Constant(name)))
    body.append(Code(("    return filled\n",), 0))
    return generated(strict, body, form)


def generated(strict: Produce, body: Iterable[Code], form: Form) -> Produce:
    """Return the function with this body; `strict` takes whatever is no plain dictionary."""
    head = "def rule(frame):\n    item = frame.item\n    if type(item) is not dict:\n"
    start = code(head + "        return {strict}(frame)\n", strict=Constant(strict))
    parts = [part for piece in (start, *body) for part in piece.parts]
    names = _Names(form)
    source = "".join([part if isinstance(part, str) else names.of(part) for part in parts])
    # only patterns of this package, names given here and texts by repr
    exec(compile(source, "<mapping>", "exec"), names.known)  # noqa: S102
    made: Produce = names.known["rule"]
    return made


class _Names:
    """Names of the variables and constants of one function."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.known: dict[str, Any] = {"__builtins__": {}, **_KNOWN}
        self.given: dict[object, str] = {}

    def of(self, part: Variable | Constant | _Rule | _Marked | _MarkEnds) -> str:
        if isinstance(part, (_Marked, _MarkEnds)):
            return self.mark(part)
        if isinstance(part, Constant) and type(part.value) is str:
            return repr(part.value)
        if part not in self.given:
            name = self.given[part] = f"n{len(self.given)}"
            if isinstance(part, _Rule):
                self.known[name] = self.form(part.produce)
            elif isinstance(part, Constant):
                self.known[name] = part.value
        return self.given[part]

    def mark(self, part: _Marked | _MarkEnds) -> str:
        if self.form is not traced_of:
            return ""
        if isinstance(part, _MarkEnds):
            return ")"
        return f"{self.of(Constant(part.mark.see))}(frame, "
