"""The fields of a reconciliation: what is compared, how closely, and where each side says it.

compare:
  amount:
    as: money
    tolerance: {absolute: "0.01", per_line: "0.01"}
    crm: {from: amount, currency: currency}
    erp: {from: net, currency: {value: CNY}, tax: exclusive, tax_rate: tax_rate}
  status:
    as: status
    crm: status
    erp: {from: state, map: {draft: open, done: [shipped, closed]}}
  weight:
    as: quantity
    units: {t: {kg: 1000}, kg: {g: 1000}}
    crm: {from: text, find: "([0-9.]+) ?kg", unit: {value: kg}}
    erp: {from: weight, unit: uom}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from hub import calendars
from hub.compare import forms
from hub.compare.fields import UNIT_RULES, Field, FieldType, Several, Tolerance
from hub.language import say
from hub.mapping import reading
from hub.mapping.faults import Faults, suggestion
from hub.mapping.reading import Word, Words
from hub.mapping.reconciliation.sides import (
    FIELD_WORDS,
    KNOWN,
    Side,
    Value,
    columns_of,
    found_in,
    pattern_of,
    percent,
    site_of_rows,
    value_of,
)
from hub.mapping.rule.site import Site
from hub.yamlfile import Entries, Items, Node, Place, Scalar

SEVERITIES = ("critical", "high", "medium", "low")
_NUMERIC = (FieldType.NUMBER, FieldType.MONEY, FieldType.QUANTITY)
_TAX = ("inclusive", "exclusive")
_DECIMAL = re.compile(r"\d{1,15}(\.\d{1,8})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
#: How far apart a unit and its base may be.
_LEAST, _GREATEST = Decimal("1e-12"), Decimal("1e12")
#: Type → what several rows of one key may say together.
_TOGETHER: Mapping[FieldType, tuple[Several, ...]] = {
    FieldType.TEXT: (Several.SAME,),
    FieldType.STATUS: (Several.SAME,),
    FieldType.DATE: (Several.SAME, Several.EARLIEST, Several.LATEST),
    **dict.fromkeys(
        (FieldType.NUMBER, FieldType.MONEY, FieldType.QUANTITY), (Several.SUM, Several.SAME)
    ),
}


@dataclass(frozen=True, slots=True)
class Part:
    """Where one side says a field."""

    value: Value
    #: Currency or unit: read from the row, or always the same.
    unit: Value | str = ""
    #: Exclusive amounts are brought to inclusive ones by the rate of the row, in percent.
    tax_rate: Value | None = None
    #: Of a status: theirs → ours, one or several.
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Names at the top of a document that it cannot do without.
    columns: frozenset[str] = frozenset()
    place: Place = field(compare=False, default=Place(""))


def read_fields(
    name: str, word: Word, sides: Mapping[str, Side], zone: ZoneInfo, faults: Faults
) -> tuple[Field, Mapping[str, Part], str] | None:
    """Return a field, where each side says it, and how much a difference matters."""
    words = reading.words(word.node, (*FIELD_WORDS, *sides), faults, name)
    kind = reading.choice(words.get("as"), tuple(FieldType), faults, "as") or "text"
    type_ = FieldType(kind)
    named = {side: words[side] for side in sides if side in words}
    if len(named) < 2:
        message = say("{field} is compared with nothing: name it for two sides at least.",
                      field=name)  # fmt: skip
        faults.add("E105", word.place, message)
    found = _converted(
        Field(
            name=name,
            type=type_,
            title=reading.text(words.get("title"), faults, "title") or name,
            tolerance=_tolerance(words.get("tolerance"), type_, faults),
            rules=read_rules(words.get("rules"), "rules", faults, forms.PLAIN_RULES),
            empty=reading.texts(words.get("empty"), faults, "empty") or forms.EMPTY,
            units=_units(words.get("units"), type_, faults),
            several=_several(words.get("several"), type_, faults),
            zone=zone,
        ),
        words.get("convert"),
        faults,
    )
    parts = {side: part_of(type_, one, sides[side], name, faults) for side, one in named.items()}
    severity = reading.choice(words.get("severity"), SEVERITIES, faults, "severity") or "medium"
    return found, {side: part for side, part in parts.items() if part is not None}, severity


# ---- where a side says it ----------------------------------------------------------------------


def site_of(side: Side, faults: Faults) -> Site:
    """Return where the rules of a side are read: over its rows."""
    if not side.each:
        return Site(faults, (side.shape,), routing=True)
    shape = side.shape
    for name in side.each:
        shape = shape.fields.get(name) if shape is not None else None
    return site_of_rows(faults, side.shape, shape)


def part_of(type_: FieldType, word: Word, side: Side, name: str, faults: Faults) -> Part | None:
    """Return where a side says a value of a type; None after a fault."""
    site, node = site_of(side, faults), word.node
    own = _own_words(type_)
    taken: dict[str, Word] = {}
    if isinstance(node, Entries):
        found = reading.placed(node)
        taken = {one: found[one] for one in own if one in found}
        left = tuple((key, value) for key, value in node.pairs if key.text not in own)
        node = replace(node, pairs=left)
    value = value_of(node, site, name)
    if value is None:
        return None
    find = pattern_of(taken.get("find"), faults)
    if find is not None:
        value = found_in(value, find)
    unit = _unit(taken.get("currency") or taken.get("unit"), site)
    return Part(
        value, unit, _tax_rate(taken, site, faults),
        _status_words(taken.get("map"), faults), columns_of(site) - KNOWN, word.place,
    )  # fmt: skip


def _own_words(type_: FieldType) -> tuple[str, ...]:
    match type_:
        case FieldType.MONEY:
            return ("find", "currency", "tax", "tax_rate")
        case FieldType.QUANTITY:
            return ("find", "unit")
        case FieldType.STATUS:
            return ("find", "map")
    return ("find",)


def _unit(word: Word | None, site: Site) -> Value | str:
    if word is None:
        return ""
    node = word.node
    if isinstance(node, Entries) and set(node.words) == {"value"}:
        return getattr(node.words["value"], "text", "")
    if isinstance(node, Scalar) and _CURRENCY.fullmatch(node.text):
        return node.text
    return value_of(node, site, "unit") or ""


def _tax_rate(taken: Words, site: Site, faults: Faults) -> Value | None:
    tax = reading.choice(taken.get("tax"), _TAX, faults, "tax")
    rate = taken.get("tax_rate")
    if tax == "exclusive" and rate is None:
        message = say("tax: exclusive needs tax_rate: with the rate in percent.")
        faults.add("E105", taken["tax"].place, message)
    if rate is not None and tax != "exclusive":
        faults.add("E110", rate.place, say("tax_rate: goes with tax: exclusive."))
        return None
    return None if rate is None else value_of(rate.node, site, "tax_rate")


def _status_words(word: Word | None, faults: Faults) -> Mapping[str, tuple[str, ...]]:
    if word is None:
        return {}
    return {
        theirs: reading.texts(one, faults, "map")
        for theirs, one in reading.entries(word.node, faults, "map").items()
    }


# ---- how closely -------------------------------------------------------------------------------


def read_rules(
    word: Word | None, name: str, faults: Faults, standard: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the rules that fold a text; an empty list folds nothing."""
    if word is None:
        return standard
    nodes = word.node.nodes if isinstance(word.node, Items) else (word.node,)
    found = []
    for node in nodes:
        text = _rule_text(node)
        try:
            forms.folder([text])
        except KeyError:
            message = say("{word}: there is no rule {rule!r}.", word=name, rule=text)
            known = (*forms.TEXT_RULES, "drop")
            faults.add("E106", node.place, message, hint=suggestion(text, known))
        except re.error as error:
            message = say("{word}: {rule!r} is no pattern: {problem}.", word=name, rule=text,
                          problem=str(error))  # fmt: skip
            faults.add("E106", node.place, message)
        found.append(text)
    return tuple(found)


