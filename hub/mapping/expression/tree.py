"""The parts of an expression, as the parser finds them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias


class End(enum.Enum):
    """Which item of a list a path takes."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Path:
    """A way into the data."""

    #: `item` (the document at hand), `links`, `results`, `delivery`, `document` or `let`.
    root: str
    segments: tuple[str | End, ...]
    #: How many enclosing documents to go up, for `..a`.
    up: int = 0
    at: int = 0

    def __str__(self) -> str:
        body = ""
        for segment in self.segments:
            body += f"[{segment.value}]" if isinstance(segment, End) else f".{segment}"
        if self.root == "item":
            return ".." * self.up + body.removeprefix(".")
        return f"${body.removeprefix('.')}" if self.root == "let" else f"${self.root}{body}"


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: exact number, text or boolean."""

    value: Decimal | str | bool
    at: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of constants, `["gift", "price"]`."""

    items: tuple[Tree, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x` or `not x`."""

    sign: str
    operand: Tree
    at: int = 0


@dataclass(frozen=True, slots=True)
class Binary:
    """`a sign b`."""

    sign: str
    left: Tree
    right: Tree
    at: int = 0


@dataclass(frozen=True, slots=True)
class IsSet:
    """`x is set`: neither missing nor null."""

    operand: Tree
    at: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments)`."""

    name: str
    arguments: tuple[Tree, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`name(list where condition: body)`, `join` with a separator."""

    name: str
    source: Path
    where: Tree | None
    body: Tree | None
    separator: Tree | None = None
    at: int = 0


Tree: TypeAlias = Path | Literal | Listing | Unary | Binary | IsSet | Call | Aggregate
