"""The expression grammar: a Pratt parser, from text to a small tree.

Total by construction: no assignment, no recursion, no user functions, no clock. Work is
bounded by the length of the lists that are walked.

    or < and < not < comparison, in, is set < + - < * / < unary -

    sum(lines where not gift: qty * unit_price)      any(lines: gift)      $net > 1000
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hub.mapping.faults import nearest
from hub.mapping.lexer import ExpressionError, Token, tokens
from hub.mapping.tree import (
    Aggregate,
    Binary,
    Call,
    End,
    IsSet,
    Listing,
    Literal,
    Path,
    Tree,
    Unary,
)

MAX_DEPTH = 20

#: Functions over lists: `name(list [where condition]: expression)`.
AGGREGATES = ("sum", "min", "max", "count", "any", "all", "join")
#: Other functions → how many arguments they take, at least and at most.
FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "round": (1, 2),
    "len": (1, 1),
    "upper": (1, 1),
    "lower": (1, 1),
    "trim": (1, 1),
    "left": (2, 2),
    "right": (2, 2),
}
RESERVED = frozenset({"and", "or", "not", "in", "is", "set", "where", "true", "false"})


#: Signs between two operands → how strongly they bind.
_BINDING: Mapping[str, int] = {
    "or": 1,
    "and": 2,
    "==": 4,
    "!=": 4,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "in": 4,
    "not": 4,
    "is": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
}
_NOT = 3
_COMPARISON = 4
_MINUS = 7


def parse_expression(source: str) -> Tree:
    """Return the tree of an expression; `ExpressionError` with the column."""
    parser = _Parser(source)
    tree = parser.expression(0)
    parser.expect_end()
    return tree


def parse_path(source: str) -> Path:
    """Return a path; a quoted text counts as one of its segments."""
    parser = _Parser(source)
    path = parser.path()
    parser.expect_end()
    return path


class _Parser:
    def __init__(self, source: str) -> None:
        self.tokens = tokens(source)
        self.next = 0
        self.depth = 0
        self.rounds = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.next]

    def take(self) -> Token:
        token = self.token
        self.next = min(self.next + 1, len(self.tokens) - 1)
        return token

    def accept(self, text: str) -> bool:
        if self.token.text == text and self.token.kind in {"sign", "name"}:
            self.take()
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise ExpressionError(f"{text!r} is expected here{_but(self.token)}", self.token.at)

    def expect_end(self) -> None:
        if self.token.kind != "end":
            hint = " Put a name with special characters in quotes."
            raise ExpressionError(f"{self.token.text!r} is not expected here.{hint}", self.token.at)

    # ---- operators ---------------------------------------------------------------------------

    def expression(self, binding: int) -> Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(f"nested deeper than {MAX_DEPTH}", self.token.at)
        left = self.prefix()
        while self.strength() > binding:
            left = self.infix(left)
        self.depth -= 1
        return left

    def strength(self) -> int:
        return _BINDING.get(self.token.text, 0) if self.token.kind in {"sign", "name"} else 0

    def prefix(self) -> Tree:
        at = self.token.at
        if self.accept("-"):
            return Unary("-", self.expression(_MINUS), at)
        if self.accept("not"):
            return Unary("not", self.expression(_NOT), at)
        return self.primary()

    def infix(self, left: Tree) -> Tree:
        token = self.take()
        if token.text == "is":
            return self.is_set(left, token.at)
        if token.text == "not":
            self.expect("in")
            return Unary("not", self.compared("in", left, token.at), token.at)
        if _BINDING[token.text] == _COMPARISON:
            return self.compared(token.text, left, token.at)
        if token.text == "/" and not self.rounds:
            raise ExpressionError("/ needs round(…, places) around it", token.at)
        return Binary(token.text, left, self.expression(_BINDING[token.text]), token.at)

    def compared(self, sign: str, left: Tree, at: int) -> Tree:
        right = self.expression(_COMPARISON)
        if self.strength() == _COMPARISON:
            raise ExpressionError("two comparisons in a row; join them with and", self.token.at)
        return Binary(sign, left, right, at)

    def is_set(self, operand: Tree, at: int) -> Tree:
        negated = self.accept("not")
        self.expect("set")
        if not isinstance(operand, Path):
            raise ExpressionError("`is set` needs a path before it", at)
        tree = IsSet(operand, at)
        return Unary("not", tree, at) if negated else tree

    # ---- operands ----------------------------------------------------------------------------

    def primary(self) -> Tree:
        token = self.token
        if token.kind == "number":
            self.take()
            return Literal(Decimal(token.text), token.at)
        if token.kind == "string" and self.tokens[self.next + 1].text != ".":
            self.take()
            return Literal(token.value, token.at)
        if token.text in {"true", "false"}:
            self.take()
            return Literal(token.text == "true", token.at)
        if self.accept("("):
            tree = self.expression(0)
            self.expect(")")
            return tree
        if self.accept("["):
            return Listing(self.several("]"), token.at)
        if token.kind == "name" and self.tokens[self.next + 1].text == "(":
            return self.call()
        return self.path()

    def several(self, closing: str) -> tuple[Tree, ...]:
        found: list[Tree] = []
        while not self.accept(closing):
            if found:
                self.expect(",")
            found.append(self.expression(0))
        return tuple(found)

    def call(self) -> Tree:
        name = self.take()
        self.expect("(")
        if name.text in AGGREGATES:
            return self.aggregate(name)
        if name.text not in FUNCTIONS:
            hint = nearest(name.text, (*AGGREGATES, *FUNCTIONS))
            raise ExpressionError(f"there is no function {name.text}.{hint}", name.at)
        self.rounds += name.text == "round"
        arguments = self.several(")")
        self.rounds -= name.text == "round"
        least, most = FUNCTIONS[name.text]
        if not least <= len(arguments) <= most:
            raise ExpressionError(f"{name.text} takes {most} value(s)", name.at)
        return Call(name.text, arguments, name.at)

    def aggregate(self, name: Token) -> Tree:
        source = self.path()
        where = self.expression(0) if self.accept("where") else None
        body = self.expression(0) if self.accept(":") else None
        separator = None
        if name.text == "join":
            self.expect(",")
            separator = self.expression(0)
        self.expect(")")
        if body is None and name.text in {"any", "all"}:
            raise ExpressionError(f"{name.text} needs a condition: {name.text}(list: …)", name.at)
        if body is not None and name.text == "count":
            raise ExpressionError("count takes no expression; use where", name.at)
        return Aggregate(name.text, source, where, body, separator, name.at)

    # ---- paths -------------------------------------------------------------------------------

    def path(self) -> Path:
        at = self.token.at
        root, up = "item", 0
        segments: list[str | End] = []
        if self.accept("$"):
            root, segments = _rooted(self.segment())
        while root == "item" and self.accept(".."):
            up += 1
        if root == "item":
            segments = [self.segment()]
        while self.token.text in {".", "["} and self.token.kind == "sign":
            segments.append(self.segment() if self.take().text == "." else self.end())
        return Path(root, tuple(segments), up, at)

    def segment(self) -> str | End:
        token = self.take()
        if token.kind == "string" or (token.kind == "name" and token.text not in RESERVED):
            return token.value
        if token.kind == "name":
            message = f"{token.text} has a meaning of its own; as a field name it needs quotes"
            raise ExpressionError(message, token.at)
        raise ExpressionError(f"a field name is expected here{_but(token)}", token.at)

    def end(self) -> End:
        token = self.take()
        if token.text not in {"first", "last"}:
            raise ExpressionError("only [first] and [last]; for all items use each", token.at)
        self.expect("]")
        return End(token.text)


def _rooted(name: str | End) -> tuple[str, list[str | End]]:
    if name in {"links", "results", "delivery"}:
        return str(name), []
    return "let", [name]


def _but(token: Token) -> str:
    return "" if token.kind == "end" else f", not {token.text!r}"
