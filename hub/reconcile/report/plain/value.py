"""A report of figures, tables and charts, whatever it is written as.

It is made for one language: titles and notes are words, cells are values and codes. Money and
shares are exact `Decimal`s; nothing is rounded after this. Rows that may be many are functions
that yield them anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, TypeAlias

#: What a cell holds: a name or sentence (text), a code that `Column.words` words, a whole number,
#: an amount, a share of 1, a length of time in whole seconds, a day, an aware moment.
Kind: TypeAlias = Literal["text", "code", "number", "amount", "share", "span", "date", "time"]
Cell: TypeAlias = str | int | Decimal | timedelta | date | datetime | None
Row: TypeAlias = Sequence[Cell]
Rows: TypeAlias = Callable[[], Iterator[Row]]
#: Good and bad are said in words too: colour alone says nothing.
Tone: TypeAlias = Literal["", "good", "warn", "bad"]

#: Kinds that stand to the right, and are never cut.
FIGURES = frozenset({"number", "amount", "share", "span"})
#: Rows of a table an HTML page holds.
SHOWN = 2_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    #: Its name in JSON.
    name: str
    title: str
    kind: Kind = "text"
    #: Code → words; a code without any is shown as it is.
    words: Mapping[str, str] = field(default_factory=dict)
    #: Code → how good or bad it is.
    tones: Mapping[str, Tone] = field(default_factory=dict)
    #: A narrow terminal goes without it, the highest number first; 0: never.
    spare: int = 0
    #: It is typed again, such as a command: a terminal never cuts it.
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """What a row of a table opens into: rows of its own."""

    columns: tuple[Column, ...]
    #: Rows of a table → the rows each opens into. Asked for some hundreds at a time.
    of: Callable[[Sequence[Row]], Sequence[Sequence[Row]]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below typed columns; the first column names the row."""

    #: Unique in the report: names the CSV file, and the rows in JSON.
    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Rows
    notes: tuple[str, ...] = ()
    #: How many rows there are; None: few, they may be counted.
    count: int | None = None
    #: Rows may be as many as there are records: it has a sheet of its own in a workbook.
    long: bool = False
    detail: Detail | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One number a reader asks first."""

    #: Unique in the report: its name in JSON.
    name: str
    title: str
    value: Cell
    kind: Kind = "number"
    #: What it is made of, such as `418 of 431`.
    words: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of some columns of a table on the same page: it says nothing the table does not."""

    title: str
    kind: Literal["bars", "line"]
    table: str
    #: Column that names the points, and those that are drawn: numbers, shares or spans.
    label: str
    series: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What is read together: figures first, then charts, then tables."""

    name: str
    title: str
    notes: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    #: It explains the others: a terminal does without.
    explains: bool = False


@dataclass(frozen=True, slots=True)
class Pages:
    """A whole report."""

    #: Name and version of its JSON, such as `hub/commitment-health@1`.
    schema: str
    #: Begins the names of its files.
    name: str
    title: str
    #: When it was made, and the zone its moments and days are shown in.
    made: datetime
    zone: str
    pages: tuple[Page, ...]
    #: Sentences below the title: period, filter, what is not in it.
    about: tuple[str, ...] = ()
    #: What it was asked for, for programs.
    asked: Mapping[str, Any] = field(default_factory=dict)
    #: Table whose rows are the JSON lines; empty: there are none.
    listed: str = ""

    def __post_init__(self) -> None:
        names = Counter([one.name for one in self.tables()] + [one.name for one in self.figures()])
        twice = sorted(name for name, count in names.items() if count > 1)
        if twice:
            raise ValueError(f"{self.name}: two figures or tables are called {', '.join(twice)}")

    def tables(self) -> list[Table]:
        """Return all tables."""
        return [one for page in self.pages for one in page.tables]

    def figures(self) -> list[Figure]:
        """Return all figures."""
        return [one for page in self.pages for one in page.figures]

    def table(self, name: str) -> Table:
        """Return the table of a name."""
        return next(one for one in self.tables() if one.name == name)


def share(part: int, whole: int) -> Decimal | None:
    """Return a share in ten-thousandths, never rounded up to everything; None of nothing."""
    return Decimal(part * 10_000 // whole) / 10_000 if whole else None
