"""Rows of a side: a document brought into the form in which it is compared, packed and hashed.

A row is packed as text of its fields, one *group* a line, so that what equals on two sides has the
same bytes: fields that the same sides have are one group. The hashes of the groups are all a
database needs to find the rows that are not plainly equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from operator import itemgetter
from secrets import token_bytes
from typing import Any

import msgspec
from msgspec.structs import replace

from hub.compare import forms
from hub.compare.fields import Field, FieldType, Reader, Several, status_reader
from hub.compare.forms import Form, Problem
from hub.mapping.field_mapping import UNUSUAL
from hub.mapping.reconciliation.definition import REVISION, Reconciliation
from hub.mapping.reconciliation.fields import Part
from hub.mapping.reconciliation.sides import EXTERNAL_ID, Side, Value
from hub.mapping.reconciliation.slices.cuts import Cut, Entry, joined, unpacked
from hub.mapping.route import frame_of
from hub.mapping.running.quick import Code, Constant, Variable, code, function_of, generated
from hub.mapping.running.run import Frame

#: Raised where rows are packed otherwise: what was kept in another form is read again.
FORM = 1
#: Bytes of a group's hash.
HASH = 16
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_ZERO = bytes(HASH)
#: How a `Problem` begins in JSON; within a text the quotes would be escaped.
_PROBLEM = b'{"value":'


class Row(msgspec.Struct, gc=False):
    """One row of a side; several rows of one key are one, once they are added up."""

    #: Canonical; empty: it has none that can be used.
    key: str
    #: As the side writes it.
    original: str
    #: The side's own id of the object.
    ref: str
    #: The document it is from, as the connector calls it, and the how manieth one it was: a
    #: document that is read twice counts as it stood last.
    source: str
    number: int
    modified: str
    lines: int
    #: Field → its value; those the side has, in the order of the definition.
    values: dict[str, Form]
    #: Of the authority: sides it is not expected on, and those it is not yet due on.
    unexpected: tuple[str, ...] = ()
    #: Side → when it is due there, as an ISO time; only those with `expected_from`.
    due: Mapping[str, str] | None = None
    #: What it adds to the slices: never compared.
    cut: Cut | None = None
    #: When it was approved, or made where another side is right; the earliest of several.
    moment: str = ""


class Layout:
    """How the rows of a reconciliation are packed: the same on all its sides."""

    def __init__(self, definition: Reconciliation) -> None:
        self.definition = definition
        self.fields: dict[str, Field] = {name: one.field for name, one in definition.fields.items()}
        owners = {name: tuple(one.sides) for name, one in definition.fields.items()}
        revised = tuple(name for name, side in definition.sides.items() if side.revision)
        if len(revised) > 1:
            self.fields[REVISION] = Field(REVISION, FieldType.NUMBER, title=REVISION)
            owners[REVISION] = revised
        #: Field → sides that have it.
        self.owners: Mapping[str, tuple[str, ...]] = owners
        signatures = list(dict.fromkeys(owners.values()))
        #: Fields of each group.
        self.groups: Sequence[tuple[str, ...]] = tuple(
            tuple(name for name in owners if owners[name] == one) for one in signatures
        )
        #: Sides of each group.
        self.members: Sequence[tuple[str, ...]] = tuple(signatures)
        self._getters = tuple((names, _values_of(names)) for names in self.groups)
        #: Whether rows hold a line more, for the slices.
        self._cuts = definition.slices is not None

    @property
    def judges_all(self) -> bool:
        """Say whether equal hashes prove nothing.

        So it is where a status stands for several words, or times are held against each other.
        """
        if any(side.made is not None for side in self.definition.sides.values()):
            return True
        return any(
            len(words) > 1
            for one in self.definition.fields.values()
            for part in one.sides.values()
            for words in part.words.values()
        )

    def pack(self, row: Row) -> tuple[bytes, bytes]:
        """Return the hashes of a row, one group after the other, and everything it holds."""
        values = row.values
        hashes, lines = [], []
        for names, get in self._getters:
            if names[0] not in values:
                hashes.append(_ZERO)
                lines.append(b"")
                continue
            line = _encode(get(values))
            if _PROBLEM in line:
                # what cannot be compared equals nothing, not even itself
                hashes.append(token_bytes(HASH))
            else:
                hashes.append(blake2b(line, digest_size=HASH).digest())
            lines.append(line)
        head = [row.original, row.ref, row.source, row.number, row.modified, row.lines]
        if row.unexpected or row.due or row.moment:
            head += [row.unexpected, row.due, row.moment]
        if self._cuts:
            lines.append(row.cut.packed() if row.cut is not None else b"")
        return b"".join(hashes), b"\n".join((_encode(head), *lines))

    def cut(self, packed: bytes) -> Cut | None:
        """Return what a packed row adds to the slices; None where there are none."""
        return unpacked(packed[packed.rindex(b"\n") + 1 :]) if self._cuts else None

    def unpack(self, key: str, packed: bytes) -> Row:
        """Return the row that was packed."""
        head, *lines = packed.split(b"\n")
        cut = unpacked(lines.pop()) if self._cuts else None
        original, ref, source, number, modified, count, *more = _decode(head)
        values: dict[str, Form] = {}
        for names, line in zip(self.groups, lines, strict=True):
            if line:
                found = _decode(line)
                if line.find(b"[", 1) > 0 or b"{" in line:
                    found = map(_form, found)
                values.update(zip(names, found, strict=True))
        row = Row(key, original, ref, source, number, modified, count, values)
        if more:
            row.unexpected, row.due, row.moment = tuple(more[0]), more[1], more[2]
        row.cut = cut
        return row


def _values_of(names: Sequence[str]) -> Callable[[Mapping[str, Form]], Any]:
    if len(names) == 1:
        return lambda values: (values[names[0]],)
    return itemgetter(*names)


def _form(value: Any) -> Form:
    if type(value) is list:
        return tuple(value)
    if type(value) is dict:
        return Problem(value["value"], value["code"])
    found: Form = value
    return found


# ---- reading a document ------------------------------------------------------------------------


class SideReader:
    """Makes the rows of a side from its documents."""

    def __init__(self, definition: Reconciliation, name: str, layout: Layout) -> None:
        side = self.side = definition.sides[name]
        self._fold = forms.folder(definition.key_rules)
        fields = {
            field: _reading(one.field, one.sides[name])
            for field, one in definition.fields.items()
            if name in one.sides
        }
        if name in layout.owners.get(REVISION, ()) and side.revision is not None:
            fields[REVISION] = _by_reader(side.revision, layout.fields[REVISION].reader())
        nothing = _Reading.always(None)
        head = [
            nothing if one is None else _Reading.of(one)
            for one in (side.key, side.id, side.modified, side.lines, side.approved or side.made)
        ]
        self._quick = _together(head, fields)
        self._strict = _one_by_one(head, fields)
        self._own_id, self._counts = side.id is not None, side.lines is not None
        self._cutter = _Cutter(definition, name) if definition.slices is not None else None
        others = [
            one for one in definition.sides.values()
            if name == definition.authority and one.name != name
        ]  # fmt: skip
        self._unexpected = tuple(
            (one.name, one.expected_when) for one in others if one.expected_when is not None
        )
        self._due = tuple(
            (one.name, one.expected_from.at) for one in others if one.expected_from is not None
        )

    def rows(self, document: Mapping[str, Any], source: str = "", number: int = 0) -> list[Row]:
        """Return the rows of a document; those outside `only` are none.

        `source` is what the connector calls it, `number` the how manieth document it is. Raises
        `MappingFault` where a condition cannot be asked of it.
        """
        side, frame = self.side, frame_of(document)
        unexpected: tuple[str, ...] = ()
        if self._unexpected:
            unexpected = tuple(name for name, when in self._unexpected if not when.holds(document))
        frames = self._frames(document, frame)
        due = None
        if self._due:
            moments = ((name, _plain_text(at.of(frame))) for name, at in self._due)
            due = {name: moment for name, moment in moments if moment}
        found: list[Row] = []
        for one in frames:
            if side.only is not None and not side.only.holds(one.item, one):
                continue
            key, ref, modified, lines, moment, values = self._read(one)
            cut = self._cutter.cut(one) if self._cutter is not None else None
            found += [
                Row(
                    self._fold(original) if original else "", original,
                    _plain_text(ref) if self._own_id else source, source, number,
                    _plain_text(modified), _count(lines) if self._counts else 1, values,
                    unexpected, due, cut, _plain_text(moment),
                )
                for original in self._originals(key, one)
            ]  # fmt: skip
        return found

    def _frames(self, document: Mapping[str, Any], frame: Frame) -> list[Frame]:
        if not self.side.each:
            return [frame]
        return [Frame(item, frame.run, frame) for item in _items(document, self.side.each)]

    def id_of(self, document: Mapping[str, Any]) -> str:
        """Return the id of the object a document shows, as `id:` reads it; empty: it says none.

        Where the lines of a document have ids of their own they are none of the document.
        """
        if self.side.id is None:
            return _plain_text(document.get(EXTERNAL_ID))
        frames = self._frames(document, frame_of(document))
        ids = {_plain_text(self.side.id.of(one)) for one in frames}
        return ids.pop() if len(ids) == 1 else ""

    def _originals(self, key: Any, frame: Frame) -> Sequence[str]:
        """Return the keys a rule gave, as the side writes them; each once."""
        find = self.side.key_find
        keys: Sequence[str] = (key,) if type(key) is str else _texts(key)
        if find is not None:
            keys = [find(one) for one in keys]
            if self.side.key_otherwise is not None and not any(keys):
                keys = _texts(self.side.key_otherwise.of(frame))
        if len(keys) == 1:
            return keys
        # one row has each key once, however often it writes it
        once: dict[str, str] = {}
        for one in keys:
            once.setdefault(self._fold(one), one)
        return list(once.values())

    def _read(self, frame: Frame) -> Sequence[Any]:
        """Return key, id, time of change, number of lines, moment, and the values of the fields."""
        try:
            found: Sequence[Any] = self._quick(frame)
        except UNUSUAL:
            return self._strict(frame)
        return found


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads one value of a row: as an expression of generated code, and by itself.

    By itself it names no fault: what the document does not fit is a `Problem`.
    """

    code: Code
    strict: Callable[[Frame], Any]

    @classmethod
    def always(cls, value: Any) -> _Reading:
        """Return what reads the same value of each row."""
        return cls(code("{value}", value=Constant(value)), lambda frame: value)

    @classmethod
    def of(cls, value: Value) -> _Reading:
        """Return what reads a value as it is."""
        pattern = "None if ({found} := {value}) is MISSING else {found}"
        return cls(code(pattern, found=Variable(), value=value.produce), value.of)


