"""Documents in the console: found, shown, handed out, copied and revoked by who may."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import annexed
import httpx
import pytest
from console_site import HOSTILE, Parsed, Site, csrf

from hub.documents.number import Number
from hub.store import tables as t

RECORD, OTHER = "CM-2026-000001", "CM-2026-000002"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("documents") / "hub")
    asyncio.run(site.fill())
    site.close()
    return site


@pytest.fixture
def site(filled: Site, tmp_path: Path) -> Iterator[Site]:
    copy = filled.copied(tmp_path / "hub")
    yield copy
    copy.close()


@pytest.fixture
def annex(site: Site) -> Number:
    """A document in force with two copies; that of the other record is superseded by it."""
    one: Number = site.flow.store.write_now(annexed.put, RECORD, recipients=("甲", HOSTILE))
    site.flow.store.write_now(annexed.put, OTHER, 2, state="superseded", superseded_by=one)
    return one


async def sent(
    browser: httpx.AsyncClient, annex: Number, form: str, **fields: str
) -> httpx.Response:
    """Send a form of a document's page."""
    page = (await browser.get(f"/documents/{annex}")).text
    return await browser.post(f"/documents/{annex}/{form}", data={"csrf": csrf(page), **fields})


async def text_of(browser: httpx.AsyncClient, path: str) -> str:
    answer = await browser.get(path, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return Parsed(answer.text).text


# ---- finding ---------------------------------------------------------------------------------


async def test_documents_are_listed_and_narrowed(site: Site, annex: Number) -> None:
    browser = await site.signed_in("zhao.min")
    whole = await text_of(browser, "/documents")
    assert str(annex) in whole
    assert str(annexed.number(2)) in whole
    narrowed = await text_of(browser, "/documents?state=superseded")
    assert (RECORD in narrowed, OTHER in narrowed) == (False, True)
    assert OTHER not in await text_of(browser, f"/documents?record={RECORD}")
    assert "No document is such." in await text_of(browser, "/documents?record=CM-0%00")


@pytest.mark.parametrize("typed", [str, lambda one: one.text.lower()], ids=["printed", "small"])
async def test_a_number_typed_into_the_search_leads_to_its_document(
    site: Site, annex: Number, typed: Any
) -> None:
    browser = await site.signed_in()
    answer = await browser.get("/find", params={"q": typed(annex)})
    assert answer.headers["location"] == f"/documents/{annex}"


async def test_the_story_of_a_record_leads_to_its_document(site: Site, annex: Number) -> None:
    browser = await site.signed_in()
    page = (await browser.get(f"/trace?number={RECORD}")).text
    assert f'href="/documents/{annex}"' in page
    assert "Document issued" in Parsed(page).text


@pytest.mark.parametrize(
    "path", ["nonsense", annexed.number(1).text[:-1] + "0", annexed.number(9).text, "%00"],
    ids=["no number", "mistyped", "unknown", "nul"],
)  # fmt: skip
async def test_what_is_no_document_is_not_found(site: Site, annex: Number, path: str) -> None:
    assert (await (await site.signed_in()).get(f"/documents/{path}")).status_code == 404


async def test_whoever_sees_only_their_own_sees_no_document_of_others(
    site: Site, annex: Number
) -> None:
    # the other record is 刘洋's
    browser = await site.signed_in("liu.yang")
    assert RECORD not in await text_of(browser, "/documents")
    assert (await browser.get(f"/documents/{annex}")).status_code == 404
    assert (await browser.get("/find", params={"q": str(annex)})).status_code == 404
    page = (await browser.get(f"/documents/{annexed.number(2)}")).text
    data = {"csrf": csrf(page), "recipient": "x", "reason": "x"}
    for form in ("personal", "copies/1/file", "reissue", "revoke"):
        answer = await browser.post(f"/documents/{annex}/{form}", data=data)
        assert answer.status_code == 404, form


# ---- one -------------------------------------------------------------------------------------


async def test_whose_copies_they_are_is_masked_until_shown_and_that_is_noted(
    site: Site, annex: Number
) -> None:
    browser = await site.signed_in()
    assert "甲" not in await text_of(browser, f"/documents/{annex}")
    shown = await sent(browser, annex, "personal")
    assert "甲" in Parsed(shown.text).text
    assert site.ledger("action.done")[-1].subject == annex.text
    # what is in a name acts nowhere
    assert "xss-mark" not in {tag for tag, _ in Parsed(shown.text).elements}


async def test_a_file_is_handed_out_as_it_was_issued_and_that_is_noted(
    site: Site, annex: Number
) -> None:
    browser = await site.signed_in()
    page = (await browser.get(f"/documents/{annex}")).text
    forms = [one["action"] for tag, one in Parsed(page).elements if tag == "form"]
    (place,) = [one for one in forms if one and one.endswith("/copies/2/file")]
    answer = await browser.post(place, data={"csrf": csrf(page)})
    assert answer.content == annexed.file_of(annex, 2)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    entry = site.ledger("action.done")[-1]
    assert (entry.facts["action"], entry.subject) == ("document.file", annex.text)


@pytest.mark.parametrize("copy", ["3", "0", "x", "²", "99999999999"])
async def test_a_copy_there_is_not_is_not_found(site: Site, annex: Number, copy: str) -> None:
    answer = await sent(await site.signed_in(), annex, f"copies/{copy}/file")
    assert answer.status_code == 404


async def test_a_viewer_is_offered_nothing_and_gets_nothing(site: Site, annex: Number) -> None:
    browser = await site.signed_in("zhao.min")
    page = (await browser.get(f"/documents/{annex}")).text
    forms = [one["action"] for tag, one in Parsed(page).elements if tag == "form" and one.get("method")]  # fmt: skip # noqa: E501
    assert forms == ["/logout"]
    for form in ("copies/1/file", "reissue", "revoke", "personal"):
        answer = await sent(browser, annex, form, recipient="x", reason="x")
        assert answer.status_code == 403, form


# ---- deciding --------------------------------------------------------------------------------


async def test_a_document_is_revoked_with_a_reason_and_the_page_says_so(
    site: Site, annex: Number
) -> None:
    browser = await site.signed_in("chen.jing")
    assert (await sent(browser, annex, "revoke", reason=" ")).status_code == 422
    answer = await sent(browser, annex, "revoke", reason="客户退单")
    assert answer.headers["location"] == f"/documents/{annex.text}?done=void"
    shown = await text_of(browser, answer.headers["location"])
    for wanted in ("The document is revoked", "客户退单", "revoked"):
        assert wanted in shown
    (entry,) = site.ledger("document.revoked")
    assert (entry.actor, entry.subject) == ("person:chen.jing", annex.text)
    again = await sent(browser, annex, "revoke", reason="x")
    assert "revoked before" in Parsed(again.text).text


async def test_an_operator_is_not_offered_to_revoke(site: Site, annex: Number) -> None:
    browser = await site.signed_in("li.na")
    page = (await browser.get(f"/documents/{annex}")).text
    assert ("/reissue" in page, "/revoke" in page) == (True, False)
    assert (await sent(browser, annex, "revoke", reason="x")).status_code == 403


async def test_a_form_without_the_proof_of_the_visit_does_nothing(
    site: Site, annex: Number
) -> None:
    browser = await site.signed_in("chen.jing")
    answer = await browser.post(f"/documents/{annex}/revoke", data={"reason": "x"})
    assert answer.status_code == 403
    assert site.ledger("document.revoked") == []


@pytest.mark.parametrize(
    ("recipient", "says"),
    [("", "not an empty one"), (" ", "not an empty one"), ("x" * 81, "at most 80"),
     ("a\0", "cannot be kept")],
    ids=["none", "blank", "long", "nul"],
)  # fmt: skip
async def test_a_copy_without_a_fitting_recipient_is_not_made(
    site: Site, annex: Number, recipient: str, says: str
) -> None:
    answer = await sent(await site.signed_in(), annex, "reissue", recipient=recipient)
    assert (answer.status_code, says in Parsed(answer.text).text) == (422, True)
    rows = site.flow.store.read_now(lambda tx: tx.execute(t.document_copy.select()).all())
    assert len(rows) == 3


async def test_a_superseded_document_names_the_one_in_force_and_gets_no_copies(
    site: Site, annex: Number
) -> None:
    browser, old = await site.signed_in(), annexed.number(2)
    page = (await browser.get(f"/documents/{old}")).text
    assert f'href="/documents/{annex}"' in page
    assert "/reissue" not in page
    refused = await sent(browser, old, "reissue", recipient="x")
    assert "copies are made of documents in force" in Parsed(refused.text).text


async def test_the_pages_speak_chinese(site: Site, annex: Number) -> None:
    browser = await site.signed_in()
    for path in ("/documents", f"/documents/{annex}"):
        shown = await text_of(browser, f"{path}?lang=zh")
        assert "文书" in shown
        assert "Document" not in shown.replace("English", "")
