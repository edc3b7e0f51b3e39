"""A reconciliation file: which systems must agree on what, how closely, and what repairs it.

reconciliation: orders
sides:
  crm: {connection: crm, stream: order, key: number}
  erp: {connection: erp, stream: order, map: tryton-to-order, key: number}
compare:
  amount: {as: money, crm: amount, erp: amount, tolerance: "0.01"}
  shipped_on: {as: date, crm: promised_on, erp: planned_on, tolerance: 3 days}
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub import calendars
from hub.calendars import Span
from hub.compare import forms
from hub.compare.fields import Field
from hub.language import say
from hub.mapping import reading
from hub.mapping.examples.reconcile_tests import ReconcileTest, read_reconcile_tests
from hub.mapping.faults import Faults, suggestion
from hub.mapping.field_mapping import FieldMapping
from hub.mapping.reading import Word, Words
from hub.mapping.reconciliation.fields import Part, read_fields, read_rules
from hub.mapping.reconciliation.policy import Policy, read_policy
from hub.mapping.reconciliation.sides import Side, read_sides
from hub.mapping.reconciliation.slices.definition import Slices, read_slices
from hub.mapping.rule.table_files import Beside
from hub.yamlfile import Entries, Node, Place

_WORDS = (
    *("format", "reconciliation", "version", "title", "owner", "zone", "authority", "cut_off"),
    *("sides", "key_rules", "compare", "totals", "severity", "materiality", "ageing"),
    *("repair", "waive", "sign_off", "customer", "slices", "tests"),
)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,59}")
#: What is compared of sides that have `revision:`, where two have it.
REVISION = "revision"
#: Sides one reconciliation may have, and fields.
_MOST_SIDES, _MOST_FIELDS = 6, 60


@dataclass(frozen=True, slots=True)
class Compared:
    """A field, and where each side that has it says it."""

    field: Field
    sides: Mapping[str, Part]
    severity: str
    place: Place = dataclasses.field(compare=False)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Which systems must agree on what."""

    name: str
    title: str
    version: int
    #: Who findings belong to: `role:NAME` or `person:ID`; empty: nobody in particular.
    owner: str
    zone: ZoneInfo
    #: Side whose values are right where nothing else is said.
    authority: str
    #: In the order of the file.
    sides: Mapping[str, Side]
    key_rules: tuple[str, ...]
    fields: Mapping[str, Compared]
    #: Fields whose sums must be explained to the last cent.
    totals: tuple[str, ...]
    #: What was changed less long ago is left alone.
    settle: timedelta
    #: How long a delivery may be underway before its absence is a finding.
    in_flight_for: timedelta
    #: Days, ascending.
    ageing: tuple[int, ...]
    policy: Policy
    #: Name of the field that names the customer; empty: none.
    customer: str
    #: What is added up by state, period and subject; None: nothing.
    slices: Slices | None
    tests: tuple[ReconcileTest, ...]
    file: str
    place: Place = dataclasses.field(compare=False)

    def columns(self, side: str) -> frozenset[str]:
        """Return the names at the top of a side's documents that it cannot do without."""
        fields = (one.sides[side].columns for one in self.fields.values() if side in one.sides)
        asked = (
            one.asks for one in self.sides.values() if self.authority == side != one.name
        )  # fmt: skip
        return self.sides[side].columns.union(*fields, *asked)


def read_reconciliation(
    node: Node, file: str, faults: Faults, mappings: Mapping[str, FieldMapping],
    beside: Beside | None = None,
) -> Reconciliation:  # fmt: skip
    """Return the reconciliation of a file; when faults were added it must not be used."""
    words = reading.words(node, _WORDS, faults, say("A reconciliation file"))
    reading.check_format(words, faults)
    zone = _zone(words.get("zone"), faults)
    sides = read_sides(
        words.get("sides"), node.place, faults, mappings, _MOST_SIDES, _plain(words, "authority")
    )
    authority = _authority(words.get("authority"), sides, faults)
    fields = _compared(words.get("compare"), node.place, sides, zone, faults)
    slices = read_slices(words.get("slices"), sides, faults, beside or Beside())
    cut_off = _part(words, "cut_off", ("settle", "in_flight_for"), faults)
    return Reconciliation(
        name=_name(words, node.place, faults),
        title=reading.text(words.get("title"), faults, "title") or _plain(words, "reconciliation"),
        version=reading.whole_number(words.get("version"), faults, "version", 1_000_000) or 1,
        owner=_owner(words.get("owner"), faults),
        zone=zone,
        authority=authority,
        sides=sides,
        key_rules=read_rules(words.get("key_rules"), "key_rules", faults, forms.KEY_RULES),
        fields=fields,
        totals=_totals(words.get("totals"), fields, authority, faults),
        settle=_length(cut_off.get("settle"), timedelta(minutes=15), faults),
        in_flight_for=_length(cut_off.get("in_flight_for"), timedelta(hours=4), faults),
        ageing=_ageing(words.get("ageing"), faults),
        policy=read_policy(words, faults),
        customer=_customer(words.get("customer"), fields, faults),
        slices=slices,
        tests=read_reconcile_tests(words.get("tests"), sides, slices, faults),
        file=file,
        place=words["reconciliation"].place if "reconciliation" in words else node.place,
    )


