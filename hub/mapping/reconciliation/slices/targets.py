"""Targets: what should be reached, in a CSV file beside the reconciliation."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from hub.compare import forms
from hub.language import Message, say
from hub.mapping import reading
from hub.mapping.faults import Faults, suggestion
from hub.mapping.reading import Word, Words
from hub.mapping.reconciliation.slices.periods import months_of, pieces_of
from hub.mapping.rule.table_files import CSV, Beside
from hub.sheet import Row, Sheet, read_sheet

TARGET_WORDS = ("title", "file", "by", "subject", "period", "amount", "currency")
_CURRENCY = re.compile(r"[A-Z]{3}")
_fold = forms.folder(forms.PLAIN_RULES)


@dataclass(frozen=True, slots=True)
class Target:
    """What should be reached, by subject, period and currency."""

    name: str
    title: str
    #: The subjects it is of; empty: of the company as a whole.
    by: str
    #: Subject (empty: all of them together), first and last month, currency → amount, scaled.
    amounts: Mapping[tuple[str, int, int, str], int] = field(default_factory=dict)

    def amount(self, subject: str, months: tuple[int, int], currency: str) -> int | None:
        """Return the target of a period: as it is written, else the sum of its months or quarters.

        None where it has none, or not for all of them: half a target would soon be reached.
        """
        found = self.amounts.get((subject, *months, currency))
        if found is not None:
            return found
        for pieces in pieces_of(*months):
            parts = [self.amounts.get((subject, *piece, currency)) for piece in pieces]
            there = [part for part in parts if part is not None]
            if len(there) == len(parts):
                return sum(there)
        return None


def read_target(
    name: str, word: Word, subjects: Collection[str], faults: Faults, beside: Beside
) -> Target:
    """Return the target of a name; it is empty after a fault."""
    words = reading.words(word.node, TARGET_WORDS, faults, name)
    by = reading.text(words.get("by"), faults, "by") or ""
    if by and by not in subjects:
        message = say("{word}: there is no {name!r} here.", word="by", name=by)
        faults.add("E111", words["by"].node.place, message, hint=suggestion(by, subjects))
    if "subject" in words and not by:
        message = say("subject: goes with by:, which says whose targets they are.")
        faults.add("E110", words["subject"].place, message)
    title = reading.text(words.get("title"), faults, "title") or name
    return Target(name, title, by, _amounts(word, words, by, faults, beside))


def _amounts(
    word: Word, words: Words, by: str, faults: Faults, beside: Beside
) -> Mapping[tuple[str, int, int, str], int]:
    needed = ("file", "period", "amount", "currency", *(("subject",) if by else ()))
    texts = {one: reading.required_text(words, one, word.place, faults) for one in needed}
    if not all(texts.values()):
        return {}
    file = texts.pop("file")
    path = beside.find(file)
    if path is None or not path.endswith(CSV):
        known = [one for one in beside.files if one.endswith(CSV)]
        names = [posixpath.relpath(one, posixpath.dirname(beside.path) or ".") for one in known]
        message = say("There is no CSV file {file} beside this one.", file=file)
        faults.add("E116", words["file"].node.place, message, hint=suggestion(file, names))
        return {}
    return _read(read_sheet(beside.files[path], beside.label(path)), texts, faults)


def _read(
    sheet: Sheet, columns: Mapping[str, str], faults: Faults
) -> Mapping[tuple[str, int, int, str], int]:
    fixed = columns["currency"] if _CURRENCY.fullmatch(columns["currency"]) else ""
    asked = [one for word, one in columns.items() if word != "currency" or not fixed]
    wrong = sheet.faults or sheet.missing(*asked)
    faults.found += wrong
    found: dict[tuple[str, int, int, str], Row] = {}
    amounts: dict[tuple[str, int, int, str], int] = {}
    for row in () if wrong else sheet.rows:
        months = months_of(sheet.cell(row, columns["period"]))
        amount = forms.number(sheet.cell(row, columns["amount"]))
        currency = fixed or _fold(sheet.cell(row, columns["currency"])).upper()
        for column, bad, message in (
            ("period", months is None, _PERIOD), ("amount", type(amount) is not int, _AMOUNT),
            ("currency", not currency, say("The cell is empty.")),
        ):  # fmt: skip
            if bad:
                faults.found.append(sheet.fault(row, columns[column], message))
        if months is None or type(amount) is not int or not currency:
            continue
        subject = _fold(sheet.cell(row, columns["subject"])) if "subject" in columns else ""
        key = (subject, *months, currency)
        first = found.setdefault(key, row)
        if first is not row:
            message = say("{key} stands already in line {line}.",
                          key=f"{subject} {sheet.cell(row, columns['period'])}".strip(),
                          line=first.line)  # fmt: skip
            hint = say("Delete one of the two.")
            faults.found.append(sheet.fault(row, columns["period"], message, hint))
        amounts[key] = amount
    return amounts


_PERIOD: Message = say("This is no period; write 2026-03, 2026-Q1, 2026 or 2026-04/2027-03.")
_AMOUNT: Message = say("This is no amount.")
