"""Tables and sentences that fit a terminal: Chinese characters take two columns.

Figures are never cut: a table that is too wide gives up columns, then the ends of words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

#: What a column of words may take of the width, and what it keeps when there is little.
_WIDEST, _NARROWEST = 44, 10
#: What the key keeps, by which a row is looked for.
_KEY = 24
#: What other columns of words keep before the key is cut.
_SHORTEST = 4
_GAP = 2

#: Cells of a row, by the names of their columns.
Cells: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """How the columns of a table are shown, each by its name."""

    #: What stands above it.
    heads: Mapping[str, str]
    #: Columns of figures, which stand to the right and are shown whole.
    figures: Collection[str]
    #: Columns a narrow table does without, the first to go first.
    dispensable: Sequence[str] = ()
    #: The column a row is looked for by.
    key: str = "key"
    #: Columns of words that are shown whole too, such as moments.
    whole: Collection[str] = ()


def table(rows: Sequence[Cells], look: Look, width: int) -> Iterator[str]:
    """Yield rows in columns, without those in which nothing stands, or which find no room."""
    names = [name for name in (rows[0] if rows else ()) if any(row[name] for row in rows)]
    cells = _cells(rows, names, look)
    sizes = {name: max(columns(row[name]) for row in cells) for name in names}
    for name in names:
        if name not in look.figures and name not in look.whole:
            sizes[name] = min(sizes[name], _WIDEST)
    for name in look.dispensable:
        least = sum(_least(one, size, look) for one, size in sizes.items())
        if least + _GAP * (len(sizes) - 1) > width:
            sizes.pop(name, None)
    _shrink(sizes, look, width)
    for row in cells:
        yield (
            (" " * _GAP)
            .join(
                _fitted(row[name], size, right=name in look.figures) for name, size in sizes.items()
            )
            .rstrip()
        )


def natural(rows: Sequence[Cells], look: Look) -> int:
    """Return how wide a table is of which nothing is cut or left out."""
    names = list(rows[0])
    cells = _cells(rows, names, look)
    return sum(max(columns(row[name]) for row in cells) + _GAP for name in names) - _GAP


def _cells(rows: Sequence[Cells], names: Sequence[str], look: Look) -> list[Cells]:
    return [{name: one_line(row[name]) for name in names} for row in (look.heads, *rows)]


def _least(name: str, size: int, look: Look) -> int:
    if name in look.figures or name in look.whole:
        return size
    return min(size, _KEY if name == look.key else _NARROWEST)


def _shrink(sizes: dict[str, int], look: Look, width: int) -> None:
    """Take from the widest columns of words until all columns find room, as far as there is any."""
    words = [name for name in sizes if name not in look.figures]
    # the key and what is whole give way last
    first = [name for name in words if name != look.key and name not in look.whole]
    for giving in (first, words):
        while giving and sum(sizes.values()) + _GAP * (len(sizes) - 1) > width:
            widest = max(giving, key=lambda name: sizes[name])
            if sizes[widest] <= (1 if giving is words else _SHORTEST):
                break
            sizes[widest] -= 1


def columns(words: str) -> int:
    """Return how many columns of a terminal a text takes: Chinese characters take two."""
    if words.isascii():
        return len(words)
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in words
    )


def _fitted(words: str, size: int, *, right: bool = False) -> str:
    if columns(words) > size:
        words = f"{_start(words, size - 1)}…"
    blanks = " " * (size - columns(words))
    return f"{blanks}{words}" if right else f"{words}{blanks}"


def _start(words: str, size: int) -> str:
    """Return as much of a text as fits, at least one character."""
    taken = at = 0
    for at, sign in enumerate(words):
        taken += columns(sign)
        if taken > size:
            return words[:at]
    return words[: at + 1]


def wrapped(words: str, width: int) -> Iterator[str]:
    """Yield a sentence in lines that fit, parted between its parts where that is possible."""
    begin = words[: len(words) - len(words.lstrip())]
    line = ""
    for part in one_line(words).split(" · "):
        longer = f"{line} · {part}" if line else f"{begin}{part}"
        if columns(longer) <= width or not line:
            line = longer
        else:
            yield from _broken(line, width)
            line = f"{begin}  {part}"
    yield from _broken(line, width)


def _broken(line: str, width: int) -> Iterator[str]:
    """Yield a line in pieces that fit, broken at blanks where there are any."""
    begin = line[: len(line) - len(line.lstrip())] + "  "
    while columns(line) > width > len(begin) + 1:
        fits = _start(line, width)
        blank = fits.rfind(" ")
        # a word that is longer than the line is broken where the line ends
        end = blank if blank > len(begin) + width // 4 else len(fits)
        yield line[:end].rstrip()
        line = begin + line[end:].lstrip()
    yield line


def one_line(words: str) -> str:
    """Return a text in one line, without what a terminal would obey."""
    whole = " ".join(words.split())
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in whole)
