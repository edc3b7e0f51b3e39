"""What a word of the mapping language is: its meaning, what may stand after it, examples."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal, TypeAlias


class Simple(enum.Enum):
    """What may stand after a word, where a name says all of it."""

    #: A path of the document: `customer.code`.
    PATH = "path"
    #: A path, or a list of paths.
    PATHS = "path or list of paths"
    #: An expression: `quantity * unit_price`.
    EXPRESSION = "expression"
    #: Any text without a meaning of its own for the language.
    TEXT = "text"
    #: A text with paths in braces: `"{number}-R{revision}"`.
    TEMPLATE = "text with paths in braces"
    #: A text, or a list of texts.
    TEXTS = "text or list of texts"
    BOOLEAN = "true or false"
    #: A number, exactly as written.
    NUMBER = "number"
    #: A text, true, false, or null for nothing.
    CONSTANT = "text, true, false or null"
    #: `crm.customer -> wms.owner`, or a fact: `"rate: -> CNY"`.
    LINK = "link or fact"
    #: A path, or an object with words of a rule.
    RULE = "rule"
    #: Names with a rule each.
    RULES = "names with rules"
    #: A list of steps of a route.
    STEPS = "list of steps"
    #: An example in the file.
    TEST = "test"
    #: Names of fields with what they hold: `{sign_date: date}`.
    FIELDS = "names with types"
    #: Any fields with values: a document or a part of one.
    DOCUMENT = "fields with values"


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number."""

    most: int
    least: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these texts."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of these."""

    item: Takes
    least: int = 0


@dataclass(frozen=True, slots=True)
class Named:
    """Names the administrator chooses, each with one of these."""

    item: Takes


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these."""

    options: tuple[Takes, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A word of an object that stands after a word."""

    word: str
    takes: Takes
    title: str
    title_zh: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Object:
    """An object of these words."""

    parts: tuple[Part, ...]
    #: What stands after any other word; None: there are no others.
    others: Takes | None = None


Takes: TypeAlias = "Simple | Whole | Choice | ListOf | Named | AnyOf | Object"

#: In the order in which the reference shows them.
Group: TypeAlias = Literal[
    "source", "absence", "type", "look-up", "privacy", "shape", "check", "back",
    "file", "test", "route", "step", "gate", "watch", "document", "reconciliation",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """A rule at work; the texts are the YAML an administrator would write."""

    #: One field of the target with its rule.
    rule: str
    #: The source document; empty where the file's own tests are the example.
    given: str = ""
    #: The mapped document, or the code of the fault.
    expect: str = ""
    #: Other words of the file: `tables:`, `let:` …
    before: str = ""
    #: What look-ups answer, as `lookups:` of a test writes it.
    lookups: str = ""
    #: What `key:` or `lane:` gives.
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the language."""

    word: str
    group: Group
    takes: Takes
    title: str
    title_zh: str
    #: It must stand beside one of these.
    beside: tuple[str, ...] = ()
    #: It needs one of these types after `as:`.
    types: tuple[str, ...] = ()
    #: It does not go beside these.
    refuses: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    #: The file, or what it must stand beside, cannot do without it.
    required: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function, operator or form of path in expressions."""

    name: str
    signature: str
    title: str
    title_zh: str
    example: Example
