"""Which line names the columns, and how they are called."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hub.language import Message, say
from hub.table_file.cells import MAX_COLUMNS, Cell, Line, TableFault, letters, title
from hub.table_file.workbook import Merged

#: Lines among which the header is looked for.
WITHIN = 50
_NUMBER_LIKE = re.compile(
    r"\(?[+-]?[¥￥$€]?\s*[\d,]*\.?\d+\s*%?\)?"
    r"|\d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}日?)?.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*"
)
#: Says something of the whole table, as `Unit: plant 2` does; what is in brackets does not count.
_LABEL = re.compile(r"[^()（）]*[:：]\s*\S.*")
_SUM_ZH = re.compile(r"(本[页期月年])?[合总小累]\s*计[:：]?")
_SUM_EN = re.compile(r"((grand|sub)[ -]?)?total|sum", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Header:
    """The line or two lines that name the columns."""

    line: int
    #: Its last line.
    end: int
    #: Names as they stand there; empty where a column has none.
    titles: Sequence[str]
    #: The texts of its lines, by which a header is known that is repeated further down.
    texts: Sequence[Sequence[str]]
    #: How many lines stand above.
    above: int


def find(seen: Sequence[Line], given: int | None, merged: Sequence[Merged], first: int) -> Header:
    """Return the header among the first lines of a table whose first column is `first`."""
    at = _given(seen, given) if given is not None else _guessed(seen, merged, first)
    upper = seen[at]
    below = seen[at + 1] if at + 1 < len(seen) else None
    after = seen[at + 2] if at + 2 < len(seen) else None
    wide = _wide(upper, merged, first)
    if below is None or not _continues(upper, below, after, wide):
        titles = Line(0, _spread(upper, wide)).texts
        return Header(upper.number, upper.number, titles, [upper.texts], at)
    titles = _joined(_spread(upper, wide), below.texts, carry=not wide)
    return Header(upper.number, below.number, titles, [upper.texts, below.texts], at)


def _given(seen: Sequence[Line], given: int) -> int:
    for at, line in enumerate(seen):
        if line.number == given:
            return at
    message = say("There is nothing in line {line}, where the header should be.", line=given)
    raise TableFault(
        message,
        say("Say which line names the columns: header: LINE, or --header LINE."),
        line=given,
    )


def _guessed(seen: Sequence[Line], merged: Sequence[Merged], first: int) -> int:
    usual = max((_filled(line.cells) for line in seen), default=0)
    for labels_too in (False, True):
        for at, line in enumerate(seen):
            texts = [cell for cell in line.cells if cell is not None]
            width = _filled(_spread(line, _wide(line, merged, first)))
            if (
                len(texts) >= min(2, usual)
                and width >= max(min(2, usual), usual // 2)
                and all(map(_is_name, texts))
                and (labels_too or not any(_LABEL.fullmatch(str(one)) for one in texts))
            ):
                return at
    raise TableFault(
        say("No line names the columns: texts, at least two of them, above the data."),
        say("Say which line names the columns: header: LINE, or --header LINE."),
    )


def _filled(cells: Sequence[Cell | str]) -> int:
    return sum(cell not in {None, ""} for cell in cells)


def _is_name(cell: Cell) -> bool:
    return isinstance(cell, str) and _NUMBER_LIKE.fullmatch(cell) is None


def _wide(line: Line, merged: Sequence[Merged], first: int) -> dict[int, int]:
    """Return cell, counted from 0 → the last one that is merged with it in the same line."""
    return {
        left - first: right - first
        for top, left, bottom, right in merged
        if top == bottom == line.number and right > left >= first
    }


def _spread(line: Line, wide: dict[int, int]) -> list[str]:
    """Return the texts of a line, each over all the columns that it stands above."""
    texts = [title(cell) for cell in line.cells]
    texts += [""] * (max(wide.values(), default=-1) + 1 - len(texts))
    for left, right in wide.items():
        texts[left + 1 : right + 1] = [texts[left]] * (right - left)
    return texts


def _continues(upper: Line, lower: Line, after: Line | None, wide: dict[int, int]) -> bool:
    """Say whether a line is the second one of a header: it parts what the upper one spans."""
    if not all(_is_name(cell) for cell in lower.cells if cell is not None):
        return False
    names, parts = upper.texts, lower.texts
    filled = {at for at, text in enumerate(parts) if text}
    gaps = {at for at in range(max(len(names), len(parts))) if not (names + [""] * len(parts))[at]}
    if wide:
        under = {at for left, right in wide.items() for at in range(left, right + 1)}
        return bool(filled & under) and filled <= under | gaps
    # what stands over several columns stands in the first of them only
    spanning = {at for at in range(len(names)) if names[at] and at + 1 in gaps}
    if not filled & gaps or not filled <= spanning | gaps:
        return False
    whole = len(filled) == max(len(names), len(parts))
    return not whole or (after is not None and not all(map(_is_name, after.cells)))


def _joined(upper: Sequence[str], lower: Sequence[str], *, carry: bool) -> list[str]:
    joined, over = [], ""
    for at in range(max(len(upper), len(lower))):
        top = upper[at] if at < len(upper) else ""
        low = lower[at] if at < len(lower) else ""
        over = top or (over if low and carry else "")
        joined.append(f"{over}/{low}" if over and low else over or low)
    return joined


# ---- names -------------------------------------------------------------------------------------


def named(header: Header, first: int) -> tuple[tuple[str, ...], list[Message]]:
    """Return a name of its own for every column, and what was made up for it."""
    if len(header.titles) > MAX_COLUMNS:
        message = say("The table has more than {most} columns.", most=MAX_COLUMNS)
        raise TableFault(message, line=header.line, column=first + MAX_COLUMNS)
    names: list[str] = []
    notes: list[Message] = []
    for at, text in enumerate(header.titles, first):
        name = _free(text or f"column {letters(at)}", names)
        if not text:
            notes.append(
                say("Column {at} has no name; it is called {name}.", at=letters(at), name=name)
            )
        elif name != text:
            notes.append(
                say("Two columns are named {title}; the one at {at} is called {name}.",
                    title=text, at=letters(at), name=name)
            )  # fmt: skip
        names.append(name)
    return tuple(names), notes


def _free(name: str, taken: Collection[str]) -> str:
    free, number = name, 2
    while free in taken:
        free = f"{name} ({number})"
        number += 1
    return free


def is_total(cells: Sequence[Cell]) -> bool:
    """Say whether a line sums up others: it says so, in front of its numbers.

    An English word must stand in front of all, in a line that is not full: it may be a name.
    """
    texts = [cell for cell in cells if isinstance(cell, str)]
    if any("计" in text and _SUM_ZH.fullmatch(text) for text in texts):
        return True
    first = next((cell for cell in cells if cell is not None), None)
    if not isinstance(first, str) or _SUM_EN.fullmatch(first.rstrip(":： ")) is None:
        return False
    return len(cells) <= 2 or any(cell is None for cell in cells)
