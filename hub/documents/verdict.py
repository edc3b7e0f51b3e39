"""What a look at a number, a code, a file or a picture proves, and what it does not.

given                    genuine needs                otherwise
file                     its hash in the register     altered where it names one of ours
photo, scan              cannot be                    record_only: compare it line by line
number, code by itself   cannot be                    record_only
"""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hub.documents.codes import (
    Code,
    Foreign,
    Sealed,
    SealInvalid,
    SealText,
    ShortCode,
    open_seal,
    read_code,
    recipient_hash,
    token_fits,
)
from hub.documents.content import SCHEMA
from hub.documents.keys import DocumentKeys
from hub.documents.number import BadNumber, Number, parse
from hub.documents.reading.seen import Seen
from hub.documents.register import BoundFile, Register, Registered

Given: TypeAlias = Literal["number", "code", "seal", "file", "image"]


class Verdict(enum.StrEnum):
    """The result kinds of a check."""

    #: The very file that was issued, byte for byte, and still in force.
    GENUINE = "genuine"
    #: The very file that was issued; a newer one took its place.
    GENUINE_SUPERSEDED = "genuine_superseded"
    #: The very file that was issued; it was revoked.
    GENUINE_REVOKED = "genuine_revoked"
    #: A record of it exists; what stands on the paper has to be compared by whoever holds it.
    RECORD_ONLY = "record_only"
    #: A file from outside that is bound to a record by its hash, byte for byte.
    BOUND = "bound"
    #: It carries a number or code of ours, and is not what was issued.
    ALTERED = "altered"
    #: Nothing of ours is known by it.
    UNKNOWN = "unknown"
    #: The number was mistyped.
    BAD_CHECK_DIGIT = "bad_check_digit"
    #: Nothing could be read from it.
    UNREADABLE = "unreadable"
    #: Its codes disagree with each other, or the register with the ledger.
    CONFLICT = "conflict"


class Reason(enum.StrEnum):
    """Why a verdict is what it is, where that says more."""

    #: The token of a code does not fit what is registered.
    TOKEN = "token"  # noqa: S105 (a code of ours, no secret)
    #: The signature of a seal is none of ours.
    SEAL = "seal"
    #: What a seal says is not what is registered.
    SEAL_DIFFERS = "seal_differs"
    #: The content attached to the file is not the registered one.
    CONTENT = "content"
    #: The file is not the one that was issued: saved anew, or changed.
    NOT_THE_FILE = "not_the_file"
    #: Codes name different documents.
    SEVERAL = "several"
    #: A code names a number that nobody issued here.
    NOT_REGISTERED = "not_registered"
    #: There is no such copy.
    NO_SUCH_COPY = "no_such_copy"
    #: A code of somebody else is in it; it was not followed.
    FOREIGN_CODE = "foreign_code"
    #: No code could be read.
    NO_CODE = "no_code"
    #: The row of the document does not agree with the ledger.
    UNSOUND = "unsound"
    #: What stood in it was erased.
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Check:
    """What a look at something proves."""

    given: Given
    verdict: Verdict
    number: Number | None = None
    #: Copy it names; None where it names none.
    copy: int | None = None
    #: Page a code is for.
    page: int | None = None
    registered: Registered | None = None
    bound: BoundFile | None = None
    reasons: tuple[Reason, ...] = ()
    #: Whoever has this also has a code or the file itself, and may see what stands in it.
    opens: bool = False
    #: Hash of the file; None where none was given.
    sha256: str | None = None
    #: Code of what kept a file from being read.
    unread: str | None = None
    #: The same as a sentence.
    words: str = ""
    #: What the asker may quote.
    serial: str = ""


@dataclass(slots=True)
class _Claims:
    """What a file or picture says it is."""

    codes: list[ShortCode] = field(default_factory=list)
    seals: list[Sealed] = field(default_factory=list)
    #: Seals whose signature is none of ours.
    forged: int = 0
    foreign: int = 0
    #: Number of an attached content, and its hash.
    attached: tuple[Number, str] | None = None

    @property
    def numbers(self) -> list[Number]:
        """Return the different numbers named by codes, seals and attachment."""
        named = [*(one.number for one in self.codes), *(one.number for one in self.seals)]
        return list(dict.fromkeys([*named, *([self.attached[0]] if self.attached else [])]))

    @property
    def copies(self) -> list[int]:
        """Return the different copies codes and seals name."""
        named = [*(one.copy for one in self.codes), *(one.copy for one in self.seals)]
        return list(dict.fromkeys(named))