def _part(words: Words, name: str, known: tuple[str, ...], faults: Faults) -> Words:
    return reading.words(words[name].node, known, faults, name) if name in words else {}


def _plain(words: Words, name: str) -> str:
    return getattr(words[name].node, "text", "") if name in words else ""


def _name(words: Words, place: Place, faults: Faults) -> str:
    name = reading.required_text(words, "reconciliation", place, faults)
    if name and not _NAME.fullmatch(name):
        message = say("{name!r} is no name: small letters, digits and hyphens.", name=name)
        faults.add("E106", words["reconciliation"].node.place, message)
    return name


def _zone(word: Word | None, faults: Faults) -> ZoneInfo:
    text = reading.text(word, faults, "zone")
    if word is None or text is None:
        return calendars.STANDARD.zone
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = say("{zone!r} is no time zone; write one such as Asia/Shanghai.", zone=text)
        faults.add("E106", word.node.place, message)
        return calendars.STANDARD.zone


def _authority(word: Word | None, sides: Mapping[str, Side], faults: Faults) -> str:
    first = next(iter(sides), "")
    name = reading.choice(word, sides, faults, "authority") or first
    side = sides.get(name)
    if side is not None and side.by_key:
        place = word.node.place if word is not None else side.place
        message = say(
            "{side} is read by key, so it cannot say which keys there are: "
            "name another side with authority:", side=name,
        )  # fmt: skip
        faults.add("E106", place, message)
    return name


def _owner(word: Word | None, faults: Faults) -> str:
    text = reading.text(word, faults, "owner") or ""
    if word is not None and text and not re.fullmatch(r"(role|person):[A-Za-z0-9._-]{1,60}", text):
        message = say("owner: {one!r} is nobody; write role:NAME or person:ID", one=text)
        faults.add("E106", word.node.place, message)
    return text


def _compared(
    word: Word | None, place: Place, sides: Mapping[str, Side], zone: ZoneInfo, faults: Faults
) -> Mapping[str, Compared]:
    if word is None or not isinstance(word.node, Entries) or not word.node.pairs:
        message = say("compare: needs at least one field, such as amount: {{as: money, …}}")
        faults.add("E105", place if word is None else word.place, message)
        return {}
    if len(word.node.pairs) > _MOST_FIELDS:
        message = say("compare: may have {most} fields.", most=_MOST_FIELDS)
        faults.add("E106", word.place, message)
    found = {}
    revised = [side.name for side in sides.values() if side.revision is not None]
    for name, entry in reading.entries(word.node, faults, "compare").items():
        if name == REVISION and len(revised) > 1:
            message = say(
                "compare: the revisions of {sides} are compared as {name} already: give this "
                "field another name.", sides=", ".join(revised), name=name,
            )  # fmt: skip
            faults.add("E106", entry.place, message)
        one = read_fields(name, entry, sides, zone, faults)
        if one is not None:
            field_, parts, severity = one
            found[name] = Compared(field_, parts, severity, entry.place)
    return found


def _totals(
    word: Word | None, fields: Mapping[str, Compared], authority: str, faults: Faults
) -> tuple[str, ...]:
    names = reading.texts(word, faults, "totals")
    for name in names:
        if name not in fields:
            message = say("totals: names {name!r}, which is not compared.", name=name)
            faults.add("E111", word.node.place, message, hint=suggestion(name, fields))  # type: ignore[union-attr]
        elif fields[name].field.type not in ("money", "quantity", "number"):
            message = say("totals: {name} has no sum: it is no amount.", name=name)
            faults.add("E106", word.node.place, message)  # type: ignore[union-attr]
    if word is not None:
        return names
    return tuple(
        name for name, one in fields.items()
        if one.field.type == "money" and authority in one.sides
    )  # fmt: skip


def _length(word: Word | None, default: timedelta, faults: Faults) -> timedelta:
    text = reading.text(word, faults, "cut_off")
    if word is None or text is None:
        return default
    if text.strip() == "0":
        return timedelta(0)
    try:
        span: Span = calendars.span(text)
    except ValueError as error:
        faults.add("E106", word.node.place, error.args[0])
        return default
    if span.working:
        faults.add("E106", word.node.place, say("Working time makes no sense here."))
    return timedelta(**{span.unit: span.number})


def _ageing(word: Word | None, faults: Faults) -> tuple[int, ...]:
    if word is None:
        return (1, 3, 7, 30)
    found = []
    for text in reading.texts(word, faults, "ageing"):
        number = re.fullmatch(r"(\d{1,4}) ?d(ays?)?", text.strip())
        if number is None:
            message = say("ageing: {text!r} is no number of days; write 7 days.", text=text)
            faults.add("E106", word.node.place, message)
        else:
            found.append(int(number[1]))
    if found != sorted(set(found)) or not found:
        faults.add("E106", word.node.place, say("ageing: needs ascending numbers of days."))
        return (1, 3, 7, 30)
    return tuple(found)


def _customer(word: Word | None, fields: Mapping[str, Compared], faults: Faults) -> str:
    name = reading.text(word, faults, "customer")
    if word is None or name is None:
        return "customer" if "customer" in fields else ""
    if name not in fields:
        message = say("customer: names {name!r}, which is not compared.", name=name)
        faults.add("E111", word.node.place, message, hint=suggestion(name, fields))
    return name
