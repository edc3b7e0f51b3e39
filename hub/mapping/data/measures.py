"""Amounts with what they are amounts of: money with its currency, quantities with their unit.

In documents they are objects, `{amount, currency}` and `{amount, unit}`; in expressions they
calculate, and never across two currencies or units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from hub.language import say
from hub.mapping.data.values import bounded, decimal, is_object, single, source_text
from hub.mapping.faults import Stop
from hub.records import CURRENCIES

#: Places of a currency's smallest unit where they are not 2 (ISO 4217, table A.1).
_MINOR_UNITS: Mapping[str, int] = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """An amount of something."""

    amount: Decimal
    #: Code of the currency or unit.
    of: str
    #: `currency` or `unit`: the name it has in documents.
    name: str

    def plain(self) -> dict[str, Any]:
        """Return it as it stands in a document."""
        return {"amount": self.amount, self.name: self.of}

    def with_amount(self, amount: Decimal) -> Measure:
        """Return another amount of the same."""
        return Measure(amount, self.of, self.name)


def measure(value: Any) -> Measure | None:
    """Return the measure an object stands for; None where it is none."""
    if not is_object(value) or len(value) != 2 or "amount" not in value:
        return None
    name = next(key for key in value if key != "amount")
    of = value[name]
    if name not in {"currency", "unit"} or not isinstance(of, str):
        return None
    return Measure(decimal(value["amount"]), of, name)


def number_or_measure(value: Any) -> Decimal | Measure:
    """Return an operand of a calculation."""
    if type(value) is str:
        return decimal(value)
    if type(value) is Decimal or isinstance(value, Measure):
        return value
    found = measure(value)
    return decimal(value) if found is None else found


def plain_result(value: Any) -> Any:
    """Return what an expression gives as plain data, missing for null."""
    if type(value) is Decimal:
        return bounded(value)
    if isinstance(value, Measure):
        return value.with_amount(Decimal(bounded(value.amount))).plain()
    found = measure(value) if is_object(value) else None
    if found is None:
        return single(value)
    if found.name == "currency":
        currency(found.of)
    return found.plain()


#: A calculation with two exact numbers.
Compute: TypeAlias = Callable[[Decimal, Decimal], Decimal]
Operand: TypeAlias = "Decimal | Measure"


def calculated(sign: str, compute: Compute, one: Operand, other: Operand) -> Operand:
    """Return what a calculation gives; currencies and units must make sense in it."""
    if not isinstance(one, Measure) and not isinstance(other, Measure):
        return compute(one, other)
    if sign in {"+", "-"} or (isinstance(other, Measure) and sign == "/"):
        left, right = amounts(one, other)
        result = compute(left, right)
        kind = one if isinstance(one, Measure) else other
        return kind.with_amount(result) if sign != "/" and isinstance(kind, Measure) else result
    if isinstance(one, Measure) and not isinstance(other, Measure):
        return one.with_amount(compute(one.amount, other))
    if isinstance(other, Measure) and not isinstance(one, Measure):
        return other.with_amount(compute(one, other.amount))
    raise Stop("E216", say("multiplies {one} by {other}", one=_told(one), other=_told(other)))


def amounts(one: Operand, other: Operand) -> tuple[Decimal, Decimal]:
    """Return the numbers of two operands of the same currency or unit, or of none."""
    if isinstance(one, Measure) and isinstance(other, Measure):
        if (one.name, one.of) == (other.name, other.of):
            return one.amount, other.amount
    elif not isinstance(one, Measure) and not isinstance(other, Measure):
        return one, other
    elif amount_of(one) == 0 and not isinstance(one, Measure):
        # nothing of anything: a sum over no items, and what money is compared with
        return one, amount_of(other)
    elif amount_of(other) == 0 and not isinstance(other, Measure):
        return amount_of(one), other
    text = say("mixes {one} and {other}", one=_told(one), other=_told(other))
    raise Stop("E216", text)


def amount_of(value: Operand) -> Decimal:
    """Return the number in it."""
    return value.amount if isinstance(value, Measure) else value


def each_amount(value: Operand, change: Callable[[Decimal], Decimal]) -> Operand:
    """Return the operand with its number changed."""
    return value.with_amount(change(value.amount)) if isinstance(value, Measure) else change(value)


def _told(value: Operand) -> str:
    return value.of if isinstance(value, Measure) else say("a plain number")


def currency(value: Any) -> str:
    """Return the currency a value names."""
    code = source_text(value)
    if code in CURRENCIES:
        return code
    raise Stop("E221", say("is no ISO 4217 currency code, such as CNY or USD"))


def places_of(code: str) -> int:
    """Return the places of a currency's smallest unit."""
    return _MINOR_UNITS.get(code, 2)
