"""Turning an expression's tree into a function of the running document.

In a condition a missing or null value counts as false; text never counts as a boolean.
A missing value in arithmetic or an ordering comparison stops the rule (`Absent`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal, DivisionByZero, InvalidOperation
from typing import Any, TypeVar

from hub.language import say
from hub.mapping.data import patterns
from hub.mapping.data.measures import Operand, calculated, number_or_measure
from hub.mapping.data.values import (
    EXACT,
    MAX_EXPONENT,
    QUOTIENT,
    integer,
    is_nothing,
    out_of_reach,
)
from hub.mapping.expression import aggregate, compare, loops, operands
from hub.mapping.expression.expressions import parse_check, parse_expression
from hub.mapping.expression.lexer import ExpressionError
from hub.mapping.expression.tree import (
    Aggregate,
    Binary,
    Call,
    IsSet,
    Listing,
    Literal,
    Path,
    Tree,
    Unary,
)
from hub.mapping.faults import Stop
from hub.mapping.rule.site import Site, is_personal, resolve
from hub.mapping.running.paths import describe, projected, quick_reader
from hub.mapping.running.quick import (
    Code,
    Constant,
    Quick,
    Variable,
    always,
    code,
    combined,
    function_of,
    in_forms,
    strict_of,
)
from hub.mapping.running.run import Frame, Produce
from hub.yamlfile import Node, Place, Scalar

T = TypeVar("T")


def expression(
    node: Node, site: Site, parse: Callable[[str], Tree] = parse_expression
) -> Produce | None:
    """Return the compiled expression of a node; None after a fault."""
    if not isinstance(node, Scalar) or node.null:
        message = say("An expression is needed, such as: amount > 0")
        site.faults.add("E106", node.place, message)
        return None
    try:
        tree = parse(node.text)
    except ExpressionError as error:
        message = say("In {text!r}: {problem}.", text=node.text, problem=error.message)
        site.faults.add(error.code, node.at(error.at, error.width), message)
        return None
    return _Compiler(node, site).value(tree)


def condition(node: Node, site: Site) -> Callable[[Frame], bool] | None:
    """Return the compiled condition of a node; None after a fault."""
    return _condition(node, expression(node, site.asking()))


def check_of(node: Node, site: Site) -> Callable[[Frame], bool] | None:
    """Return the compiled check of a node, in which `$value` is the value; None after a fault."""
    return _condition(node, expression(node, site.asking(checking=True), parse_check))


def _condition(node: Node, found: Produce | None) -> Callable[[Frame], bool] | None:
    if found is None:
        return None
    produce, place = strict_of(found), node.place

    def holds(frame: Frame) -> bool:
        try:
            return truth(produce(frame))
        except Stop as stop:
            stop.about(say("the condition"))
            stop.place = stop.place or place
            raise

    return Quick(holds, _quick_truth(found))


def truth(value: Any) -> bool:
    """Return whether a condition holds; nothing is false, and only booleans are true."""
    if isinstance(value, bool):
        return value
    if is_nothing(value):
        return False
    raise Stop("E207", say('is not a boolean; compare it: status == "approved"'))


def _quick_truth(produce: Produce) -> Code:
    pattern = "{value} if type({value} := {produce}) is bool else {truth}({value})"
    return code(pattern, value=Variable(), produce=produce, truth=Constant(truth))


def _quick_number(produce: Produce) -> Code:
    pattern = (
        "{value} if type({value} := {produce}) is Decimal else Decimal({value})"
        " if type({value}) is str and len({value}) <= SHORT and reads_as_decimal({value})"
        " else {convert}({value})"
    )
    convert = Constant(number_or_measure)
    return code(pattern, value=Variable(), produce=produce, convert=convert)


def _quick_call(convert: Callable[[Any], Any], value: Produce) -> Code:
    return code("{convert}({value})", convert=Constant(convert), value=value)


class _Compiler:
    def __init__(self, node: Scalar, site: Site) -> None:
        self.node = node
        self.site = site

    def place(self, tree: Tree) -> Place:
        return self.node.at(tree.at)

    def path_place(self, path: Path) -> Place:
        words = str(path)
        usual = self.node.text.startswith(words, path.at)
        return self.node.at(path.at, len(words) if usual else 0)

    def value(self, tree: Tree) -> Produce:
        match tree:
            case Literal():
                return always(tree.value)
            case Path():
                resolve(tree, self.site, self.path_place(tree))
                return quick_reader(tree)
            case Listing():
                return combined(_listed, *[self.value(item) for item in tree.items])
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
        change: Callable[[Any], Any] = (
            operands.computed if convert is number_or_measure else convert
        )
        if isinstance(tree, Literal):
            # one that does not fit stops the rule of each document
            with suppress(Stop):
                return always(change(tree.value))
        found = self.value(tree)
        quick = _quick_truth(found) if convert is truth else _quick_call(change, found)
        if convert is number_or_measure:
            quick = _quick_number(found)
        produce = strict_of(found)
        if not isinstance(tree, Path):
            return Quick(lambda frame: change(produce(frame)), quick)
        hidden = self.hidden(tree)

        def run(frame: Frame) -> T:
            value = produce(frame)
            try:
                return convert(value)
            except Stop as stop:
                stop.about(*describe(tree, frame, value, hidden=hidden))
                raise

        return Quick(run, quick)

    def hidden(self, path: Path) -> bool:
        return is_personal(path, self.site)

    def unary(self, tree: Unary) -> Produce:
        if tree.sign == "-":
            return combined(operands.negative, self.operand(tree.operand, number_or_measure))
        operand = self.operand(tree.operand, truth)
        held = strict_of(operand)
        return Quick(lambda frame: not held(frame), code("not {held}", held=operand))

    def is_set(self, tree: IsSet) -> Produce:
        operand = self.value(tree.operand)
        produce = strict_of(operand)
        pattern = "({value} := {operand}) is not MISSING and {value} is not None"
        quick = code(pattern, value=Variable(), operand=operand)
        return Quick(lambda frame: not is_nothing(produce(frame)), quick)

    def binary(self, tree: Binary) -> Produce:
        if tree.sign in _ARITHMETIC:
            return self.arithmetic(tree)
        if tree.sign in {"and", "or"}:
            return self.junction(tree)
        if tree.sign == "in":
            return self.membership(tree)
        return self.comparison(tree)

    def junction(self, tree: Binary) -> Produce:
        one, other = self.operand(tree.left, truth), self.operand(tree.right, truth)
        left, right = strict_of(one), strict_of(other)
        quick = code("{left} " + tree.sign + " {right}", left=one, right=other)
        if tree.sign == "and":
            return Quick(lambda frame: left(frame) and right(frame), quick)
        return Quick(lambda frame: left(frame) or right(frame), quick)

    def arithmetic(self, tree: Binary) -> Produce:
        left = self.operand(tree.left, number_or_measure)
        right = self.operand(tree.right, number_or_measure)
        compute, sign = _ARITHMETIC[tree.sign], tree.sign
        words = self.node.text

        def work_out(one: Operand, other: Operand) -> Operand:
            try:
                if type(one) is Decimal and type(other) is Decimal:
                    return compute(one, other)
                return calculated(sign, compute, one, other)
            except (DivisionByZero, InvalidOperation):
                subject = say("{expression!r}", expression=words)
                raise Stop("E209", say("divides by zero"), subject=subject) from None
            except ArithmeticError:
                raise out_of_reach() from None

        return combined(work_out, left, right)

    def comparison(self, tree: Binary) -> Produce:
        before = len(self.site.personal)
        one_side, other_side = self.value(tree.left), self.value(tree.right)
        left, right = strict_of(one_side), strict_of(other_side)
        test = compare.TESTS[tree.sign]
        hidden = self.site.hidden or len(self.site.personal) > before

        def run(frame: Frame) -> bool:
            one, other = left(frame), right(frame)
            try:
                return test(one, other)
            except Stop as stop:
                stop.about(compare.subject(self.node.text, one, other, hidden))
                raise

        pattern = "{test}({one}, {other})"
        if tree.sign in {"==", "!="} and _is_text(tree.right):
            # two texts are compared letter by letter, also where both read as numbers
            same = "{value} " + tree.sign + " {other} if type({value} := {one}) is str"
            pattern = same + " else {test}({value}, {other})"
        elif tree.sign not in {"==", "!="} and _is_short_number(tree.right):
            ordered = "Decimal({value}) " + tree.sign + " {other} if type({value} := {one}) is str"
            short = " and len({value}) <= SHORT and reads_as_decimal({value})"
            pattern = ordered + short + " else {test}({value}, {other})"
        quick = code(pattern, value=Variable(), one=one_side, other=other_side, test=Constant(test))
        return Quick(run, quick)

    def membership(self, tree: Binary) -> Produce:
        operand, right = self.value(tree.left), self.listing(tree.right)
        left = strict_of(operand)

        def run(frame: Frame) -> bool:
            one = left(frame)
            if is_nothing(one):
                return False
            return any(compare.same(one, item) for item in right(frame))

        texts = _texts(tree.right)
        if not isinstance(tree.left, Path) or texts is None:
            return run
        pattern = "{value} in {texts} if type({value} := {one}) is str else {run}(frame)"
        quick = code(
            pattern, value=Variable(), one=operand, texts=Constant(texts), run=Constant(run)
        )
        return Quick(run, quick)

    def listing(self, tree: Tree) -> Callable[[Frame], Any]:
        if not isinstance(tree, Path):
            return self.operand(tree, operands.as_list)
        resolve(tree, self.site, self.path_place(tree), through=True)
        read = projected(tree)

        def found(frame: Frame) -> Any:
            items = operands.as_list(read(frame))
            frame.run.walk(len(items))
            return items

        return found

    def body(self, tree: Tree, convert: Callable[[Any], Any]) -> Callable[[Frame], Any]:
        return self.words(tree) if convert is operands.words_of else self.operand(tree, convert)

    def words(self, tree: Tree) -> Callable[[Frame], str]:
        # equal numbers of a document are equal texts, as everywhere
        of_source = isinstance(tree, Path) and tree.root == "item"
        return self.operand(tree, operands.source_words if of_source else operands.words_of)

    def call(self, tree: Call) -> Produce:
        if tree.name == "len":
            return combined(len, self.operand(tree.arguments[0], operands.sized))
        if tree.name == "round":
            return self.rounding(tree)
        if tree.name == "matches":
            return self.matching(tree)
        if tree.name == "days":
            count = self.operand(tree.arguments[1], integer)
            return combined(operands.days, self.operand(tree.arguments[0], operands.day_of), count)
        words = self.words(tree.arguments[0])
        if tree.name in {"left", "right"}:
            count = self.operand(tree.arguments[1], operands.count_of)
            return combined(operands.left if tree.name == "left" else operands.right, words, count)
        return combined(_TEXTS[tree.name], words)

    def matching(self, tree: Call) -> Produce:
        pattern = tree.arguments[1]
        words = self.words(tree.arguments[0])
        if not isinstance(pattern, Literal) or not isinstance(pattern.value, str):
            message = say("matches(…) needs its pattern in quotes: no field can be one.")
            self.site.faults.add("E107", self.place(tree), message)
            return always(False)
        try:
            whole = patterns.whole(pattern.value)
        except ValueError as error:
            message = say(
                "The pattern {text!r}: {problem}", text=pattern.value, problem=error.args[0]
            )
            self.site.faults.add("E107", self.place(pattern), message)
            return always(False)
        return combined(whole, words)

    def rounding(self, tree: Call) -> Produce:
        number = self.operand(tree.arguments[0], number_or_measure)
        if len(tree.arguments) == 1:
            return combined(operands.rounded, number, always(0))
        return combined(
            operands.rounded, number, self.operand(tree.arguments[1], operands.places_of)
        )

    def aggregate(self, tree: Aggregate) -> Produce:
        inner = aggregate.items_site(tree, self.site, self.place(tree))
        compiler = _Compiler(self.node, inner)
        kept = None if tree.where is None else compiler.operand(tree.where, truth)
        separator = (
            None if tree.separator is None else self.operand(tree.separator, operands.words_of)
        )
        convert = {"any": truth, "all": truth, "join": operands.words_of}.get(
            tree.name, number_or_measure
        )
        body = None if tree.body is None else compiler.body(tree.body, convert)
        read = projected(tree.source)

        def over(form: Callable[[Produce], Produce]) -> Produce:
            items = aggregate.Items(tree.source, read, kept and form(kept), str(tree.source))
            between = separator and form(separator)
            if body is None:
                own = operands.source_words if convert is operands.words_of else convert
                return aggregate.over_values(tree.name, items, own, between)
            return aggregate.over_bodies(tree.name, items, form(body), between)

        loop = loops.loop(tree.name, read, kept, body)
        strict = over(strict_of)
        if loop is None:
            return in_forms(lambda form: strict if form is strict_of else over(form))
        # what the loop does not take is unusual
        quick = loop(over(function_of))
        return in_forms(lambda form: strict if form is strict_of else quick)


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


def _is_text(tree: Tree) -> bool:
    return isinstance(tree, Literal) and isinstance(tree.value, str)


def _is_short_number(tree: Tree) -> bool:
    number = tree.value if isinstance(tree, Literal) else None
    return isinstance(number, Decimal) and len(str(number)) <= MAX_EXPONENT


def _texts(tree: Tree) -> frozenset[str] | None:
    """Return what a list of constant texts holds, None for any other."""
    if not isinstance(tree, Listing):
        return None
    values = [item.value for item in tree.items if isinstance(item, Literal)]
    texts = frozenset(value for value in values if isinstance(value, str))
    return texts if len(values) == len(tree.items) and texts.issuperset(values) else None


def _listed(*items: Any) -> list[Any]:
    return [*items]
