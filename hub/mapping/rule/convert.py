"""`as: TYPE` and what goes with it: thousands, scale, places, round, currency, unit, zone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.language import say
from hub.mapping import reading
from hub.mapping.data import dates, measures, values
from hub.mapping.data.measures import Measure
from hub.mapping.faults import Stop, either
from hub.mapping.reading import Word, Words
from hub.mapping.rule.site import Site
from hub.mapping.rule.steps import Change, Step
from hub.mapping.running.run import Frame, Produce
from hub.records import CURRENCIES

#: Types → the words that make sense beside each.
_BESIDE: Mapping[str, tuple[str, ...]] = {
    "text": (),
    "integer": ("thousands", "scale"),
    "decimal": ("thousands", "scale", "places", "round"),
    "money": ("thousands", "scale", "places", "round", "currency"),
    "quantity": ("thousands", "scale", "places", "round", "unit"),
    "date": ("zone", "format"),
    "datetime": ("zone", "format"),
    "boolean": (),
    "email": (),
}
AS = tuple(_BESIDE)
ROUNDINGS: Mapping[str, str] = {
    "half-up": ROUND_HALF_UP,
    "half-even": ROUND_HALF_EVEN,
    "down": ROUND_DOWN,
}
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_MAX_EMAIL = 254
_CURRENCY = re.compile("[A-Z]{3}")


def conversion(words: Words, inner: Mapping[str, Produce], site: Site) -> tuple[Step, ...]:
    """Return the step of `as:`; `inner` has what `currency:` and `unit:` read."""
    kind = reading.choice(words["as"], AS, site.faults, "as") if "as" in words else None
    _check_companions(words, kind, site)
    if kind is None:
        return ()
    place = words["as"].place
    if kind in {"date", "datetime"}:
        return (Step("as", place, _dated(kind, words, site), about=kind),)
    if kind in {"money", "quantity"}:
        change = _measured(kind, words, inner, site)
        return () if change is None else (Step("as", place, change, framed=True, about=kind),)
    if kind in {"decimal", "integer"}:
        return (Step("as", place, _numbered(kind, words, site), about=kind),)
    changes: Mapping[str, Change] = {
        "text": values.source_text,
        "boolean": values.boolean,
        "email": email,
    }
    return (Step("as", place, changes[kind], about=kind),)


def _check_companions(words: Words, kind: str | None, site: Site) -> None:
    for name in dict.fromkeys(name for beside in _BESIDE.values() for name in beside):
        owners = [one for one, beside in _BESIDE.items() if name in beside]
        if name in words and kind not in owners:
            message = say("{word}: needs as: {kinds} beside it.", word=name, kinds=either(owners))
            site.faults.add("E110", words[name].place, message)


# ---- numbers ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Number:
    """How a number is read."""

    thousands: str | None
    scale: Decimal | None
    places: int | None
    rounding: str

    def read(self, value: Any) -> Decimal:
        if self.thousands is not None and isinstance(value, str):
            value = _without(self.thousands, value)
        return self.scaled(values.decimal(value))

    def scaled(self, number: Decimal) -> Decimal:
        if self.scale is None:
            return number
        try:
            return Decimal(values.bounded(values.EXACT.multiply(number, self.scale)))
        except ArithmeticError:
            raise values.out_of_reach() from None

    def finished(self, number: Decimal, places: int | None) -> Decimal:
        if places is None:
            return number
        return values.rounded(number, places, self.rounding)


def _number(words: Words, site: Site) -> _Number:
    rounding = "half-up"
    if "round" in words:
        rounding = reading.choice(words["round"], ROUNDINGS, site.faults, "round") or rounding
    return _Number(
        _thousands(words.get("thousands"), site),
        _scale(words.get("scale"), site),
        reading.whole_number(words.get("places"), site.faults, "places", values.MAX_PLACES),
        ROUNDINGS.get(rounding, ROUND_HALF_UP),
    )


def _thousands(word: Word | None, site: Site) -> str | None:
    separator = reading.text(word, site.faults, "thousands")
    if word is None or separator is None:
        return None
    if len(separator) != 1 or separator.isalnum() or separator in "+-.":
        message = say('thousands: needs the one sign between groups, such as ","')
        site.faults.add("E106", word.node.place, message)
        return None
    return separator


def _without(separator: str, value: str) -> str:
    """Return the number without separators; they must stand where thousands end."""
    sign = re.escape(separator)
    if separator not in value:
        return value
    if re.fullmatch(rf"[+-]?[0-9]{{1,3}}(?:{sign}[0-9]{{3}})+(?:\.[0-9]+)?", value):
        return value.replace(separator, "")
    text = say("is no number: {separator} does not stand between thousands", separator=separator)
    raise Stop("E202", text)


def _scale(word: Word | None, site: Site) -> Decimal | None:
    text = reading.text(word, site.faults, "scale")
    if word is None or text is None:
        return None
    if values.is_decimal_text(text) and Decimal(text):
        with suppress(Stop):
            return values.decimal(text)
    message = say("scale: needs a number other than 0, such as 0.01.")
    site.faults.add("E106", word.node.place, message)
    return None


def _numbered(kind: str, words: Words, site: Site) -> Change:
    number = _number(words, site)
    if kind == "integer":
        if number.thousands is None and number.scale is None:
            return values.integer
        return lambda value: values.integer(number.read(value))
    places, rounding = number.places, number.rounding
    if number.thousands is not None or number.scale is not None:
        return lambda value: number.finished(number.read(value), places)
    if places is None:
        return values.decimal
    return values.rounder(places, rounding)


# ---- money and quantities --------------------------------------------------------------------


def _measured(
    kind: str, words: Words, inner: Mapping[str, Produce], site: Site
) -> Callable[[Any, Frame], Any] | None:
    name = "currency" if kind == "money" else "unit"
    if name not in words:
        message = say("as: {kind} needs {name}: beside it.", kind=kind, name=name)
        site.faults.add("E105", words["as"].place, message)
        return None
    of, number = inner.get(name), _number(words, site)
    if of is None:
        return None

    def run(value: Any, frame: Frame) -> dict[str, Any]:
        code = _code(name, of(frame), hidden=site.hidden)
        amount = _amount(value, code, number)
        places = number.places
        if places is None and name == "currency":
            places = measures.places_of(code)
        return Measure(number.finished(amount, places), code, name).plain()

    return run


def _code(name: str, value: Any, *, hidden: bool) -> str:
    if values.is_nothing(value) or value == "":
        message = say("has no currency") if name == "currency" else say("has no unit")
        raise Stop("E203", message)
    try:
        return measures.currency(value) if name == "currency" else values.source_text(value)
    except Stop as stop:
        # not the amount is wrong
        seen = values.shown(value, hidden=hidden)
        stop.about(say("{path} = {value}", path=name, value=seen))
        raise


def _amount(value: Any, code: str, number: _Number) -> Decimal:
    found = measures.measure(value)
    if found is None:
        return number.read(value)
    if found.of != code:
        text = say("is {one}, and {other} is asked for", one=found.of, other=code)
        raise Stop("E216", text)
    return number.scaled(found.amount)


def is_currency(word: Word) -> bool:
    """Return whether `currency:` names a currency itself, not where to read one."""
    text = getattr(word.node, "text", "")
    return bool(_CURRENCY.fullmatch(text)) and text in CURRENCIES


# ---- others ----------------------------------------------------------------------------------


def email(value: Any) -> str:
    """Return the address; what cannot be one stops the rule."""
    address = values.source_text(value)
    if len(address) <= _MAX_EMAIL and _EMAIL.fullmatch(address):
        return address
    raise Stop("E220", say("is no e-mail address"))


def _dated(kind: str, words: Words, site: Site) -> Change:
    zone = _zone(words.get("zone"), site)
    if kind == "date":
        return dates.day_reader(zone)
    return lambda value: dates.instant(value, zone)


def _zone(word: Word | None, site: Site) -> ZoneInfo | None:
    name = reading.text(word, site.faults, "zone")
    if name is None or word is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = say(
            "There is no time zone {name!r}; write one such as Asia/Shanghai or UTC.", name=name
        )
        site.faults.add("E106", word.place, message)
        return None
