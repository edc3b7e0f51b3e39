"""Turning an expression's tree into a function of the running document.

In a condition a missing or null value counts as false; text never counts as a boolean.
A missing value in arithmetic or an ordering comparison stops the rule (`Absent`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal, DivisionByZero, InvalidOperation
from typing import Any, TypeVar

from hub.mapping import aggregate, compare
from hub.mapping.expressions import parse_expression
from hub.mapping.faults import Place, Stop
from hub.mapping.lexer import ExpressionError
from hub.mapping.paths import describe, projected, reader
from hub.mapping.positions import Node, Scalar
from hub.mapping.run import Frame, Produce
from hub.mapping.site import Site, resolve
from hub.mapping.tree import Aggregate, Binary, Call, IsSet, Listing, Literal, Path, Tree, Unary
from hub.mapping.values import (
    EXACT,
    QUOTIENT,
    absent,
    decimal,
    integer,
    is_list,
    is_nothing,
    rounded,
    text,
    within_reach,
)

T = TypeVar("T")


def expression(node: Node, site: Site) -> Produce | None:
    """Return the compiled expression of a node; None after a fault."""
    if not isinstance(node, Scalar) or node.null:
        site.faults.add("E106", node.place, "An expression is needed, such as: amount > 0")
        return None
    try:
        tree = parse_expression(node.text)
    except ExpressionError as error:
        site.faults.add(error.code, node.at(error.at), f"In {node.text!r}: {error}.")
        return None
    return _Compiler(node, site).value(tree)


def condition(node: Node, site: Site) -> Callable[[Frame], bool] | None:
    """Return the compiled condition of a node; None after a fault."""
    produce = expression(node, site)
    if produce is None:
        return None
    place = node.place

    def holds(frame: Frame) -> bool:
        try:
            return truth(produce(frame))
        except Stop as stop:
            stop.subject = stop.subject or "the condition"
            stop.place = stop.place or place
            raise

    return holds


def truth(value: Any) -> bool:
    """Return whether a condition holds; nothing is false, and only booleans are true."""
    if isinstance(value, bool):
        return value
    if is_nothing(value):
        return False
    raise Stop("E207", 'is not a boolean; compare it: status == "approved"')


class _Compiler:
    def __init__(self, node: Scalar, site: Site) -> None:
        self.node = node
        self.site = site

    def place(self, tree: Tree) -> Place:
        return self.node.at(tree.at)

    def value(self, tree: Tree) -> Produce:
        match tree:
            case Literal():
                constant = tree.value
                return lambda _frame: constant
            case Path():
                resolve(tree, self.site, self.place(tree))
                return reader(tree)
            case Listing():
                items = [self.value(item) for item in tree.items]
                return lambda frame: [item(frame) for item in items]
            case Unary():
                return self.unary(tree)
            case IsSet():
                return self.is_set(tree)
            case Binary():
                return self.binary(tree)
            case Call():
                return self.call(tree)
            case Aggregate():
                return self.aggregate(tree)

    def operand(self, tree: Tree, convert: Callable[[Any], T]) -> Callable[[Frame], T]:
        """Return the converted value of a part; an error names the path it came from."""
        produce = self.value(tree)
        if not isinstance(tree, Path):
            change: Callable[[Any], Any] = _computed if convert is decimal else convert
            return lambda frame: change(produce(frame))
        hidden = self.hidden(tree)

        def run(frame: Frame) -> T:
            value = produce(frame)
            try:
                return convert(value)
            except Stop as stop:
                stop.subject = stop.subject or describe(tree, frame, value, hidden=hidden)
                raise

        return run

    def hidden(self, path: Path) -> bool:
        quiet = Site(type(self.site.faults)(), self.site.shapes, lets=self.site.lets)
        shape = resolve(path, quiet, self.node.place, through=True)
        return self.site.hidden or (shape is not None and shape.personal)

    def unary(self, tree: Unary) -> Produce:
        if tree.sign == "-":
            number = self.operand(tree.operand, decimal)
            return lambda frame: EXACT.minus(number(frame))
        held = self.operand(tree.operand, truth)
        return lambda frame: not held(frame)

    def is_set(self, tree: IsSet) -> Produce:
        produce = self.value(tree.operand)
        return lambda frame: not is_nothing(produce(frame))

    def binary(self, tree: Binary) -> Produce:
        if tree.sign in _ARITHMETIC:
            return self.arithmetic(tree)
        if tree.sign in {"and", "or"}:
            left, right = self.operand(tree.left, truth), self.operand(tree.right, truth)
            if tree.sign == "and":
                return lambda frame: left(frame) and right(frame)
            return lambda frame: left(frame) or right(frame)
        if tree.sign == "in":
            return self.membership(tree)
        return self.comparison(tree)

    def arithmetic(self, tree: Binary) -> Produce:
        left, right = self.operand(tree.left, decimal), self.operand(tree.right, decimal)
        compute = _ARITHMETIC[tree.sign]
        words = self.node.text

        def run(frame: Frame) -> Decimal:
            try:
                return within_reach(compute(left(frame), right(frame)))
            except (DivisionByZero, InvalidOperation):
                raise Stop("E209", "divides by zero", subject=repr(words)) from None

        return run

    def comparison(self, tree: Binary) -> Produce:
        left, right = self.value(tree.left), self.value(tree.right)
        test = compare.TESTS[tree.sign]
        paths = [side for side in (tree.left, tree.right) if isinstance(side, Path)]
        hidden = any(self.hidden(path) for path in paths)

        def run(frame: Frame) -> bool:
            one, other = left(frame), right(frame)
            try:
                return test(one, other)
            except Stop as stop:
                stop.subject = stop.subject or compare.subject(self.node.text, one, other, hidden)
                raise

        return run

    def membership(self, tree: Binary) -> Produce:
        left, right = self.value(tree.left), self.listing(tree.right)

        def run(frame: Frame) -> bool:
            one = left(frame)
            if is_nothing(one):
                return False
            return any(compare.same(one, item) for item in right(frame))

        return run

    def listing(self, tree: Tree) -> Callable[[Frame], Any]:
        if not isinstance(tree, Path):
            return self.operand(tree, _as_list)
        resolve(tree, self.site, self.place(tree), through=True)
        read = projected(tree)
        return lambda frame: _as_list(read(frame))

    def call(self, tree: Call) -> Produce:
        if tree.name == "len":
            sized = self.operand(tree.arguments[0], _sized)
            return lambda frame: len(sized(frame))
        if tree.name == "round":
            return self.rounding(tree)
        words = self.operand(tree.arguments[0], _words)
        if tree.name in {"left", "right"}:
            count = self.operand(tree.arguments[1], _count)
            if tree.name == "left":
                return lambda frame: words(frame)[: count(frame)]
            return lambda frame: _right(words(frame), count(frame))
        change = _TEXTS[tree.name]
        return lambda frame: change(words(frame))

    def rounding(self, tree: Call) -> Produce:
        number = self.operand(tree.arguments[0], decimal)
        if len(tree.arguments) == 1:
            return lambda frame: rounded(number(frame), 0)
        places = self.operand(tree.arguments[1], _places)
        return lambda frame: rounded(number(frame), places(frame))

    def aggregate(self, tree: Aggregate) -> Produce:
        inner = aggregate.items_site(tree, self.site, self.place(tree))
        compiler = _Compiler(self.node, inner)
        kept = None if tree.where is None else compiler.operand(tree.where, truth)
        items = aggregate.Items(tree.source, projected(tree.source), kept, str(tree.source))
        separator = None if tree.separator is None else self.operand(tree.separator, _words)
        convert = {"any": truth, "all": truth, "join": _words}.get(tree.name, decimal)
        if tree.body is None:
            return aggregate.over_values(tree.name, items, convert, separator)
        body = compiler.operand(tree.body, convert)
        return aggregate.over_bodies(tree.name, items, body, separator)


_ARITHMETIC: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": EXACT.add,
    "-": EXACT.subtract,
    "*": EXACT.multiply,
    "/": QUOTIENT.divide,
}
_TEXTS: Mapping[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "trim": operator.methodcaller("strip"),
}


def _computed(value: Any) -> Decimal:
    return value if type(value) is Decimal else decimal(value)


def _words(value: Any) -> str:
    if is_nothing(value):
        raise absent(value)
    return text(value)


def _sized(value: Any) -> Any:
    return value if is_list(value) else _words(value)


def _as_list(value: Any) -> Any:
    if is_nothing(value):
        return ()
    if is_list(value):
        return value
    raise Stop("E205", "is no list: `in` needs one after it")


def _count(value: Any) -> int:
    number = integer(value)
    if 0 <= number <= 10_000:
        return number
    raise Stop("E209", "is no number of characters from 0 to 10000")


def _places(value: Any) -> int:
    number = integer(value)
    if 0 <= number <= 20:
        return number
    raise Stop("E209", "is no number of places from 0 to 20")


def _right(words: str, count: int) -> str:
    return words[len(words) - count :] if count < len(words) else words