def _rule_text(node: Node) -> str:
    if isinstance(node, Entries) and list(node.words) == ["drop"]:
        return f"drop:{getattr(node.words['drop'], 'text', '')}"
    return getattr(node, "text", "")


def _tolerance(word: Word | None, type_: FieldType, faults: Faults) -> Tolerance:
    if word is None:
        return Tolerance()
    if type_ in (FieldType.TEXT, FieldType.STATUS):
        message = say("tolerance: makes no sense of a {type}; use rules:", type=str(type_))
        faults.add("E110", word.place, message)
        return Tolerance()
    if isinstance(word.node, Scalar):
        return _one_tolerance(word.node, type_, faults)
    of_numbers = () if type_ is FieldType.DATE else ("absolute", "percent", "per_line")
    known = ("below", "above", *of_numbers)
    words = reading.words(word.node, known, faults, "tolerance")
    if type_ is FieldType.DATE:
        below, below_works = _days(words.get("below"), faults)
        above, above_works = _days(words.get("above"), faults)
        if below and above and below_works != above_works:
            message = say("below: and above: count days alike: either both working days, or none.")
            faults.add("E110", word.place, message)
        return Tolerance(below, above, working=below_works or above_works)
    both = _amount(words.get("absolute"), faults)
    return Tolerance(
        below=_amount(words["below"], faults) if "below" in words else both,
        above=_amount(words["above"], faults) if "above" in words else both,
        share=_share(words.get("percent"), faults),
        per_line=_amount(words.get("per_line"), faults),
    )