def _together(
    head: Sequence[_Reading], fields: Mapping[str, _Reading]
) -> Callable[[Frame], Sequence[Any]]:
    """Return one function that reads a row: the head one by one, and a dictionary of the fields."""
    heads = {f"h{at}": one.code for at, one in enumerate(head)}
    names = {f"n{at}": Constant(name) for at, name in enumerate(fields)}
    values = {f"v{at}": one.code for at, one in enumerate(fields.values())}
    first = "".join(f"{{{name}}}, " for name in heads)
    rest = ", ".join(f"{{n{at}}}: {{v{at}}}" for at in range(len(fields)))
    body = code(f"    return [{first}{{{rest}}}]\n", **heads, **names, **values)
    return generated(_one_by_one(head, fields), [body], function_of)


def _one_by_one(
    head: Sequence[_Reading], fields: Mapping[str, _Reading]
) -> Callable[[Frame], Sequence[Any]]:
    """Return what reads the same without generated code."""

    def strictly(frame: Frame) -> Sequence[Any]:
        values = {name: one.strict(frame) for name, one in fields.items()}
        return [*(one.strict(frame) for one in head), values]

    return strictly


def _items(document: Any, names: Sequence[str]) -> list[Any]:
    for name in names:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document if isinstance(document, list) else []


