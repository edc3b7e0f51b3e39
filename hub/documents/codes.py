"""What the QR codes of an annex say: a short code on every page, an offline seal on the last.

    short   HTTPS://HOST/V/HX261148372059186410/C1P2.<16 characters>      level H
    seal    HTTPS://HOST/S/<base32 of 52 bytes and an Ed25519 signature>  level Q

In capitals a code stays in the alphanumeric mode, which makes it smaller; only an address without a
path may be written so. Behind one of 24 characters the short code is a QR code of version 6-H, 41
modules wide, and the seal one of 10-Q, 57 wide (with a path 6-H and 11-Q, 61 wide). Without a
public address `ACCORD:` stands in its place.

The short code proves, to the hub, that the page is one of a registered copy; the seal proves to
anybody with the public key who issued what.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias
from urllib.parse import urlsplit

from hub.documents import extra
from hub.documents.keys import DocumentKey, DocumentKeys
from hub.documents.number import BadNumber, Number, check_digits, parse
from hub.errors import HubError
from hub.language import say
from hub.settings import Settings

#: What codes begin with where the hub has no public address.
OFFLINE = "ACCORD:"
#: Amounts are kept in ten-thousandths.
_STEP = Decimal("0.0001")
#: What a seal has room for, above and below nothing.
LARGEST_AMOUNT = Decimal(2**63 - 1) * _STEP
#: What stands in the place of the amount where there is none.
_NO_AMOUNT = -(2**63)
_FORMAT = 1
#: Format, key, number, revision (3 bytes), copy, issued at, content, recipient, lines, amount.
_SEALED = struct.Struct(">B2s10s3sHI16s4sHq")
_SIGNATURE = 64
_SHORT = re.compile(
    r"V/([A-Z]{2,4}\d{18})/C([1-9]\d{0,4})P([1-9]\d{0,3})\.([A-Z2-7]{16})", re.ASCII | re.IGNORECASE
)
_SEAL = re.compile(r"S/([A-Z2-7]{100,400})", re.ASCII | re.IGNORECASE)


class SealInvalid(HubError):
    """The seal is none of ours, or it was changed."""

    def __init__(self) -> None:
        super().__init__(say("The seal is none of ours, or it was changed."))


@dataclass(frozen=True, slots=True)
class ShortCode:
    """A short code as it was read; whether its token fits is not yet known."""

    number: Number
    copy: int
    page: int
    token: str


@dataclass(frozen=True, slots=True)
class SealText:
    """A seal as it was read, not yet verified."""

    text: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """A code that is none of ours; it is shown, never followed."""

    text: str


Code: TypeAlias = ShortCode | SealText | Foreign


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a seal says."""

    number: Number
    revision: int
    copy: int
    issued_at: datetime
    #: First 16 bytes of the content's SHA-256, in hex.
    content: str
    #: First 4 bytes of the SHA-256 of the recipient, in hex.
    recipient: str
    lines: int
    #: What the promise is worth, as `sealed_amount` gives it; None: the document does not say.
    amount: Decimal | None


def base_of(settings: Settings) -> str | None:
    """Return what codes begin with; None without a public address."""
    address = settings.check_address
    return None if address is None else _base(address)


def bases_of(settings: Settings) -> tuple[str | None, ...]:
    """Return what codes begin with, now and before."""
    return (base_of(settings), *map(_base, settings.documents.old_addresses))


def _base(address: str) -> str:
    # a host may be written in capitals, a path may not
    return address if urlsplit(address).path or not address.isascii() else address.upper()


# ---- short codes -----------------------------------------------------------------------------


def short_code(
    key: DocumentKey, tenant: str, number: Number, revision: int, copy: int, page: int,
    content_sha256: str, base: str | None,
) -> str:  # fmt: skip
    """Return the code of one page of a copy."""
    token = _token(key, tenant, number, revision, copy, page, content_sha256)
    return f"{_start(base)}V/{number.text}/C{copy}P{page}.{token}"


def token_fits(
    key: DocumentKey, code: ShortCode, tenant: str, revision: int, content_sha256: str
) -> bool:
    """Say whether a code was made with this key for this document."""
    own = _token(key, tenant, code.number, revision, code.copy, code.page, content_sha256)
    return hmac.compare_digest(own, code.token)


def _token(
    key: DocumentKey, tenant: str, number: Number, revision: int, copy: int, page: int,
    content_sha256: str,
) -> str:  # fmt: skip
    parts = ("accord-hub/v1", key.kid, tenant, number.text, revision, copy, page, content_sha256)
    said = "|".join(map(str, parts)).encode()
    return base64.b32encode(hmac.digest(key.mac, said, "sha256")[:10]).decode()


def _start(base: str | None) -> str:
    return OFFLINE if base is None else f"{base}/"


# ---- seals -----------------------------------------------------------------------------------


def recipient_hash(recipient: str) -> str:
    """Return what a seal keeps of a recipient."""
    return hashlib.sha256(recipient.encode()).hexdigest()[:8]


def sealed_amount(amount: Decimal) -> Decimal:
    """Return an amount as a seal says it, with four decimals; `ValueError` beyond its room."""
    if not amount.is_finite() or abs(amount) > LARGEST_AMOUNT:
        raise ValueError("an amount is larger than a seal can say")
    return amount.quantize(_STEP, ROUND_HALF_UP)


