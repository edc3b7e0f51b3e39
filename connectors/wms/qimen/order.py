"""The delivery order: checked and completed before it is sent, compared when it is found.

Everything wrong is said at once, by place, before a byte leaves; values of personal fields are
never part of what is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.wms.qimen.profile import Profile
from hub import ConnectorError, Document, Outcome

_CODE = re.compile(r"[A-Za-z0-9-]{1,50}")
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?")
#: Letters, digits and hyphens only: Chinese text goes on right behind it, without a blank.
_MARK = re.compile(r"(?<![A-Za-z0-9])WM:[A-Za-z0-9-]+")


def create_request(
    document: Document, key: str, profile: Profile, stamps: Mapping[str, str], owner: str
) -> dict[str, Any]:
    """Return the content of `deliveryorder.create` under our key.

    `stamps` are the header fields this connection knows when the document does not: warehouse
    and times. `ConnectorError` (rejected) lists every fault of the document.
    """
    given = _object(document.get("deliveryOrder"))
    header = {**profile.defaults.get("deliveryOrder", {}), **stamps, **_filled(given)}
    header["deliveryOrderCode"] = key
    lines = [
        {**profile.defaults.get("orderLine", {}), "ownerCode": owner, **_filled(_object(line))}
        for line in entries(document, "orderLines")
    ]
    request: dict[str, Any] = {"deliveryOrder": header, "orderLines": lines}
    if extras := _object(document.get("extendProps")):
        request["extendProps"] = dict(extras)
    faults = [*_faults(request, key, profile)]
    if faults:
        raise ConnectorError(Outcome.REJECTED, f"order {key} was not sent: " + "; ".join(faults))
    for line in lines:
        line["planQty"] = whole(line["planQty"])
    fitted: dict[str, Any] = _cut(request, profile)
    return fitted


def entries(document: Document, name: str) -> list[Any]:
    """Return the entries of a list of the document, none where it is missing or no list."""
    value = document.get(name)
    return list(value) if isinstance(value, list | tuple) else []


def whole(value: object) -> int | None:
    """Return a quantity as the whole number it is, None for anything else.

    Qimen's `planQty` is an integer; 1.5 pieces must not become 1.
    """
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else None


def differences(ours: Sequence[Any], theirs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return how the lines of two orders differ, nothing when they say the same.

    By line number and item; where either side has a line without a number, by item alone.
    """
    numbered = all(_object(line).get("orderLineNo") for line in (*ours, *theirs))
    wanted, held = _quantities(ours, numbered), _quantities(theirs, numbered)
    if wanted is None or held is None:
        return ["a line has no readable quantity"]
    return [
        f"{' '.join(filter(None, line))}: ours {wanted[line]}, theirs {held[line]}"
        for line in sorted(wanted.keys() | held.keys())
        if wanted[line] != held[line]
    ]


def told_in_our_lines(
    ours: Sequence[Any], theirs: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return the warehouse's lines so that they can be compared with ours one by one.

    Lines that say the same, however ordered, split or numbered, are told in ours.
    """
    if differences(ours, theirs):
        return list(theirs)
    shown = ("orderLineNo", "itemCode", "planQty")
    return [{name: line[name] for name in shown if name in line} for line in ours]


def _quantities(lines: Sequence[Any], numbered: bool) -> Counter[tuple[str, str]] | None:
    total: Counter[tuple[str, str]] = Counter()
    for line in map(_object, lines):
        quantity = whole(line.get("planQty"))
        if quantity is None:
            return None
        number = str(line.get("orderLineNo", "")) if numbered else ""
        total[number, str(line.get("itemCode", ""))] += quantity
    return total


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _filled(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value not in (None, "", {})}


# ---- checks ----------------------------------------------------------------------------------


def _faults(request: Mapping[str, Any], key: str, profile: Profile) -> Iterator[str]:
    if not _CODE.fullmatch(key):
        yield f"the code {key!r} must be 1 to 50 letters, digits and hyphens"
    header, lines = request["deliveryOrder"], request["orderLines"]
    yield from _missing(header, "deliveryOrder", "deliveryOrder", profile)
    for info in ("receiverInfo", "senderInfo"):
        if info in header:
            yield from _missing(_object(header[info]), f"deliveryOrder.{info}", info, profile)
    if not lines:
        yield "orderLines: an order needs at least one line"
    for number, line in enumerate(lines, 1):
        yield from _missing(line, f"orderLines[{number}]", "orderLine", profile)
        if line.get("planQty") is not None and not whole(line["planQty"]):
            yield (
                f"orderLines[{number}].planQty {line['planQty']} must be a whole number above 0:"
                " this protocol carries no fractions, change the unit in the mapping"
            )
    yield from _repeated(lines)
    yield from _too_long(request, profile, "")


def _missing(given: Mapping[str, Any], place: str, element: str, profile: Profile) -> Iterator[str]:
    for name in profile.required.get(element, ()):
        if given.get(name) in (None, "", {}):
            yield f"{place}.{name} is missing"


def _repeated(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    counted = Counter(str(line["orderLineNo"]) for line in lines if "orderLineNo" in line)
    for number, times in counted.items():
        if times > 1:
            yield f"orderLines: {times} lines have the number {number}"


def _too_long(value: Any, profile: Profile, place: str) -> Iterator[str]:
    for name, item in value.items():
        here = f"{place}.{name}".lstrip(".")
        if isinstance(item, Mapping):
            yield from _too_long(item, profile, here)
        elif isinstance(item, list):
            for number, entry in enumerate(item, 1):
                yield from _too_long(_object(entry), profile, f"{here}[{number}]")
        elif isinstance(item, str):
            yield from _length_fault(name, item, here, profile)


def _length_fault(name: str, text: str, place: str, profile: Profile) -> Iterator[str]:
    limit = profile.refuse.get(name)
    if limit is not None and len(text) > limit:
        yield f"{place} has {len(text)} characters, {limit} are allowed"
    mark = _MARK.search(text)
    limit = profile.cut.get(name)
    if limit is not None and mark and len(mark[0]) > limit:
        yield f"{place}: the watermark alone is longer than {limit} characters"


# ---- lengths ---------------------------------------------------------------------------------


def _cut(value: Any, profile: Profile, name: str = "") -> Any:
    match value:
        case Mapping():
            return {child: _cut(item, profile, child) for child, item in value.items()}
        case list():
            return [_cut(item, profile, name) for item in value]
        case str() if name in profile.cut:
            return _watermark_first(value)[: profile.cut[name]].rstrip()
        case _:
            return value


def _watermark_first(text: str) -> str:
    """Put the watermark first, so that no cut takes it, ours or the warehouse's."""
    mark = _MARK.search(text)
    if mark is None or mark.start() == 0:
        return text
    rest = (text[: mark.start()].strip(), text[mark.end() :].strip())
    return " ".join(filter(None, (mark[0], *rest)))
