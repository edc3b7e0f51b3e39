"""The word `slices:` of a reconciliation file: what is added up, and how it is cut.

slices:
  states:
    signed: {title: 签约, side: crm, on: signed_on, amount: {from: amount, currency: currency}}
    paid: {title: 回款, side: finance, on: paid_on, amount: {from: received, currency: CNY}}
  by:
    seller: {title: 销售, crm: owner.name}
  periods: [month, quarter, {fiscal_year: 4}, {rolling: 90 days}]
  targets:
    plan: {file: ../tables/sales.csv, by: seller, subject: seller, period: period, amount: amount,
           currency: CNY}
  rates:
    reached: {title: 达成率, of: signed, against: plan}
    collected: {title: 回款率, of: paid, against: signed}
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub import calendars
from hub.compare.fields import FieldType
from hub.language import say
from hub.mapping import reading
from hub.mapping.faults import Faults, suggestion
from hub.mapping.reading import Word, Words
from hub.mapping.reconciliation.fields import Part, part_of, site_of
from hub.mapping.reconciliation.sides import Side, Value, value_of
from hub.mapping.reconciliation.slices.periods import FISCAL, NATURAL, Periods
from hub.mapping.reconciliation.slices.targets import Target, read_target
from hub.mapping.route import Condition, read_condition
from hub.mapping.rule.table_files import Beside
from hub.yamlfile import Entries, Items, Node, Place

_WORDS = ("states", "by", "periods", "targets", "rates")
_STATE_WORDS = ("title", "side", "only", "on", "amount")
_RATE_WORDS = ("title", "of", "against")
_PERIOD_WORDS = (*FISCAL, "rolling")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
#: How sure an amount is, the surest first.
QUALITIES = ("agreed", "within", "in_flight", "waived", "open", "not_compared")
#: Words of an expected cell, so no subject is named like one.
CELL_WORDS = ("state", "rate", "view", "period", "currency", "amount", "value", *QUALITIES)
#: How many of each a file may have.
_MOST: Mapping[str, int] = {"states": 8, "by": 4, "periods": 8, "targets": 4, "rates": 12}
_MOST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class State:
    """A stage of what a key stands for: the rows of a side that count, when, and how much."""

    name: str
    title: str
    side: str
    #: Which rows of the side count; None: all of them.
    only: Condition | None
    on: Value
    amount: Part
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what amounts are told of, and where sides say it."""

    name: str
    title: str
    #: Side → what says it; the first side of the run that says something is believed.
    sides: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Rate:
    """An amount held against another one, or against a target."""

    name: str
    title: str
    #: A state.
    of: str
    #: A state or a target.
    against: str


@dataclass(frozen=True, slots=True)
class Slices:
    """What is added up, and how it is cut."""

    #: In the order of the file; keys belong to the period in which they reached the first.
    states: Mapping[str, State]
    subjects: Mapping[str, Subject]
    periods: tuple[Periods, ...]
    targets: Mapping[str, Target]
    rates: Mapping[str, Rate]

    @property
    def first(self) -> str:
        """Return the first state."""
        return next(iter(self.states))

    def asks(self, side: str) -> bool:
        """Say whether anything is read of the rows of a side."""
        return any(one.side == side for one in self.states.values()) or any(
            side in one.sides for one in self.subjects.values()
        )


def read_slices(
    word: Word | None, sides: Mapping[str, Side], faults: Faults, beside: Beside
) -> Slices | None:
    """Return what `slices:` says; None where a file has none."""
    if word is None:
        return None
    words = reading.words(word.node, _WORDS, faults, "slices")
    named = _named(words, "states", faults)
    states = {
        name: state
        for name, one in named.items()
        if (state := _state(name, one, sides, faults)) is not None
    }
    if "states" not in words or not states:
        message = say("slices: needs states:, each with side:, on: and amount:.")
        faults.add("E105", words["states"].place if "states" in words else word.place, message)
    subjects = {
        name: _subject(name, one, sides, faults)
        for name, one in _named(words, "by", faults).items()
    }
    targets = {
        name: read_target(name, one, subjects, faults, beside)
        for name, one in _named(words, "targets", faults).items()
    }
    for name in targets.keys() & states.keys():
        message = say("{name} is the name of a state already.", name=name)
        faults.add("E112", _named(words, "targets", faults)[name].place, message)
    return Slices(
        states, subjects, _periods(words.get("periods"), faults), targets,
        {
            name: _rate(name, one, named, targets, faults)
            for name, one in _named(words, "rates", faults).items()
        },
    )  # fmt: skip


def _named(words: Words, name: str, faults: Faults) -> Words:
    """Return the entries of a word, each with a name a file may use."""
    if name not in words:
        return {}
    found = reading.entries(words[name].node, faults, name)
    if len(found) > _MOST[name]:
        message = say("{word}: may have {most} entries.", word=name, most=_MOST[name])
        faults.add("E106", words[name].place, message)
    for one, entry in found.items():
        if not _NAME.fullmatch(one) or (name == "by" and one in CELL_WORDS):
            message = say(
                "{name!r} cannot be a name here: small letters, digits and _, and none of: {words}",
                name=one, words=", ".join(CELL_WORDS),
            )  # fmt: skip
            faults.add("E106", entry.place, message)
    return found