@dataclass(frozen=True, slots=True)
class Judge:
    """Says what something proves, by the register and the keys of this hub."""

    register: Register
    keys: DocumentKeys
    tenant: str
    #: What codes of this hub begin with, now and before.
    bases: tuple[str | None, ...]

    # -- by number and code

    def number(self, text: str) -> Check:
        """Judge a number somebody typed."""
        try:
            number, copy = parse(text)
        except BadNumber as error:
            mistyped = error.code == "check"
            return Check("number", Verdict.BAD_CHECK_DIGIT if mistyped else Verdict.UNKNOWN)
        registered = self.register.by_number(number)
        if registered is None:
            return Check("number", Verdict.UNKNOWN, number, copy,
                         reasons=(Reason.NOT_REGISTERED,))  # fmt: skip
        if copy is not None and registered.copy(copy) is None:
            return Check("number", Verdict.UNKNOWN, number, copy, registered=registered,
                         reasons=(Reason.NO_SUCH_COPY,))  # fmt: skip
        return self._record("number", registered, copy, None, ())

    def code(self, text: str) -> Check:
        """Judge the text of one code, as a scanner gives it."""
        claims = self._claims([text])
        given: Given = "seal" if claims.seals or claims.forged else "code"
        return self._paper(given, claims, None)

    # -- by file

    def by_hash(self, sha256: str) -> Check | None:
        """Judge a file by its hash alone; None where it is not known."""
        found = self.register.by_pdf(sha256)
        if found is not None:
            registered, copy = found
            verdict = {
                "issued": Verdict.GENUINE, "superseded": Verdict.GENUINE_SUPERSEDED,
                "revoked": Verdict.GENUINE_REVOKED,
            }[registered.state]  # fmt: skip
            reasons: tuple[Reason, ...] = ()
            if registered.content is None:
                reasons = (Reason.ERASED,)
            if registered.unsound:
                verdict, reasons = Verdict.CONFLICT, (Reason.UNSOUND,)
            return Check("file", verdict, registered.number, copy.copy, None, registered,
                         reasons=reasons, opens=True, sha256=sha256)  # fmt: skip
        bound = self.register.bound(sha256)
        return Check("file", Verdict.BOUND, bound=bound, sha256=sha256) if bound else None

    def seen(self, seen: Seen, sha256: str) -> Check:
        """Judge a file whose hash is not known, by what it shows."""
        claims = self._claims([one.text for one in seen.codes])
        claims.attached = _attached(seen.attachment)
        if not claims.numbers and seen.numbers and not claims.forged:
            claims.attached = (seen.numbers[0], "")
        digital = seen.kind == "pdf" and (claims.attached is not None or seen.has_text)
        if digital:
            return self._changed(claims, sha256)
        given: Given = "image" if seen.kind == "image" else "file"
        return self._paper(given, claims, sha256)

    def _changed(self, claims: _Claims, sha256: str) -> Check:
        """Judge a file that is none of those that were issued."""
        foreign = (Reason.FOREIGN_CODE,) if claims.foreign else ()
        if not claims.numbers and not claims.forged:
            return Check("file", Verdict.UNKNOWN, reasons=foreign, sha256=sha256)
        if len(claims.numbers) > 1:
            return Check("file", Verdict.CONFLICT, reasons=(Reason.SEVERAL, *foreign),
                         sha256=sha256)  # fmt: skip
        number = claims.numbers[0] if claims.numbers else None
        registered = self.register.by_number(number) if number else None
        reasons = [Reason.NOT_THE_FILE, *self._faults(claims, registered), *foreign]
        copy = claims.copies[0] if len(claims.copies) == 1 else None
        opens = registered is not None and bool(claims.codes) and Reason.TOKEN not in reasons
        return Check("file", Verdict.ALTERED, number, copy, None, registered,
                     reasons=tuple(reasons), opens=opens, sha256=sha256)  # fmt: skip

    def _faults(self, claims: _Claims, registered: Registered | None) -> list[Reason]:
        faults = [Reason.SEAL] if claims.forged else []
        if registered is None:
            return faults or [Reason.NOT_REGISTERED]
        if claims.attached and claims.attached[1] not in ("", registered.content_sha256):
            faults.append(Reason.CONTENT)
        if any(not self._fits(one, registered) for one in claims.codes):
            faults.append(Reason.TOKEN)
        if any(not _agrees(one, registered) for one in claims.seals):
            faults.append(Reason.SEAL_DIFFERS)
        return faults

    # -- by what stands on paper

    def _paper(self, given: Given, claims: _Claims, sha256: str | None) -> Check:
        """Judge what carries codes and no bytes of ours: a picture, a scan, a code by itself."""
        foreign = (Reason.FOREIGN_CODE,) if claims.foreign else ()
        if claims.forged:
            return Check(given, Verdict.ALTERED, reasons=(Reason.SEAL, *foreign), sha256=sha256)
        if not claims.numbers:
            verdict = Verdict.UNKNOWN if claims.foreign else Verdict.UNREADABLE
            return Check(given, verdict, reasons=foreign or (Reason.NO_CODE,), sha256=sha256)
        if len(claims.numbers) > 1 or len(claims.copies) > 1:
            return Check(given, Verdict.CONFLICT, reasons=(Reason.SEVERAL, *foreign),
                         sha256=sha256)  # fmt: skip
        (number,) = claims.numbers
        copy = claims.copies[0] if claims.copies else None
        registered = self.register.by_number(number)
        if registered is None:
            # a seal of ours for what nobody registered means that the register lost something
            verdict = Verdict.CONFLICT if claims.seals else Verdict.UNKNOWN
            return Check(given, verdict, number, copy,
                         reasons=(Reason.NOT_REGISTERED, *foreign), sha256=sha256)  # fmt: skip
        faults = self._faults(claims, registered)
        if copy is not None and registered.copy(copy) is None:
            faults.append(Reason.NO_SUCH_COPY)
        if faults:
            return Check(given, Verdict.ALTERED, number, copy, None, registered,
                         reasons=(*faults, *foreign), sha256=sha256)  # fmt: skip
        page = claims.codes[0].page if len(claims.codes) == 1 else None
        return self._record(given, registered, copy, page, foreign, sha256)

    def _record(
        self, given: Given, registered: Registered, copy: int | None, page: int | None,
        foreign: tuple[Reason, ...], sha256: str | None = None,
    ) -> Check:  # fmt: skip
        verdict, reasons = Verdict.RECORD_ONLY, foreign
        if registered.content is None:
            reasons = (*reasons, Reason.ERASED)
        if registered.unsound:
            verdict, reasons = Verdict.CONFLICT, (Reason.UNSOUND, *reasons)
        return Check(given, verdict, registered.number, copy, page, registered,
                     reasons=reasons, opens=given != "number", sha256=sha256)  # fmt: skip

    # -- claims

    def _claims(self, texts: Sequence[str]) -> _Claims:
        claims = _Claims()
        for text in texts:
            match self._read(text):
                case ShortCode() as code:
                    claims.codes.append(code)
                case SealText() as seal:
                    self._take_seal(claims, seal)
                case Foreign():
                    claims.foreign += 1
        return claims

    def _read(self, text: str) -> Code:
        read = (read_code(text, base) for base in self.bases)
        return next((one for one in read if not isinstance(one, Foreign)), Foreign(text))

    def _take_seal(self, claims: _Claims, seal: SealText) -> None:
        try:
            claims.seals.append(open_seal(self.keys, seal))
        except SealInvalid:
            claims.forged += 1

    def _fits(self, code: ShortCode, registered: Registered) -> bool:
        copy = registered.copy(code.copy)
        key = self.keys.get(copy.kid) if copy else None
        return (
            copy is not None
            and key is not None
            and code.page <= copy.pages
            and token_fits(key, code, self.tenant, registered.revision, registered.content_sha256)
        )


def _agrees(sealed: Sealed, registered: Registered) -> bool:
    """Say whether a seal tells of the registered content, and of whose copy it is."""
    copy = registered.copy(sealed.copy)
    # empty once erased
    recipient = copy.recipient if copy else ""
    return (
        sealed.revision == registered.revision
        # with it lines, amount and moment, which stand in the content
        and registered.content_sha256.startswith(sealed.content)
        and (not recipient or sealed.recipient == recipient_hash(recipient))
    )


def _attached(attachment: bytes | None) -> tuple[Number, str] | None:
    """Return number and hash of a content of ours; None where the attachment is none."""
    if attachment is None:
        return None
    try:
        content = json.loads(attachment)
        if not isinstance(content, dict) or content.get("schema") != SCHEMA:
            return None
        number, _ = parse(str(content.get("number")))
    except (ValueError, RecursionError, BadNumber):
        return None
    return number, hashlib.sha256(attachment).hexdigest()
