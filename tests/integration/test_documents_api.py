"""Documents over the API: lists, files, further copies, revocation, and who may do what."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import annexed
import pytest
import sqlalchemy as sa
from api_site import ALONE, ALSO_DEAD, DEAD, Prepared, Site, opened, prepare
from plant import PLAIN_ROUTE, shipped

from hub.documents.number import Number
from hub.flow.parts import Bundles
from hub.flow.press import Press
from hub.people import People, Person
from hub.store import tables as t

ROUTE = PLAIN_ROUTE.replace("require:", "document: commitment-annex\nrequire:")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(tmp_path_factory.mktemp("documents"))


@pytest.fixture
def site(prepared: Prepared, tmp_path: Path) -> Iterator[Site]:
    """A hub where the mapper is a reviewer too."""
    with opened(prepared, tmp_path) as site:
        reviewer = {"mapper": Person("mapper", "mapper", ("mapper", "reviewer"))}
        site.flow.people = People({**site.flow.people.persons, **reviewer})
        yield site


@pytest.fixture
def annex(site: Site) -> Number:
    """A document in force of what is not 王芳's, and one that is hers."""
    site.flow.store.write_now(annexed.put, ALSO_DEAD, 2)
    one: Number = site.flow.store.write_now(annexed.put, DEAD, recipients=("甲", "乙"))
    return one


# ---- lists -----------------------------------------------------------------------------------


async def test_documents_are_listed_page_by_page(site: Site, annex: Number) -> None:
    first = (await site.get("documents", params={"limit": 1})).json()
    assert [one["record_number"] for one in first["items"]] == [ALSO_DEAD]
    after = {"limit": 1, "cursor": first["next"]}
    second = (await site.get("documents", params=after)).json()
    assert ([one["number"] for one in second["items"]], second["next"]) == ([str(annex)], None)


@pytest.mark.parametrize(
    ("asked", "count"),
    [({"state": "issued"}, 2), ({"state": "revoked"}, 0), ({"record": DEAD}, 1)],
    ids=["issued", "revoked", "record"],
)  # fmt: skip
async def test_a_list_is_narrowed(
    site: Site, annex: Number, asked: dict[str, str], count: int
) -> None:
    assert len((await site.get("documents", params=asked)).json()["items"]) == count


async def test_drawn_is_no_state_to_ask_for(site: Site, annex: Number) -> None:
    answer = await site.get("documents", params={"state": "drawn"})
    assert answer.status_code == 422


async def test_whoever_sees_only_their_own_sees_only_their_documents(
    site: Site, annex: Number
) -> None:
    items = (await site.get("documents", "own")).json()["items"]
    assert [one["record_number"] for one in items] == [ALSO_DEAD]
    for path in (f"documents/{annex.text}", f"documents/{annex.text}/copies/1/file"):
        assert (await site.get(path, "own")).status_code == 404
    asked = {"recipient": "x", "reason": "x"}
    for verb, body in (("copies", "recipient"), ("revoke", "reason")):
        path = f"documents/{annex.text}/{verb}"
        assert (await site.post(path, {body: asked[body]}, "own")).status_code == 404


# ---- one -------------------------------------------------------------------------------------


async def test_whose_copies_they_are_is_masked_until_asked_for_and_noted(
    site: Site, annex: Number
) -> None:
    shown = (await site.get(f"documents/{annex}")).json()
    assert [one["recipient"] for one in shown["copies"]] == ["***", "***"]
    assert {one["step"] for one in shown["deliveries"]} >= {"erp"}
    whole = await site.get(f"documents/{annex}", params={"personal": "true"})
    assert [one["recipient"] for one in whole.json()["copies"]] == ["甲", "乙"]
    assert site.entries("action.done")[-1].subject == annex.text
    refused = await site.get(f"documents/{annex}", "viewer", params={"personal": "true"})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("given", "status"),
    [("nonsense", 422), (annexed.number(1).text[:-1] + "0", 422), (annexed.number(9).text, 404)],
    ids=["no number", "mistyped", "unknown"],
)  # fmt: skip
async def test_what_is_no_document_is_told(
    site: Site, annex: Number, given: str, status: int
) -> None:
    assert (await site.get(f"documents/{given}")).status_code == status