def _state(name: str, word: Word, sides: Mapping[str, Side], faults: Faults) -> State | None:
    words = reading.words(word.node, _STATE_WORDS, faults, name)
    title = reading.text(words.get("title"), faults, "title") or name
    for one in ("side", "on", "amount"):
        if one not in words:
            faults.add("E105", word.place, say("The word {name}: is missing.", name=one))
    side = sides.get(_one_of(words, "side", sides, faults))
    if side is None or "on" not in words or "amount" not in words:
        return None
    site = site_of(side, faults)
    only = read_condition(words.get("only"), site)
    on = value_of(words["on"].node, site, "on")
    amount = part_of(FieldType.MONEY, words["amount"], side, "amount", faults)
    if on is None or amount is None:
        return None
    return State(name, title, side.name, only, on, amount, word.place)


def _one_of(words: Words, name: str, known: Collection[str], faults: Faults) -> str:
    """Return a name that must be one of the known ones; the empty text after a fault."""
    text = reading.text(words.get(name), faults, name)
    if text is None or text in known:
        return text or ""
    message = say("{word}: there is no {name!r} here.", word=name, name=text)
    faults.add("E111", words[name].node.place, message, hint=suggestion(text, known))
    return ""


def _subject(name: str, word: Word, sides: Mapping[str, Side], faults: Faults) -> Subject:
    words = reading.words(word.node, ("title", *sides), faults, name)
    said = {side: words[side] for side in sides if side in words}
    if not said:
        message = say("{name}: no side says it; write a side and where it does: crm: owner.name",
                      name=name)  # fmt: skip
        faults.add("E105", word.place, message)
    values = {
        side: value_of(one.node, site_of(sides[side], faults), name) for side, one in said.items()
    }
    return Subject(
        name, reading.text(words.get("title"), faults, "title") or name,
        {side: value for side, value in values.items() if value is not None},
    )  # fmt: skip


def _rate(
    name: str, word: Word, states: Collection[str], targets: Collection[str], faults: Faults
) -> Rate:
    words = reading.words(word.node, _RATE_WORDS, faults, name)
    for one in ("of", "against"):
        if one not in words:
            faults.add("E105", word.place, say("The word {name}: is missing.", name=one))
    return Rate(
        name, reading.text(words.get("title"), faults, "title") or name,
        _one_of(words, "of", states, faults),
        _one_of(words, "against", (*states, *targets), faults),
    )  # fmt: skip


# ---- periods -----------------------------------------------------------------------------------


def _periods(word: Word | None, faults: Faults) -> tuple[Periods, ...]:
    if word is None:
        return (Periods("month", 1),)
    nodes = reading.items(word, "periods", faults)
    if len(nodes) > _MOST["periods"]:
        message = say("{word}: may have {most} entries.", word="periods", most=_MOST["periods"])
        faults.add("E106", word.place, message)
    found: dict[str, Periods] = {}
    for node in nodes:
        one = _period(node, faults)
        if one is None:
            continue
        if one.name in found:
            message = say("periods: names {name} twice.", name=one.name)
            faults.add("E112", node.place, message)
        found[one.name] = one
    if isinstance(word.node, Items) and not nodes:
        faults.add("E105", word.place, say("periods: names none; write month."))
    return tuple(found.values())


def _period(node: Node, faults: Faults) -> Periods | None:
    if not isinstance(node, Entries):
        name = reading.choice(Word(node.place, node), NATURAL, faults, "periods")
        return Periods(name, NATURAL[name]) if name is not None and name in NATURAL else None
    words = reading.words(node, _PERIOD_WORDS, faults, "periods")
    if len(words) != 1:
        if not words and node.pairs:
            return None
        message = say("periods: write one of a kind, such as {{fiscal_year: 4}}.")
        faults.add("E106", node.place, message)
        return None
    ((name, word),) = words.items()
    if name == "rolling":
        return _rolling(word, faults)
    first = reading.whole_number(word, faults, name, 12)
    if first == 0:
        faults.add("E106", word.node.place, say("{word}: months are 1 to 12.", word=name))
        return None
    return None if first is None else Periods(name, FISCAL[name], first)


def _rolling(word: Word, faults: Faults) -> Periods | None:
    text = reading.text(word, faults, "rolling")
    if text is None:
        return None
    try:
        span: Any = calendars.span(text)
    except ValueError:
        span = None
    if span is None or span.working or span.unit != "days" or not 0 < span.number <= _MOST_DAYS:
        message = say("rolling: {text!r} are no days; write 90 days.", text=text)
        faults.add("E106", word.node.place, message)
        return None
    return Periods(f"rolling_{span.number}_days", 0, days=span.number)