def _texts(value: Any) -> Sequence[str]:
    """Return the keys a rule gave: one, several, or an empty one where there is none."""
    if isinstance(value, list | tuple):
        return [_plain_text(one) for one in value] or [""]
    return [_plain_text(value)]


def _plain_text(value: Any) -> str:
    if type(value) is str:
        return value
    return "" if value is None or isinstance(value, Problem) else forms.plain(value)


def _count(value: Any) -> int:
    found = forms.number(value)
    return max(found // forms.SCALE, 1) if isinstance(found, int) else 1


def _reading(field: Field, part: Part) -> _Reading:
    if field.type is FieldType.STATUS and part.words:
        return _by_reader(part.value, status_reader(field, part.words))
    if field.type in (FieldType.MONEY, FieldType.QUANTITY):
        return _measured(field, part)
    return _by_reader(part.value, field.reader())


def _by_reader(value: Value, read: Reader) -> _Reading:
    def strict(frame: Frame) -> Form:
        found = value.of(frame)
        return found if isinstance(found, Problem) else read(found)

    raw = _Reading.of(value).code
    if read.memory is None:
        return _Reading(code("{read}({raw})", read=Constant(read.function), raw=raw), strict)
    pattern = "{memory}[{text}] if type({text} := {raw}) is str else {read}({text})"
    return _Reading(
        code(pattern, memory=Constant(read.memory), text=Variable(), raw=raw, read=Constant(read)),
        strict,
    )


def _measured(field: Field, part: Part) -> _Reading:
    read, unit, rate = field.measured_reader(), part.unit, part.tax_rate

    def made(found: Any, own: Any, percent: Any) -> Form:
        if isinstance(found, Problem):
            return found
        if isinstance(found, Mapping):
            # what `as: money` and `as: quantity` of a mapping give
            own = own or found.get("currency") or found.get("unit")
            found = found.get("amount", found.get("value"))
        form = read(found, "" if isinstance(own, Problem) else own)
        if not isinstance(form, tuple):
            return form
        if isinstance(own, Problem):
            return own
        return form if rate is None else _with_tax(form, percent)

    parts = [
        _Reading.of(part.value),
        _Reading.of(unit) if isinstance(unit, Value) else _Reading.always(unit),
        _Reading.of(rate) if rate is not None else _Reading.always(None),
    ]
    names = ("found", "own", "percent")
    quick = code(
        "{made}({found}, {own}, {percent})", made=Constant(made),
        **{name: one.code for name, one in zip(names, parts, strict=True)},
    )  # fmt: skip
    return _Reading(quick, lambda frame: made(*[one.strict(frame) for one in parts]))


def _with_tax(form: Any, rate: Any) -> Form:
    if isinstance(rate, Problem):
        return rate
    percent = forms.number("" if rate is None else rate)
    if not isinstance(percent, int):
        return percent
    number, unit = form
    return forms.times(number, 1 + forms.unscaled(percent) / 100), unit


# ---- what a row adds to the slices ------------------------------------------------------------


class _Cutter:
    """Reads what the rows of a side add to the slices."""

    def __init__(self, definition: Reconciliation, side: str) -> None:
        slices = definition.slices
        assert slices is not None  # noqa: S101 (whoever asks has looked)
        self._states = tuple(
            (state.name, state.only) for state in slices.states.values() if state.side == side
        )
        day = Field("on", FieldType.DATE, zone=definition.zone)
        amount, text = Field("amount", FieldType.MONEY), Field("by", FieldType.TEXT)
        fields: dict[str, _Reading] = {}
        for name, _ in self._states:
            state = slices.states[name]
            fields[f"{name}.on"] = _by_reader(state.on, day.reader())
            fields[f"{name}.amount"] = _reading(amount, state.amount)
        subjects = [one for one in slices.subjects.values() if side in one.sides]
        for subject in subjects:
            fields[subject.name] = _by_reader(subject.sides[side], text.reader())
        self._subjects = tuple(subject.name for subject in subjects)
        self._quick, self._strict = _together((), fields), _one_by_one((), fields)

    def cut(self, frame: Frame) -> Cut | None:
        """Return what a row adds; None: nothing."""
        if not self._states and not self._subjects:
            return None
        try:
            (values,) = self._quick(frame)
        except UNUSUAL:
            (values,) = self._strict(frame)
        states = {
            name: [_entry(values[f"{name}.on"], values[f"{name}.amount"])]
            for name, only in self._states
            if only is None or only.holds(frame.item, frame)
        }
        # a Problem is what the document does not say in a way that can be read
        subjects = {name: [values[name]] for name in self._subjects if type(values[name]) is str}
        return Cut(states, subjects)


def _entry(on: Form, amount: Form) -> Entry:
    unreadable = isinstance(on, Problem) or isinstance(amount, Problem)
    number, currency = amount if isinstance(amount, tuple) else (None, "")
    return on if type(on) is int else None, number, currency, unreadable  # type: ignore[return-value]


def cuts_of(rows: Mapping[str, Sequence[Row]]) -> Mapping[str, Cut]:
    """Return what all rows that the sides have of a key add together."""
    found = {side: joined(row.cut for row in some) for side, some in rows.items()}
    return {side: cut for side, cut in found.items() if cut is not None}


def escaped(row: Row) -> Row:
    """Return a row in which half characters stand as their numbers, to be seen and kept."""
    texts = {
        name: forms.escaped(getattr(row, name))
        for name in ("key", "original", "ref", "source", "modified", "moment")
    }
    values = {name: _escaped(value) for name, value in row.values.items()}
    due = {side: forms.escaped(moment) for side, moment in row.due.items()} if row.due else row.due
    return replace(row, **texts, values=values, due=due)


def _escaped(value: Any) -> Any:
    match value:
        case str():
            return forms.escaped(value)
        case tuple():
            return tuple(map(_escaped, value))
        case Problem():
            return Problem(forms.escaped(value.value), value.code)
    return value


# ---- several rows of one key -------------------------------------------------------------------


def folded(rows: Sequence[Row], layout: Layout) -> Row:
    """Return one row of several with one key: amounts are added up, all else must agree."""
    first = rows[0]
    values = {
        name: _added([row.values[name] for row in rows], layout.fields[name])
        for name in first.values
    }
    refs = list(dict.fromkeys(row.ref for row in rows))
    return Row(
        first.key, first.original, ", ".join(refs), first.source, first.number,
        max((row.modified for row in rows), key=_moment),
        sum(row.lines for row in rows), values, first.unexpected, first.due,
        joined(row.cut for row in rows),
        min((row.moment for row in rows if row.moment), key=_moment, default=""),
    )  # fmt: skip


def _added(values: Sequence[Any], field: Field) -> Form:
    problem = next((one for one in values if isinstance(one, Problem)), None)
    if problem is not None:
        return problem
    there = [one for one in values if one is not None]
    if not there:
        return None
    if field.several in (Several.EARLIEST, Several.LATEST):
        return int(min(there) if field.several is Several.EARLIEST else max(there))
    adds = field.several is not Several.SAME
    if adds and field.type is FieldType.NUMBER and field.name != REVISION:
        return int(sum(there))
    if adds and field.type in (FieldType.MONEY, FieldType.QUANTITY):
        units = {unit for _, unit in there}
        if len(units) == 1:
            return sum(number for number, _ in there), units.pop()
    same = len(set(there)) == 1 and len(there) == len(values)
    found: Form = there[0] if same else _several(there, field)
    return found


def _several(values: Sequence[Any], field: Field) -> Problem:
    shown = dict.fromkeys(field.shown(one) or "" for one in values)
    return Problem(" | ".join(shown)[:200], "several")


def counting(rows: Sequence[Row], layout: Layout, side: Side) -> list[Row]:
    """Return the rows of one key of a side that count: one, unless several objects have the key.

    A document that was read twice counts as it stood last; where a side may have several rows of
    a key, they are added up. Rows whose keys are written differently are never: whether they mean
    the same nobody knows.
    """
    if len(rows) > 1:
        rows = as_read_last(rows)
    if not side.many:
        return list(rows)
    objects: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        objects.setdefault((row.original, row.ref if side.unique else ""), []).append(row)
    return [folded(of_one, layout) for of_one in objects.values()]


def as_read_last(rows: Sequence[Row], gone: Mapping[str, int] | None = None) -> list[Row]:
    """Return the rows of each document as it stood last, whatever their keys are.

    `gone` are documents that had no row any more when they were read as the how manieth one.
    """
    last: dict[str, tuple[str, int]] = {}
    for row in rows:
        when = _moment(row.modified), row.number
        last[row.source] = max(last.get(row.source, when), when)
    newest = {source: number for source, (_, number) in last.items()}
    for source, number in (gone or {}).items():
        newest[source] = max(newest.get(source, number), number)
    # all lines of a document count, whichever of them changed
    return [row for row in rows if not row.source or row.number == newest[row.source]]


def _moment(text: str) -> str:
    """Return a time as text that sorts as time goes, however the side writes it.

    08:00:00.500Z is after 08:00:00Z, and 16:00+08:00 before 09:00Z. Numbers sort by size.
    """
    if text.isdecimal():
        return text.zfill(20)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    zoned = at if at.tzinfo else at.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).isoformat(timespec="microseconds")