async def test_a_file_comes_as_it_was_issued_and_the_ledger_knows_who_took_it(
    site: Site, annex: Number
) -> None:
    answer = await site.get(f"documents/{annex}/copies/2/file")
    assert answer.content == annexed.file_of(annex, 2)
    assert answer.headers["content-type"] == "application/pdf"
    assert f'filename="{annex}-C2.pdf"' in answer.headers["content-disposition"]
    entry = site.entries("action.done")[-1]
    assert (entry.subject, entry.facts["action"]) == (annex.text, "document.file")
    assert (await site.get(f"documents/{annex}/copies/3/file")).status_code == 404


async def test_a_viewer_gets_no_file(site: Site, annex: Number) -> None:
    assert (await site.get(f"documents/{annex}/copies/1/file", "viewer")).status_code == 403


async def test_the_story_of_a_record_has_its_documents(site: Site, annex: Number) -> None:
    (record,) = (await site.get(f"trace/{DEAD}")).json()["records"]
    assert [one["number"] for one in record["documents"]] == [str(annex)]


# ---- revoking --------------------------------------------------------------------------------


async def test_a_reviewer_revokes_once_and_the_story_tells_it(site: Site, annex: Number) -> None:
    path = f"documents/{annex.text}/revoke"
    assert (await site.post(path, {"reason": "x"}, "ops")).status_code == 403
    done = await site.post(path, {"reason": "Cancelled by the customer"}, "mapper")
    assert done.json() == {"number": str(annex), "state": "revoked"}
    again = await site.post(path, {"reason": "Twice"}, "mapper")
    assert again.status_code == 409
    assert again.json()["faults"][0]["code"] == "E_DOC_REVOKED"
    (entry,) = site.entries("document.revoked")
    assert (entry.subject, entry.actor) == (annex.text, "person:mapper")
    # a person's words are in the row, not in the ledger for ever
    assert "customer" not in str(entry.facts)


async def test_one_copy_alone_is_not_revoked(site: Site, annex: Number) -> None:
    answer = await site.post(f"documents/{annex}-C1/revoke", {"reason": "x"}, "mapper")
    assert answer.status_code == 422
    assert site.entries("document.revoked") == []


async def test_a_revocation_without_a_reason_is_refused(site: Site, annex: Number) -> None:
    assert (await site.post(f"documents/{annex}/revoke", {}, "mapper")).status_code == 422


async def test_no_copy_is_made_of_what_is_not_in_force(site: Site, annex: Number) -> None:
    await site.post(f"documents/{annex}/revoke", {"reason": "x"}, "mapper")
    answer = await site.post(f"documents/{annex}/copies", {"recipient": "丙"})
    assert answer.status_code == 409
    assert answer.json()["faults"][0]["code"] == "E_DOC_NOT_IN_FORCE"
    assert len(site.rows(t.document_copy)) == 3


@pytest.mark.parametrize("recipient", ["", " ", "x" * 81, "a\0b"], ids=["none", "blank", "long",
                                                                        "nul"])  # fmt: skip
async def test_a_recipient_is_a_name_of_some_length(
    site: Site, annex: Number, recipient: str
) -> None:
    answer = await site.post(f"documents/{annex}/copies", {"recipient": recipient})
    assert answer.status_code == 422


@pytest.mark.parametrize("person", ["viewer", "mapper"])
async def test_only_an_operator_makes_copies(site: Site, annex: Number, person: str) -> None:
    for path, body in ((f"documents/{annex}/copies", {"recipient": "x"}),
                       ("documents", {"number": DEAD})):  # fmt: skip
        assert (await site.post(path, body, person)).status_code == 403


# ---- issuing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "status"),
    [({"number": "CM-0"}, 404), ({"number": DEAD, "kind": "invoice"}, 404),
     ({"number": DEAD, "connection": "erp"}, 404), ({"number": DEAD, "revision": 0}, 422),
     ({"number": DEAD, "revisoin": 1}, 422), ({}, 422)],
    ids=["record", "kind", "connection", "revision", "word", "nothing"],
)  # fmt: skip
async def test_a_wrong_request_for_a_document_is_told(
    site: Site, asked: dict[str, Any], status: int
) -> None:
    assert (await site.post("documents", asked)).status_code == status


async def test_a_record_that_is_out_of_sight_gets_no_document(site: Site) -> None:
    assert (await site.post("documents", {"number": DEAD}, "own")).status_code == 404


