"""Masking personal values before they leave: enough stays for a person to recognise them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping

from hub.language import say
from hub.mapping.faults import Stop

_STARS = "*"
#: Digits of a mobile number.
_MOBILE = 11
#: Characters of a hash: 64 bits, so that two persons of one company never share one.
_HASH = 16


def name(value: str) -> str:
    """Return the first character of each word: `李晓梅` is `李**`, `John Smith` is `J*** S****`.

    A word of one character is told from none, and gets a star as well. Of Chinese names only the
    first character stays, whatever blanks there are, and of digits after the first none.
    """
    first, *others = value.split(" ")
    shown = [first[:1] + _STARS * max(len(first) - 1, bool(first))]
    for word in others:
        latin = len(word) > 1 and word[0].isascii() and word[0].isalpha()
        shown.append(word[0] + _STARS * (len(word) - 1) if latin else _STARS * len(word))
    return " ".join(shown)


def phone(value: str) -> str:
    """Return the number with its middle digits hidden: `13812345678` is `138****5678`."""
    if len(value) >= _MOBILE and value.isascii() and value.isdigit():
        return f"{value[:3]}{_STARS * (len(value) - 7)}{value[-4:]}"
    digits = sum(map(str.isdigit, value))
    keep_left, keep_right = (3, 4) if digits >= _MOBILE else (0, min(4, digits // 2))
    return _hide_digits(value, digits, keep_left, keep_right)


def _hide_digits(value: str, digits: int, left: int, right: int) -> str:
    seen, shown = 0, []
    for character in value:
        if character.isdigit():
            seen += 1
            hidden = left < seen <= digits - right
        else:
            # a name beside the number
            hidden = character.isalnum()
        shown.append(_STARS if hidden else character)
    return "".join(shown)


def id_card(value: str) -> str:
    """Return the first three and last four characters: `110***********1234`."""
    return _ends(value, 3, 4)


def bank(value: str) -> str:
    """Return the last four characters of an account number."""
    return _ends(value, 0, 4)


def _ends(value: str, left: int, right: int) -> str:
    if len(value) < 2 * (left + right):
        # more would be shown than hidden
        return _STARS * len(value)
    return value[:left] + _STARS * (len(value) - left - right) + value[-right:]


def email(value: str) -> str:
    """Return the first character and the domain: `l***@example.com`."""
    local, at, domain = value.rpartition("@")
    return f"{local[:1]}***@{domain}" if at else _STARS * len(value)


def keyed_hash(value: str, key: bytes) -> str:
    """Return the start of HMAC-SHA256: the same person is the same text, nobody can look it up.

    Without the key of this hub anybody could try all telephone numbers.
    """
    if not key:
        raise Stop("E222", say("cannot be hashed: this hub has no key for it; run hub init"))
    return hmac.new(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:_HASH]


#: Word after `redact:` → what it leaves of a text; `hash` needs a key, `drop` leaves nothing.
MASKS: Mapping[str, Callable[[str], str]] = {
    "name": name,
    "phone": phone,
    "id_card": id_card,
    "email": email,
    "bank": bank,
}
REDACTIONS: tuple[str, ...] = (*MASKS, "hash", "drop")