def _one_tolerance(node: Scalar, type_: FieldType, faults: Faults) -> Tolerance:
    word = Word(node.place, node)
    if type_ is FieldType.DATE:
        days, working = _days(word, faults)
        return Tolerance(days, days, working=working)
    if "%" in node.text:
        return Tolerance(share=_share(word, faults))
    both = _amount(word, faults)
    return Tolerance(both, both)


def _days(word: Word | None, faults: Faults) -> tuple[int, bool]:
    text = reading.text(word, faults, "tolerance")
    if word is None or text is None:
        return 0, False
    short = re.fullmatch(r"(\d{1,3}) ?(d|wd)", text.strip())
    if short is not None:
        return int(short[1]), short[2] == "wd"
    try:
        span = calendars.span(text)
    except ValueError:
        span = None
    if span is None or span.unit != "days":
        message = say("tolerance: {text!r} are no days; write 3 days or 3 working days.", text=text)
        faults.add("E106", word.node.place, message)
        return 0, False
    return span.number, span.working


def _amount(word: Word | None, faults: Faults) -> int:
    text = reading.text(word, faults, "tolerance")
    if word is None or text is None:
        return 0
    if not _DECIMAL.fullmatch(text.strip()):
        message = say("tolerance: {text!r} is no amount; write one such as 0.01.", text=text)
        faults.add("E106", word.node.place, message)
        return 0
    return forms.scaled(Decimal(text.strip()))


def _share(word: Word | None, faults: Faults) -> Decimal:
    text = reading.text(word, faults, "percent")
    if word is None or text is None:
        return Decimal(0)
    share = percent(text if "%" in text else f"{text}%")
    if share is None:
        message = say("tolerance: {text!r} is no share; write one such as 0.1%.", text=text)
        faults.add("E106", word.node.place, message)
        return Decimal(0)
    return share


# ---- units and currencies ----------------------------------------------------------------------


def _units(
    word: Word | None, type_: FieldType, faults: Faults
) -> Mapping[str, tuple[str, Decimal]]:
    """Return unit → base unit and factor, of `{t: {kg: 1000}, kg: {g: 1000}}`.

    A unit may be written in another one of the table: a t is 1000000 g then.
    """
    if word is None:
        return {}
    if type_ is not FieldType.QUANTITY:
        faults.add("E110", word.place, say("units: goes with as: quantity."))
    written: dict[str, _Unit] = {}
    for name, one in reading.entries(word.node, faults, "units").items():
        unit = _unit_of(name, one, faults)
        if unit is None:
            continue
        known = written.setdefault(_fold(name), unit)
        if known is not unit:
            message = say("units: {unit} and {other} are one unit: capitals do not count.",
                          unit=name, other=known.name)  # fmt: skip
            faults.add("E112", one.place, message)
    found: dict[str, tuple[str, Decimal]] = {}
    for unit in written.values():
        base = _based(unit, written, faults)
        if base is None:
            continue
        found[unit.name] = base
        found.setdefault(base[0], (base[0], Decimal(1)))
    return found


