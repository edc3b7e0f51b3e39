"""What all canonical records share: frozen models, canonical JSON, a hash, upcasting."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

import rfc8785
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

#: Turns the stored document of one version into that of the next.
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


#: First of the halves of characters that UTF-16 is made of above it; none stands in a text.
_SURROGATES, _HALVES = "\ud800", re.compile("[\ud800-\udfff]")
#: JSON without spaces, its keys in the order of code points.
_sorted_json = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False
).encode


def plain(value: Decimal) -> str:
    """Return plain notation without trailing zeros: `12.50` is `12.5`, `1E+3` is `1000`."""
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def canonical(value: Any) -> bytes:
    """Return RFC 8785 JSON in which decimals are plain-notation strings and instants are UTC.

    `Decimal("12")`, `Decimal("12.0")` and `Decimal("12.00")` give the same bytes.
    """
    plain_value = _jsonable(value)
    text = _sorted_json(plain_value)
    # RFC 8785 orders keys by UTF-16, which below the surrogates is the order of code points; and
    # there are no floats here. The standard library is then four times as fast. Values may hold
    # what they like, such as the full-width comma, which stands above.
    if text.isascii() or (not _HALVES.search(text) and _keys_are_low(plain_value)):
        return text.encode()
    return rfc8785.dumps(plain_value)


def _keys_are_low(value: Any) -> bool:
    """Say whether all names are below the surrogates."""
    if isinstance(value, dict):
        low = all(name.isascii() or max(name) < _SURROGATES for name in value)
        return low and all(map(_keys_are_low, value.values()))
    return not isinstance(value, list) or all(map(_keys_are_low, value))


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _jsonable(value: Any) -> Any:
    match value:
        case None | bool() | str():
            return value
        case int():
            # RFC 8785 numbers are doubles; a larger whole number stays exact as text
            return value if abs(value) < 2**53 else str(value)
        case Decimal():
            return plain(value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Mapping():
            return {str(name): _jsonable(item) for name, item in value.items()}
        case list() | tuple():
            return [_jsonable(item) for item in value]
        case BaseModel():
            return _jsonable(value.model_dump())
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical JSON form")


def _exact(value: object) -> object:
    if isinstance(value, float):
        raise ValueError("a float is not exact; give the number as text or Decimal")
    if isinstance(value, bool):
        raise ValueError("a boolean is not a number")
    return value


def _bounded(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("must be a finite number")
    exponent = value.as_tuple().exponent
    if abs(value.adjusted()) > 30 or (isinstance(exponent, int) and exponent < -30):
        raise ValueError("has more than 30 places")
    return value


def _clean(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not hold the NUL character")
    return unicodedata.normalize("NFC", value)


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("needs a time zone; map it with `zone:`")
    return value.astimezone(UTC)


#: An exact number; floats are refused.
Number = Annotated[Decimal, BeforeValidator(_exact), AfterValidator(_bounded)]
#: Text without NUL, in Unicode normal form C, so that equal names are equal bytes.
Text = Annotated[str, AfterValidator(_clean)]
#: An id or number a person can quote: 1 to 100 characters.
Code = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_clean)]
#: An instant in UTC.
Instant = Annotated[datetime, AfterValidator(_aware)]

#: Codes of ISO 4217 that are in use, and CNH as banks quote it.
CURRENCIES = frozenset(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP "
    "BYN BZD CAD CDF CHF CLP CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP "
    "GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS "
    "KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR "
    "MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF "
    "SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD "
    "TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG".split()
)


def _currency(value: str) -> str:
    if value not in CURRENCIES:
        raise ValueError(f"{value!r} is no ISO 4217 currency code, such as CNY or USD")
    return value


#: ISO 4217 code.
Currency = Annotated[str, AfterValidator(_currency)]


class Part(BaseModel):
    """A part of a record: frozen, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Record(Part):
    """A canonical record: one fact of business, in the hub's own words.

    Its key is (kind, owning connection, `number`); the hub invents none.
    """

    #: Name of the kind, as mappings and routes write it.
    kind_name: ClassVar[str]
    version: ClassVar[int] = 1
    #: Version → what turns a document of that version into the next.
    upcasters: ClassVar[Mapping[int, Upcaster]] = {}
    #: Fields that do not count as content: they may grow within one revision.
    outside_content: ClassVar[frozenset[str]] = frozenset({"revision", "modified_at"})
    #: Fields that hold personal data: path → kind of data.
    personal: ClassVar[Mapping[str, str]] = {}

    number: Code
    #: Revision as the source counts it; None when the source has none and the hub counts.
    revision: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    #: When the source last changed it.
    modified_at: Instant | None = None
    #: Legal entity, where one source serves several.
    company: Code | None = None

    @property
    def owner(self) -> str | None:
        """Return whose it is, as the source names the salesperson; None where it does not."""
        return None

    def content(self) -> dict[str, Any]:
        """Return what makes one revision differ from another."""
        return self.model_dump(exclude=set(self.outside_content))

    def content_hash(self) -> str:
        """Return the hash of the content; approvals and time stamps do not change it."""
        return digest(self.content())

    @classmethod
    def name_at_version(cls) -> str:
        """Return `kind@version`, as it is stored beside each document."""
        return f"{cls.kind_name}@{cls.version}"

    @classmethod
    def read(cls, document: Mapping[str, Any], version: int) -> Self:
        """Return the record of a stored document, upcast to the current version."""
        raw = dict(document)
        while version < cls.version:
            raw = cls.upcasters[version](raw)
            version += 1
        return cls.model_validate(raw)
