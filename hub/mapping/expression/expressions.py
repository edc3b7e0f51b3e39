"""The expression grammar: a Pratt parser, from text to a small tree.

Total by construction: no assignment, no recursion, no user functions, no clock. Work is
bounded by the length of the lists that are walked.

    or < and < not < comparison, in, is set < + - < * / < unary -

    sum(lines where not gift: qty * unit_price)      any(lines: gift)      $net > 1000
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hub.language import Message, say
from hub.mapping.expression.lexer import ExpressionError, Token, tokens
from hub.mapping.expression.tree import (
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
from hub.mapping.faults import nearest

MAX_DEPTH = 20
#: Each one is a call inside the call of the next.
MAX_OPERATORS = 100

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
    "days": (2, 2),
    "matches": (2, 2),
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
#: What may follow a value that is compared.
_COMPARING = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})
_NOT = 3
_COMPARISON = 4
_MINUS = 7


def parse_expression(source: str) -> Tree:
    """Return the tree of an expression; `ExpressionError` with the column."""
    parser = _Parser(source)
    tree = parser.expression(0)
    parser.expect_end()
    return tree


def parse_check(source: str) -> Tree:
    """Return the tree of a check; one that begins with a comparison is about `$value`."""
    parser = _Parser(source)
    value = Path("value", ())
    tree = parser.expression(0, value if parser.compares() else None)
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
        self.operators = 0

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
            raise self.refused(_expected(say("{word!r}", word=text), self.token))

    def expect_end(self) -> None:
        if self.token.kind != "end":
            message = say(
                "{word!r} is not expected here. Put a name with special characters in quotes.",
                word=self.token.text,
            )
            raise self.refused(message)

    def refused(self, message: Message) -> ExpressionError:
        """Return an error about the next token."""
        return _refused(message, self.token)

    # ---- operators ---------------------------------------------------------------------------

    def expression(self, binding: int, left: Tree | None = None) -> Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.refused(say("nested deeper than {most}", most=MAX_DEPTH))
        left = self.prefix() if left is None else left
        while self.strength() > binding:
            left = self.infix(left)
        self.depth -= 1
        return left

    def compares(self) -> bool:
        """Return whether a comparison comes next, with nothing before it."""
        first, second = self.token, self.tokens[min(self.next + 1, len(self.tokens) - 1)]
        negated = first.text == "not" and second.text == "in"
        return first.kind in {"sign", "name"} and (first.text in _COMPARING or negated)

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
        self.count(token)
        if token.text == "is":
            return self.is_set(left, token.at)
        if token.text == "not":
            self.expect("in")
            return Unary("not", self.compared("in", left, token.at), token.at)
        if _BINDING[token.text] == _COMPARISON:
            return self.compared(token.text, left, token.at)
        if token.text == "/" and not self.rounds:
            raise _refused(say("/ needs round(…, places) around it"), token)
        return Binary(token.text, left, self.expression(_BINDING[token.text]), token.at)

    def count(self, token: Token) -> None:
        self.operators += 1
        if self.operators > MAX_OPERATORS:
            message = say(
                "too long: more than {most} operators; split it with let", most=MAX_OPERATORS
            )
            raise _refused(message, token)

    def compared(self, sign: str, left: Tree, at: int) -> Tree:
        right = self.expression(_COMPARISON)
        if self.strength() == _COMPARISON:
            raise self.refused(say("two comparisons in a row; join them with and"))
        return Binary(sign, left, right, at)

    def is_set(self, operand: Tree, at: int) -> Tree:
        negated = self.accept("not")
        self.expect("set")
        if not isinstance(operand, Path):
            raise ExpressionError(say("`is set` needs a path before it"), at)
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
            message = say("there is no function {name}.{hint}", name=name.text, hint=hint)
            raise _refused(message, name)
        self.rounds += name.text == "round"
        arguments = self.several(")")
        self.rounds -= name.text == "round"
        least, most = FUNCTIONS[name.text]
        if not least <= len(arguments) <= most:
            message = say("{name} takes {most} value(s)", name=name.text, most=most)
            raise _refused(message, name)
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
            message = say("{name} needs a condition: {name}(list: …)", name=name.text)
            raise _refused(message, name)
        if body is not None and name.text == "count":
            raise _refused(say("count takes no expression; use where"), name)
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
            message = say(
                "{word} has a meaning of its own; as a field name it needs quotes", word=token.text
            )
            raise _refused(message, token)
        raise _refused(_expected(say("a field name"), token), token)

    def end(self) -> End:
        token = self.take()
        if token.text not in {"first", "last"}:
            raise _refused(say("only [first] and [last]; for all items use each"), token)
        self.expect("]")
        return End(token.text)


def _rooted(name: str | End) -> tuple[str, list[str | End]]:
    if name in {"links", "results", "delivery", "document", "value"}:
        return str(name), []
    return "let", [name]


def _refused(message: Message, token: Token) -> ExpressionError:
    return ExpressionError(message, token.at, len(token.text))


def _expected(what: Message, token: Token) -> Message:
    if token.kind == "end":
        return say("{what} is expected here", what=what)
    return say("{what} is expected here, not {word!r}", what=what, word=token.text)
