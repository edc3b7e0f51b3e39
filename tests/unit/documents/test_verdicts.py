"""What a look at paper or file proves: never more than it can."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import papers
import pytest

from hub.documents.codes import (
    Sealed,
    bases_of,
    recipient_hash,
    seal_code,
    short_code,
)
from hub.documents.keys import DocumentKeys
from hub.documents.number import Number
from hub.documents.reading import Seen, SeenCode
from hub.documents.register import BoundFile, Registered, RegisteredCopy
from hub.documents.verdict import Check, Judge, Reason, Verdict
from hub.records.base import canonical

SETTINGS = papers.settings()
KEYS = DocumentKeys.load(SETTINGS)
CONTENT = papers.content()
ENCODED = canonical(CONTENT)
SHA = hashlib.sha256(ENCODED).hexdigest()
PDF = "d" * 64
AT = datetime(2026, 11, 21, 8, 31, tzinfo=UTC)
NUMBER = papers.NUMBER
OTHER = Number("HX261100000000000127")
(BASE,) = bases_of(SETTINGS)


def registered(**changes: Any) -> Registered:
    copy = RegisteredCopy(1, "customer", "苏州恒远", PDF, 1000, 2, KEYS.current.kid, AT)
    whole = Registered(NUMBER, "commitment", "CM-1", 2, "issued", SHA, CONTENT, AT, (copy,))
    return replace(whole, **changes)


@dataclass
class Memory:
    """A register in memory."""

    documents: Sequence[Registered] = field(default_factory=lambda: [registered()])
    files: Sequence[BoundFile] = ()

    def by_number(self, number: Number) -> Registered | None:
        return next((one for one in self.documents if one.number == number), None)

    def by_pdf(self, sha256: str) -> tuple[Registered, RegisteredCopy] | None:
        found = ((one, copy) for one in self.documents for copy in one.copies)
        return next((pair for pair in found if pair[1].pdf_sha256 == sha256), None)

    def bound(self, sha256: str) -> BoundFile | None:
        return next((one for one in self.files if one.sha256 == sha256), None)


def judge(*documents: Registered, files: Sequence[BoundFile] = ()) -> Judge:
    return Judge(Memory(documents or [registered()], files), KEYS, "HX", (BASE,))


def code(page: int = 1, copy: int = 1, number: Number = NUMBER, sha: str = SHA) -> str:
    return short_code(KEYS.current, "HX", number, 2, copy, page, sha, BASE)


def seal(**changes: Any) -> str:
    sealed = Sealed(NUMBER, 2, 1, AT, SHA[:32], recipient_hash("苏州恒远"), 2, None)
    return seal_code(KEYS.current, replace(sealed, **changes), BASE)


def forged() -> str:
    whole = seal()
    return f"{whole[:-1]}{'A' if whole[-1] != 'A' else 'B'}"


def seen(*texts: str, **changes: Any) -> Seen:
    codes = tuple(SeenCode(1, text) for text in texts)
    return Seen(
        **{"kind": "image", "sha256": "f" * 64, "size": 1, "pages": None, "attachment": None,
           "codes": codes, "numbers": (), "has_text": False, "repaired": False, **changes}
    )  # fmt: skip


def pdf(*texts: str, **changes: Any) -> Seen:
    return seen(*texts, **{"kind": "pdf", "pages": 2, "has_text": True, **changes})


def outcome(check: Check) -> tuple[Verdict, tuple[Reason, ...]]:
    return check.verdict, check.reasons


# ---- the file --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "verdict", "reasons"),
    [
        ({}, Verdict.GENUINE, ()),
        ({"state": "superseded", "superseded_by": OTHER}, Verdict.GENUINE_SUPERSEDED, ()),
        ({"state": "revoked"}, Verdict.GENUINE_REVOKED, ()),
        ({"content": None}, Verdict.GENUINE, (Reason.ERASED,)),
        ({"unsound": ("content",)}, Verdict.CONFLICT, (Reason.UNSOUND,)),
    ],
    ids=["in force", "superseded", "revoked", "erased", "the ledger disagrees"],
)
def test_the_file_that_was_issued_is_genuine_and_its_state_is_told(
    changes: dict[str, Any], verdict: Verdict, reasons: tuple[Reason, ...]
) -> None:
    check = judge(registered(**changes)).by_hash(PDF)
    assert check is not None
    assert outcome(check) == (verdict, reasons)
    assert check.opens


def test_a_bound_file_is_told_as_bound_not_as_genuine() -> None:
    file = BoundFile("e" * 64, "合同.pdf", 12, 1000, "crm", "contract", "HT-1", AT)
    check = judge(files=[file]).by_hash("e" * 64)
    assert check is not None
    assert (check.verdict, check.bound) == (Verdict.BOUND, file)


@pytest.mark.parametrize(
    ("looked_at", "reasons"),
    [
        (pdf(code(), code(2), attachment=ENCODED), (Reason.NOT_THE_FILE,)),
        (pdf(attachment=ENCODED), (Reason.NOT_THE_FILE,)),
        (pdf(attachment=ENCODED.replace(b"1200", b"1300")),
         (Reason.NOT_THE_FILE, Reason.CONTENT)),
        (pdf(code(sha="0" * 64)), (Reason.NOT_THE_FILE, Reason.TOKEN)),
        (pdf(code(copy=7)), (Reason.NOT_THE_FILE, Reason.TOKEN)),
        (pdf(seal(content="0" * 32)), (Reason.NOT_THE_FILE, Reason.SEAL_DIFFERS)),
        (pdf(numbers=(NUMBER,)), (Reason.NOT_THE_FILE,)),
        (pdf(numbers=(OTHER,)), (Reason.NOT_THE_FILE, Reason.NOT_REGISTERED)),
    ],
    ids=["saved anew", "its attachment only", "attachment changed", "token of another content",
         "no such copy", "seal of another content", "its number only", "a made-up number"],
)  # fmt: skip
def test_a_file_that_names_us_and_is_not_what_was_issued_is_altered(
    looked_at: Seen, reasons: tuple[Reason, ...]
) -> None:
    check = judge().seen(looked_at, "f" * 64)
    assert outcome(check) == (Verdict.ALTERED, reasons)


def test_a_genuine_code_on_another_document_is_altered() -> None:
    check = judge().seen(pdf(code(), attachment=b"%PDF other"), "f" * 64)
    assert check.verdict is Verdict.ALTERED


def test_only_who_has_a_fitting_code_sees_what_stands_in_it() -> None:
    assert judge().seen(pdf(code()), "f" * 64).opens
    assert not judge().seen(pdf(numbers=(NUMBER,)), "f" * 64).opens
    assert not judge().seen(pdf(attachment=ENCODED), "f" * 64).opens
    assert not judge().seen(pdf(code(sha="0" * 64)), "f" * 64).opens
    assert not judge().number(str(NUMBER)).opens
    assert not judge().number(NUMBER.with_copy(9)).opens


@pytest.mark.parametrize("scan", [False, True], ids=["with text", "a scan"])
@pytest.mark.parametrize(
    "texts",
    [(code(sha="0" * 64), forged()), (code(), code(sha="0" * 64)), (code(copy=7), code()),
     (code(sha="0" * 64), seal())],
    ids=["made-up code, forged seal", "a genuine code beside a made-up one",
         "a genuine code beside that of no copy", "a genuine seal beside a made-up code"],
)  # fmt: skip
def test_a_made_up_code_opens_nothing_whatever_else_is_beside_it(
    texts: tuple[str, ...], scan: bool
) -> None:
    check = judge().seen(pdf(*texts, has_text=not scan), "f" * 64)
    assert not check.opens
    assert check.verdict in (Verdict.ALTERED, Verdict.CONFLICT)


@pytest.mark.parametrize(
    "attachment",
    [b"", b"{", b"[]", b'"x"', b'{"schema": "other/1"}', b'{"schema": "accord-hub/annex/1"}',
     b"[" * 100_000, "\ud800".encode("utf-8", "surrogatepass")],
)  # fmt: skip
def test_an_attachment_that_is_no_content_of_ours_names_nobody(attachment: bytes) -> None:
    assert judge().seen(pdf(attachment=attachment), "f" * 64).verdict is Verdict.UNKNOWN


# ---- paper -----------------------------------------------------------------------------------


def test_a_photo_is_never_called_genuine() -> None:
    check = judge().seen(seen(code(2)), "f" * 64)
    assert outcome(check) == (Verdict.RECORD_ONLY, ())
    assert (check.number, check.copy, check.page, check.given) == (NUMBER, 1, 2, "image")


def test_a_scan_saved_as_pdf_is_judged_as_paper() -> None:
    check = judge().seen(pdf(code(), has_text=False), "f" * 64)
    assert (check.verdict, check.given) == (Verdict.RECORD_ONLY, "file")


def test_the_last_page_with_code_and_seal_is_one_document() -> None:
    check = judge().seen(seen(code(2), seal()), "f" * 64)
    assert (check.verdict, check.number, check.page) == (Verdict.RECORD_ONLY, NUMBER, 2)


@pytest.mark.parametrize(
    ("texts", "verdict", "reasons"),
    [
        ([code(sha="0" * 64)], Verdict.ALTERED, (Reason.TOKEN,)),
        ([code(page=3)], Verdict.ALTERED, (Reason.TOKEN,)),
        ([code(copy=2)], Verdict.ALTERED, (Reason.TOKEN, Reason.NO_SUCH_COPY)),
        ([seal(revision=1)], Verdict.ALTERED, (Reason.SEAL_DIFFERS,)),
        ([seal(recipient=recipient_hash("某某"))], Verdict.ALTERED, (Reason.SEAL_DIFFERS,)),
        ([forged()], Verdict.ALTERED, (Reason.SEAL,)),
        ([code(), code(number=OTHER)], Verdict.CONFLICT, (Reason.SEVERAL,)),
        ([code(), seal(copy=2)], Verdict.CONFLICT, (Reason.SEVERAL,)),
        ([code(number=OTHER)], Verdict.UNKNOWN, (Reason.NOT_REGISTERED,)),
        ([seal(number=OTHER)], Verdict.CONFLICT, (Reason.NOT_REGISTERED,)),
        (["https://evil.example/v/x"], Verdict.UNKNOWN, (Reason.FOREIGN_CODE,)),
        ([code(), "https://evil.example"], Verdict.RECORD_ONLY, (Reason.FOREIGN_CODE,)),
        ([], Verdict.UNREADABLE, (Reason.NO_CODE,)),
    ],
    ids=["token of another content", "a page it does not have", "a copy it does not have",
         "seal of another revision", "seal for somebody else", "seal changed",
         "codes of two documents", "code and seal of two copies",
         "unknown number", "seal of ours, not registered",
         "somebody else's code", "ours beside somebody else's", "no code"],
)  # fmt: skip
def test_codes_on_paper_are_held_against_the_register(
    texts: list[str], verdict: Verdict, reasons: tuple[Reason, ...]
) -> None:
    assert outcome(judge().seen(seen(*texts), "f" * 64)) == (verdict, reasons)


def test_a_seal_fits_also_once_the_recipient_was_erased() -> None:
    erased = replace(registered().copies[0], recipient="")
    check = judge(registered(content=None, copies=(erased,))).code(seal())
    assert outcome(check) == (Verdict.RECORD_ONLY, (Reason.ERASED,))


def test_a_code_with_our_token_that_leads_to_another_host_is_foreign() -> None:
    fake = code().replace("HUB.EXAMPLE.COM", "HUB.EXAMPLE.C0M")
    assert judge().code(fake).verdict is Verdict.UNKNOWN


def test_papers_with_an_address_of_before_still_verify() -> None:
    moved = Judge(Memory(), KEYS, "HX", ("HTTPS://NEW.EXAMPLE", BASE))
    assert moved.code(code()).verdict is Verdict.RECORD_ONLY


# ---- number ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (str(NUMBER), Verdict.RECORD_ONLY),
        (str(NUMBER).lower().replace("-", " "), Verdict.RECORD_ONLY),
        (NUMBER.with_copy(1), Verdict.RECORD_ONLY),
        (NUMBER.with_copy(9), Verdict.UNKNOWN),
        (str(OTHER), Verdict.UNKNOWN),
        (str(NUMBER)[:-1] + "1", Verdict.BAD_CHECK_DIGIT),
        ("what is this", Verdict.UNKNOWN),
        ("", Verdict.UNKNOWN),
    ],
    ids=["as printed", "as typed", "with its copy", "with no such copy", "nobody's", "mistyped",
         "no number", "nothing"],
)  # fmt: skip
def test_a_number_alone_proves_that_a_record_exists_and_no_more(
    text: str, verdict: Verdict
) -> None:
    check = judge().number(text)
    assert (check.verdict, check.given) == (verdict, "number")


def test_a_register_that_was_tampered_with_is_said_also_by_number() -> None:
    check = judge(registered(unsound=("state",))).number(str(NUMBER))
    assert outcome(check) == (Verdict.CONFLICT, (Reason.UNSOUND,))
