"""The watermark number: `HX-2611-4837-2059-1864-10`.

Letters of the company, year and month, twelve random digits, two check digits (ISO 7064 MOD 97-10,
reckoned as for an IBAN). Random, so that it cannot be guessed; digits after the letters, so that it
can be said by telephone in any language and typed on a keypad. A copy stands behind: `…-10/C2`.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from hub.errors import ConfigError, HubError
from hub.language import say

if TYPE_CHECKING:
    from hub.settings import Settings

#: Random digits of a number.
_RANDOM = 12
#: A longer text is no number, whatever stands in it.
_LONGEST = 100
#: What people write, and programs put, between the groups: spaces and hyphens, seen and unseen.
_HYPHENS = r"\u00ad\u2010-\u2015\u2043\u2212-"
_GAP = rf"[\s\u200b-\u200f\u2060\ufeff{_HYPHENS}]"
_GAPS = re.compile(rf"{_GAP}+(?=[0-9])")
_TYPED = re.compile(
    rf"([A-Z]{{2,4}})(\d{{16}})(\d{{2}})(?:{_GAP}*/?{_GAP}*C([1-9]\d{{0,4}}))?",
    re.ASCII | re.IGNORECASE,
)
#: A number as it stands in a longer text.
_WITHIN = re.compile(
    rf"(?<![A-Z0-9])[A-Z]{{2,4}}(?:[{_HYPHENS}]?\d{{4}}){{4}}[{_HYPHENS}]?\d{{2}}(?!\d)", re.ASCII
)


class BadNumber(HubError):
    """This is no watermark number. `code` is `shape`, or `check` where it was mistyped."""

    def __init__(self, code: Literal["shape", "check"], message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, order=True)
class Number:
    """A number in its canonical form, letters and 18 digits, as `draw` and `parse` make it."""

    text: str

    def __str__(self) -> str:
        """Return it as it is printed, in groups."""
        digits = self.text[len(self.prefix) :]
        groups = (digits[:4], digits[4:8], digits[8:12], digits[12:16], digits[16:])
        return "-".join((self.prefix, *groups))

    @property
    def prefix(self) -> str:
        """Return the letters of the company."""
        return self.text[:-18]

    def with_copy(self, copy: int) -> str:
        """Return the number of a copy, as it is printed."""
        return f"{self}/C{copy}"


def prefix_of(settings: Settings) -> str:
    """Return the letters numbers begin with; `ConfigError` where there are none that fit."""
    if settings.documents.prefix is not None:
        return settings.documents.prefix
    if re.fullmatch(r"[A-Z]{2,4}", settings.tenant):
        return settings.tenant
    raise ConfigError(
        say(
            "Watermark numbers begin with 2 to 4 letters, which the tenant {tenant} is not. Write "
            "documents: {{prefix: HX}} into hub.yaml, with letters of yours.",
            tenant=settings.tenant,
        )
    )


def draw(prefix: str, at: datetime, zone: ZoneInfo) -> Number:
    """Return a random number of the month; whoever stores it sees to it that it is the only one."""
    month = at.astimezone(zone).strftime("%y%m")
    digits = f"{month}{secrets.randbelow(10**_RANDOM):0{_RANDOM}}"
    return Number(f"{prefix}{digits}{check_digits(prefix, digits)}")


def parse(text: str) -> tuple[Number, int | None]:
    """Return the number somebody typed, and the copy behind it.

    Hyphens, spaces, small letters and full-width characters do not matter. Raises `BadNumber`.
    """
    plain = unicodedata.normalize("NFKC", text).strip() if len(text) <= _LONGEST else ""
    found = _TYPED.fullmatch(_GAPS.sub("", plain))
    if found is None:
        raise BadNumber(
            "shape",
            say(
                "{text} is no watermark number. It is 2 to 4 letters and 18 digits, such as "
                "HX-2611-4837-2059-1864-10.",
                text=repr(text[:40]),
            ),
        )
    prefix, digits, check, copy = found[1].upper(), found[2], found[3], found[4]
    if check_digits(prefix, digits) != check:
        raise BadNumber(
            "check",
            say(
                "The check digits of {text} do not fit: a digit was mistyped. Compare it with the "
                "paper.",
                text=repr(text[:40]),
            ),
        )
    return Number(f"{prefix}{digits}{check}"), int(copy) if copy else None


def numbers_in(text: str) -> list[Number]:
    """Return the different numbers that stand in a longer text, in their order."""
    plain = unicodedata.normalize("NFKC", text)
    found = (Number(re.sub(f"[{_HYPHENS}]", "", one)) for one in _WITHIN.findall(plain))
    return list(dict.fromkeys(one for one in found if _fits(one)))


def check_digits(prefix: str, digits: str) -> str:
    """Return what makes the whole, letters as 10 to 35, leave 1 when divided by 97."""
    letters = "".join(str(ord(one) - ord("A") + 10) for one in prefix)
    return f"{98 - int(f'{letters}{digits}00') % 97:02}"


def _fits(one: Number) -> bool:
    return check_digits(one.prefix, one.text[-18:-2]) == one.text[-2:]