async def test_what_was_issued_before_is_returned_as_it_is(site: Site, annex: Number) -> None:
    answer = (await site.post("documents", {"number": DEAD})).json()
    assert (answer["number"], answer["copy_number"], answer["fresh"]) == (
        str(annex), annex.with_copy(1), False,
    )  # fmt: skip


@pytest.fixture
async def issuing(site: Site, tmp_path: Path) -> AsyncIterator[Site]:
    """A hub whose route has a document; its records were planned without one."""
    assert site.flow.settings is not None
    (tmp_path / "hub.key").write_text("k" * 64)
    settings = site.flow.settings.model_copy(update={"keys": tmp_path / "hub.key"})
    site.flow.settings = settings
    site.flow.bundles = Bundles(shipped(ROUTE))
    site.flow.press = Press(settings, site.flow.metrics, site.clock)
    site.rebuild()
    yield site
    await site.flow.close_tools()


async def test_one_key_is_one_copy_however_late_it_comes_again(issuing: Site) -> None:
    site, headers = issuing, {"idempotency-key": "k-1"}
    body = {"number": DEAD, "recipient": "丙"}
    first = await site.post("documents", body, headers=headers)
    assert first.status_code == 200, first.text
    assert (first.json()["fresh"], first.json()["copy_number"][-2:]) == (True, "C2")
    # the answer that was kept is forgotten after a day
    site.change(sa.delete(t.idempotency))
    again = (await site.post("documents", body, headers=headers)).json()
    assert (again["fresh"], again["copy_number"]) == (False, first.json()["copy_number"])
    assert len(site.rows(t.document_copy)) == 2


async def test_a_dry_run_says_that_it_could_be_issued(issuing: Site) -> None:
    answer = (await issuing.post("documents", {"number": DEAD, "dry_run": True})).json()
    assert (answer["number"], answer["revision"]) == (None, 1)
    assert issuing.rows(t.document) == []


async def test_what_no_route_takes_yet_gets_no_document_and_that_is_told(issuing: Site) -> None:
    answer = await issuing.post("documents", {"number": ALONE})
    assert answer.status_code == 409
    assert answer.json()["faults"][0]["code"] == "E_DOC_NO_ROUTE"


async def test_a_further_copy_is_made_and_its_file_is_genuine(issuing: Site) -> None:
    site = issuing
    number = (await site.post("documents", {"number": DEAD})).json()["number"]
    made = await site.post(f"documents/{number}/copies", {"recipient": "丁"})
    assert made.json()["role"] == "reissue", made.text
    content = (await site.get(f"documents/{number}/copies/2/file")).content
    headers = {"content-type": "application/pdf"}
    told = (await site.post("documents/verify", content=content, headers=headers)).json()
    assert (told["verdict"], told["number"], told["copy"]) == ("genuine", number, 2)
    changed = await site.post("documents/verify", content=content + b" ", headers=headers)
    assert changed.json()["verdict"] == "altered"


# ---- checking --------------------------------------------------------------------------------


async def test_whoever_may_not_see_a_record_learns_by_its_number_what_anybody_does(
    issuing: Site, annex: Number
) -> None:
    body = {"given": str(annex)}
    whole = (await issuing.post("documents/verify", body, "viewer")).json()
    assert (whole["record"], whole["state"]) == (DEAD, "issued")
    own = (await issuing.post("documents/verify", body, "own")).json()
    assert (own["record"], own["recipient"], own["state"]) == (None, None, "issued")


async def test_a_file_may_be_larger_than_other_bodies(issuing: Site) -> None:
    issuing.rebuild(body_limit=1000)
    answer = await issuing.post("documents/verify", content=b"x" * 5000)
    assert answer.json()["verdict"] == "unreadable"
    assert answer.json()["words"]["zh"]
    too_large = await issuing.post("documents", {"number": "x" * 5000})
    assert too_large.status_code == 413


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [(b"{", "application/json", 400), (b"[]", "application/json", 422),
     (b"{}", "application/json", 422), (b'{"given": 1}', "application/json", 422),
     (b"--x--", "multipart/form-data; boundary=x", 400)],
    ids=["no JSON", "a list", "nothing", "a number", "a form"],
)  # fmt: skip
async def test_a_wrong_request_for_a_check_is_told(
    site: Site, body: bytes, kind: str, status: int
) -> None:
    answer = await site.post("documents/verify", content=body, headers={"content-type": kind})
    assert answer.status_code == status