def seal_code(key: DocumentKey, sealed: Sealed, base: str | None) -> str:
    """Return the seal of a copy; `ValueError` where it has no room for a value."""
    payload = _packed(key, sealed)
    return f"{_start(base)}S/{_text(payload + key.seal.sign(payload))}"


def open_seal(keys: DocumentKeys, seal: SealText) -> Sealed:
    """Return what a seal says; `SealInvalid` where none of our keys made it."""
    for key in keys.by_hint(_raw(seal)[1:3]):
        try:
            return open_with(key.public_key, seal)
        except SealInvalid:
            continue
    raise SealInvalid


def open_with(public_key: bytes, seal: SealText) -> Sealed:
    """Return what a seal says; `SealInvalid` where its signature is not of this key's."""
    ed25519 = extra.require("cryptography.hazmat.primitives.asymmetric.ed25519")
    invalid = extra.require("cryptography.exceptions").InvalidSignature
    raw = _raw(seal)
    payload, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public_key).verify(signature, payload)
    except invalid:
        raise SealInvalid from None
    return _unpacked(payload)


def _text(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=")


def _raw(seal: SealText) -> bytes:
    try:
        raw = base64.b32decode(seal.text + "=" * (-len(seal.text) % 8))
    except ValueError:
        raise SealInvalid from None
    # the last character has bits to spare: only one of its spellings counts
    if len(raw) != _SEALED.size + _SIGNATURE or raw[0] != _FORMAT or _text(raw) != seal.text:
        raise SealInvalid
    return raw


def _packed(key: DocumentKey, sealed: Sealed) -> bytes:
    amount = _NO_AMOUNT
    if sealed.amount is not None:
        amount = int(sealed_amount(sealed.amount) / _STEP)
    if sealed.issued_at.tzinfo is None:
        raise ValueError("issued_at has no time zone")
    try:
        return _SEALED.pack(
            _FORMAT, key.hint, _number_bytes(sealed.number), sealed.revision.to_bytes(3, "big"),
            sealed.copy, int(sealed.issued_at.timestamp()), _bytes(sealed.content, 16),
            _bytes(sealed.recipient, 4), sealed.lines, amount,
        )  # fmt: skip
    except (struct.error, OverflowError) as error:
        raise ValueError(f"a seal has no room for this: {error}") from None


def _bytes(hexadecimal: str, length: int) -> bytes:
    """Return bytes of exactly this length: packing would cut longer ones without a word."""
    raw = bytes.fromhex(hexadecimal)
    if len(raw) != length:
        raise ValueError(f"a seal keeps {length} bytes of a hash, not {len(raw)}")
    return raw


def _unpacked(payload: bytes) -> Sealed:
    (_, _, number, revision, copy, issued_at, content, recipient, lines, amount) = _SEALED.unpack(
        payload
    )
    return Sealed(
        _number_of(number), int.from_bytes(revision, "big"), copy,
        datetime.fromtimestamp(issued_at, UTC), content.hex(), recipient.hex(), lines,
        None if amount == _NO_AMOUNT else amount * _STEP,
    )  # fmt: skip


def _number_bytes(number: Number) -> bytes:
    """Return letters and the digits before the check digits as one whole number."""
    letters = 0
    for letter in number.prefix:
        letters = letters * 27 + ord(letter) - ord("A") + 1
    return (letters * 10**16 + int(number.text[-18:-2])).to_bytes(10, "big")


def _number_of(packed: bytes) -> Number:
    letters, digits = divmod(int.from_bytes(packed, "big"), 10**16)
    prefix = ""
    while letters:
        letters, last = divmod(letters, 27)
        prefix = chr(ord("A") + last - 1) + prefix
    try:
        return parse(f"{prefix}{digits:016}{check_digits(prefix, f'{digits:016}')}")[0]
    except BadNumber:
        raise SealInvalid from None


# ---- reading ---------------------------------------------------------------------------------


def read_code(text: str, base: str | None) -> Code:
    """Return what the text of a code is; one that points to another host is foreign."""
    said = text.strip()
    for start in (_start(base), OFFLINE):
        # not `upper()`, which makes SS of ß and so another host ours
        found = re.match(re.escape(start), said, re.ASCII | re.IGNORECASE)
        if found:
            return _ours(said[found.end() :]) or Foreign(text)
    return Foreign(text)


def _ours(rest: str) -> Code | None:
    if seal := _SEAL.fullmatch(rest):
        return SealText(seal[1].upper())
    short = _SHORT.fullmatch(rest)
    if short is None:
        return None
    try:
        number, _ = parse(short[1])
    except BadNumber:
        return None
    return ShortCode(number, int(short[2]), int(short[3]), short[4].upper())


# ---- pictures --------------------------------------------------------------------------------


def qr_svg(text: str, level: str) -> str:
    """Return a QR code as SVG without a margin; level L, M, Q or H."""
    zxing = extra.require("zxingcpp")
    made = zxing.create_barcode(text, zxing.BarcodeFormat.QRCode, ec_level=level)
    return str(made.to_svg(scale=1, add_quiet_zones=False))