@dataclass(frozen=True, slots=True)
class _Unit:
    """One unit, as it is written: how many of another one it is."""

    name: str
    other: str
    factor: Decimal
    place: Place


#: Folds the name of a unit as values are folded.
_fold = forms.folder(UNIT_RULES)


def _unit_of(name: str, word: Word, faults: Faults) -> _Unit | None:
    inner = reading.entries(word.node, faults, name)
    if len(inner) != 1:
        message = say("units: write how many of one base unit {unit} is, as {{g: 1000}}.",
                      unit=name)  # fmt: skip
        faults.add("E106", word.place, message)
        return None
    ((other, amount),) = inner.items()
    factor = _factor(amount, faults)
    return None if factor is None else _Unit(name, other, factor, word.place)


def _based(unit: _Unit, written: Mapping[str, _Unit], faults: Faults) -> tuple[str, Decimal] | None:
    """Return what a unit is in the end: the unit that is written in no other, and how many."""
    name, factor, passed = unit.other, unit.factor, [unit.name]
    while (further := written.get(_fold(name))) is not None:
        if _fold(further.name) in map(_fold, passed):
            way = " → ".join([*passed, further.name])
            message = say("units: {way} goes round in circles; one of them must be the base.",
                          way=way)  # fmt: skip
            faults.add("E106", unit.place, message)
            return None
        passed.append(further.name)
        name, factor = further.other, factor * further.factor
    if not _LEAST <= factor <= _GREATEST:
        message = say("units: one {unit} is {factor} {base}, which is too far apart; choose a base "
                      "between them.", unit=unit.name, factor=f"{factor.normalize():f}",
                      base=name)  # fmt: skip
        faults.add("E106", unit.place, message)
        return None
    return name, factor


def _several(word: Word | None, type_: FieldType, faults: Faults) -> Several | None:
    """Return what rows of one key say of a field together; None: as its type does."""
    text = reading.choice(word, tuple(Several), faults, "several")
    if word is None or text is None:
        return None
    if Several(text) not in _TOGETHER[type_]:
        message = say("several: {word} makes no sense of a {type}.", word=text, type=str(type_))
        faults.add("E110", word.place, message)
        return None
    return Several(text)


def _converted(one: Field, word: Word | None, faults: Faults) -> Field:
    """Return the field with what `convert: {to: CNY, rates: {…}, source: …}` says."""
    if word is None:
        return one
    if one.type is not FieldType.MONEY:
        faults.add("E110", word.place, say("convert: goes with as: money."))
    words = reading.words(word.node, ("to", "rates", "source"), faults, "convert")
    to = reading.required_text(words, "to", word.place, faults)
    source = reading.required_text(words, "source", word.place, faults)
    given = words.get("rates")
    if given is None:
        faults.add("E105", word.place, say("The word {name}: is missing.", name="rates"))
    entries = reading.entries(given.node, faults, "rates") if given is not None else {}
    rates = {currency: _factor(rate, faults) for currency, rate in entries.items()}
    known = {currency: rate for currency, rate in rates.items() if rate is not None}
    return replace(one, currency=to, rates={**known, to: Decimal(1)}, rate_source=source)


def _factor(word: Word, faults: Faults) -> Decimal | None:
    text = getattr(word.node, "text", "")
    try:
        factor = Decimal(text)
    except InvalidOperation:
        factor = Decimal(0)
    if factor.is_finite() and _LEAST <= factor <= _GREATEST:
        return factor
    faults.add("E106", word.node.place, say("{text!r} is no factor above 0.", text=text))
    return None
