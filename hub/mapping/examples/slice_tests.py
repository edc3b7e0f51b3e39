"""Expected slices in the tests of a reconciliation file: some cells, each with what it must be.

tests:
  - name: paid in part
    given:
      crm: {number: HT-1, signed_on: "2026-03-02", amount: "120.00", currency: CNY}
      finance: {number: HT-1, paid_on: "2026-04-01", received: "100.00"}
    expect: []
    as_of: "2026-04-30"
    expect_slices:
      - {state: paid, period: 2026-04, amount: "100.00"}
      - {state: paid, view: cohort, period: 2026-03, amount: "100.00", open: "0"}
      - {rate: collected, period: 2026-03, value: 83.33%}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from hub.compare import forms
from hub.language import Message, say
from hub.mapping import reading
from hub.mapping.faults import Faults, suggestion
from hub.mapping.reading import Word, Words
from hub.yamlfile import Place

if TYPE_CHECKING:
    from hub.mapping.reconciliation.definition import Reconciliation
    from hub.mapping.reconciliation.slices.definition import Slices
    from hub.mapping.reconciliation.slices.tables import Amount, Rated
    from hub.mapping.reconciliation.slices.value import Sliced

SLICE_WORDS = ("as_of", "expect_slices")
#: Qualities a key may have where there is no ledger.
_QUALITIES = ("agreed", "within", "open")
_WORDS = ("state", "rate", "view", "period", "currency", "amount", "value", *_QUALITIES)
#: No run was before.
_FIRST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class ExpectedSlices:
    """What a test expects of the slices."""

    #: The day of the run.
    day: date
    cells: tuple[Mapping[str, str], ...]


def read_expected(words: Words, slices: Slices | None, faults: Faults) -> ExpectedSlices | None:
    """Return what a test expects of the slices; None where it says nothing of them."""
    expected, as_of = words.get("expect_slices"), words.get("as_of")
    for word in (expected, as_of):
        if word is not None and slices is None:
            message = say("{word}: goes with slices:.", word="expect_slices")
            faults.add("E110", word.place, message)
    if slices is None or expected is None:
        return None
    if as_of is None:
        faults.add("E105", expected.place, say("The word {name}: is missing.", name="as_of"))
    cells = []
    for node in reading.items(expected, "expect_slices", faults):
        found = reading.words(node, (*_WORDS, *slices.subjects), faults, say("A cell"))
        _check(found, node.place, slices, faults)
        cells.append({name: getattr(one.node, "text", "") for name, one in found.items()})
    return ExpectedSlices(_day(as_of, faults), tuple(cells))


def _day(word: Word | None, faults: Faults) -> date:
    text = reading.text(word, faults, "as_of")
    if word is None or text is None:
        return date.min
    day = forms.day(text)
    if isinstance(day, int) and date.fromordinal(day).year >= _FIRST_YEAR:
        return date.fromordinal(day)
    message = say("as_of: {text!r} is no day; write 2026-03-31.", text=text)
    faults.add("E106", word.node.place, message)
    return date.min


def _check(found: Words, place: Place, slices: Slices, faults: Faults) -> None:
    for name, known in (
        ("state", slices.states), ("rate", slices.rates), ("view", ("cash", "cohort"))
    ):  # fmt: skip
        text = getattr(found[name].node, "text", "") if name in found else None
        if text is not None and text not in known:
            message = say("{word}: there is no {name!r} here.", word=name, name=text)
            faults.add("E111", found[name].node.place, message, hint=suggestion(text, known))
    said = ("value",) if "rate" in found else ("amount", *_QUALITIES)
    if ("state" in found) == ("rate" in found) or not any(one in found for one in said):
        message = say("A cell needs state: with amount:, or rate: with value:.")
        faults.add("E105", place, message)
    for name in ("view", "amount", *_QUALITIES) if "rate" in found else ("value",):
        if name in found:
            message = say("{word}: does not go with {other}:.", word=name,
                          other="rate" if "rate" in found else "state")  # fmt: skip
            faults.add("E110", found[name].place, message)
    for name in ("amount", "value", *_QUALITIES):
        text = getattr(found[name].node, "text", "") if name in found else "0"
        if _number(text) is None and not (name == "value" and text == "none"):
            message = say("{word}: {text!r} is no number.", word=name, text=text)
            faults.add("E106", found[name].node.place, message)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip().removesuffix("%"))
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    return number.scaleb(-2) if text.strip().endswith("%") else number


# ---- running ---------------------------------------------------------------------------------


def slice_problems(
    definition: Reconciliation, given: Mapping[str, Sequence[Mapping[str, Any]]],
    expected: ExpectedSlices,
) -> Iterator[Message]:  # fmt: skip
    """Yield what does not come out as a test says."""
    from hub.mapping.reconciliation.together import sliced

    slices = definition.slices
    if slices is None:
        return
    found = sliced(definition, slices, given, expected.day)
    for cell in expected.cells:
        got = _rated(found, cell) if "rate" in cell else _amounts(found, cell)
        wrong = {
            name: value for name, value in got.items()
            if name in cell and _differs(cell[name], value)
        }  # fmt: skip
        if wrong:
            shown = {name: _plain(value) for name, value in wrong.items()}
            yield say("expected {wanted}, found {found}", wanted=_shown(cell), found=_shown(shown))


def _differs(wanted: str, value: Decimal | None) -> bool:
    return value is not None if wanted == "none" else _number(wanted) != value


def _amounts(sliced: Sliced, cell: Mapping[str, str]) -> Mapping[str, Decimal | None]:
    """Return the amount of a cell and its parts; 0 where nothing is there."""
    from hub.mapping.reconciliation.slices import tables

    by = _by(sliced, cell)
    view: Any = cell.get("view", "cash")
    rows: list[Amount] = [
        one for periods in sliced.periods for one in tables.amounts(sliced, periods, by, view)
        if one.state == cell["state"]
    ]  # fmt: skip
    one = next((one for one in rows if _is_meant(one, cell, by)), None)
    if one is None:
        return dict.fromkeys(("amount", *_QUALITIES), Decimal(0))
    parts = {name: one.parts.get(name, Decimal(0)) for name in _QUALITIES}
    return {"amount": one.amount, **parts}


def _rated(sliced: Sliced, cell: Mapping[str, str]) -> Mapping[str, Decimal | None]:
    from hub.mapping.reconciliation.slices import tables

    by = _by(sliced, cell)
    rows: list[Rated] = [
        one for periods in sliced.periods for one in tables.rates(sliced, periods, by)
        if one.rate == cell["rate"]
    ]  # fmt: skip
    one = next((one for one in rows if _is_meant(one, cell, by)), None)
    return {"value": one.value if one is not None else None}


def _by(sliced: Sliced, cell: Mapping[str, str]) -> str:
    return next((one.name for one in sliced.subjects if one.name in cell), "")


def _is_meant(one: Amount | Rated, cell: Mapping[str, str], by: str) -> bool:
    kind = "total" if not by else "value" if cell[by] else "unsaid"
    name = forms.bare(cell[by]) if by else ""
    return (
        one.period == cell.get("period", "all")
        and one.currency == cell.get("currency", one.currency)
        and (one.who.kind, one.who.name) == (kind, name)
    )


def _plain(value: Decimal | None) -> str:
    return "none" if value is None else format(value, "f")


def _shown(one: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in one.items()) + "}"
