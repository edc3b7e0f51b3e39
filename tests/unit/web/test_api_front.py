"""What every call of the API passes first: token, rates, size, language, shape of errors."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import structlog
from api_site import Site

import hub
from hub.chinese import CHINESE
from hub.people import People
from hub.store import tables as t
from hub.web import app as web_app
from hub.web.api import problems
from hub.web.api.limits import Buckets

PACKAGE = Path(hub.__file__).parent
SAYING = [
    *sorted((PACKAGE / "web" / "api").glob("*.py")),
    PACKAGE / "service" / "bulk.py",
    PACKAGE / "service" / "versions.py",
]
ADDRESSES = ("me", "deliveries", "ledger", "openapi.json", "no/such/place")


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Return status and kind of a problem, after a look at its shape."""
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(told) == {"type", "title", "status", "detail", "sentences", "faults"}
    assert told["status"] == answer.status_code
    assert told["detail"] == told["sentences"][answer.headers["content-language"]]
    return answer.status_code, told["type"].rpartition("#")[2]


# ---- who may call ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": f"Bearer acc_{'x' * 40}"},
        {"authorization": "Basic b3BzOm9wcw=="},
        {"authorization": "Bearer \u00e9".encode()},
        {"authorization": "Bearer acc_ and more"},
    ],
    ids=["none", "empty", "unknown", "basic", "not-ascii", "garbage"],
)
async def test_nothing_is_shown_without_a_valid_token(site: Site, headers: Any, path: str) -> None:
    answer = await site.get(path, None, headers=headers)
    assert problem(answer) == (401, "not-signed-in")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_revoked_meanwhile_ends_at_once(site: Site) -> None:
    assert (await site.get("me")).status_code == 200
    site.change(sa.update(t.token).values(revoked_at=site.clock.now()))
    assert problem(await site.get("me")) == (401, "not-signed-in")


@pytest.mark.parametrize("path", ADDRESSES)
async def test_without_people_it_is_off_whatever_token_is_shown(site: Site, path: str) -> None:
    site.flow.people = People()
    answer = await site.get(path)
    assert problem(answer) == (403, "no-people")
    assert "people.yaml" in answer.json()["detail"]


async def test_a_person_without_any_role_sees_nothing(site: Site) -> None:
    assert problem(await site.get("deliveries", "nobody")) == (403, "not-allowed")


async def test_a_viewer_sees_and_decides_nothing(site: Site) -> None:
    one = site.dead()[0]
    assert (await site.get(f"deliveries/{one}", "viewer")).status_code == 200
    for path, body in (
        (f"deliveries/{one}/retry", {}),
        (f"deliveries/{one}/skip", {"reason": "r"}),
        (f"deliveries/{one}/cancel", {"reason": "r"}),
        ("deliveries/bulk", {"decision": "retry", "ids": [one], "preview": True}),
        ("connections/wms/pause", {}),
        ("connections/wms/resume", None),
        ("links", {"connection": "erp", "kind": "item", "handle": "a", "external_id": "b"}),
        (f"messages/{site.delivery(one).message_id}/replay", None),
    ):
        assert problem(await site.post(path, body, "viewer")) == (403, "not-allowed"), path
    assert site.delivery(one).state == "dead"


async def test_a_token_is_in_no_log_and_no_answer(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [await site.get(path) for path in ADDRESSES]
    answers.append(await site.get("me", None, headers={"authorization": "Bearer acc_secretive"}))
    shown = "".join(answer.text for answer in answers) + "".join(capsys.readouterr())
    assert site.tokens["ops"] not in shown
    assert "acc_secretive" not in shown


# ---- rates -----------------------------------------------------------------------------------


async def test_a_token_has_so_many_calls_a_minute_and_others_do_not_pay_for_it(
    site: Site,
) -> None:
    site.rebuild(api_rate=3)
    assert [(await site.get("me")).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = await site.get("me")
    assert problem(refused) == (429, "too-many")
    assert refused.headers["retry-after"] == "20"
    assert (await site.get("me", "viewer")).status_code == 200
    site.clock.advance(timedelta(seconds=20))
    assert (await site.get("me")).status_code == 200


async def test_who_guesses_tokens_is_stopped_and_known_tokens_go_on(site: Site) -> None:
    assert (await site.get("me")).status_code == 200
    guesses = [await site.get("me", f"acc_{number}") for number in range(25)]
    assert [one.status_code for one in guesses] == [401] * 20 + [429] * 5
    assert (await site.get("me")).status_code == 200
    site.clock.advance(timedelta(seconds=3))
    assert (await site.get("me", "acc_again")).status_code == 401


def test_a_bucket_is_never_fuller_than_full() -> None:
    buckets = Buckets(2)
    assert [buckets.take("a", 3600.0) for _ in range(3)] == [0, 0, 30]
    assert buckets.take("a", 3600.0 * 5) == 0
    assert [buckets.take("a", 3600.0 * 5) for _ in range(2)] == [0, 30]


def test_buckets_take_no_more_memory_with_every_name() -> None:
    buckets = Buckets(1)
    for number in range(10_050):
        buckets.take(str(number), 0.0)
    assert len(buckets._left) == 10_000


# ---- what is sent ----------------------------------------------------------------------------


async def test_a_body_that_is_too_large_is_refused_before_it_is_read_on(site: Site) -> None:
    site.rebuild(body_limit=1000)
    body = {"document": {"text": "x" * 1000}}
    path = f"deliveries/{site.dead()[0]}/edit"
    assert problem(await site.post(path, body)) == (413, "too-large")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"\xff\xfe", 400),
        (b"[]", 422),
        (b'"text"', 422),
        (b'{"reason": NaN}', 400),
        (b"[" * 100_000, 400),
        (b'{"reason": "\\ud800"}', 422),
        (b'{"reason": "a\\u0000b"}', 422),
        (b'{"reason": 1}', 422),
        (b'{"reason": ""}', 422),
        (b'{"reason": "r", "extra": 1}', 422),
        (b'{"reason": ' + b"9" * 5000 + b"}", 400),
    ],
    ids=str,
)
async def test_a_body_that_is_wrong_in_any_way_changes_nothing(
    site: Site, body: bytes, status: int
) -> None:
    one = site.dead()[0]
    answer = await site.post(
        f"deliveries/{one}/cancel", content=body, headers={"content-type": "application/json"}
    )
    assert problem(answer)[0] == status
    assert site.delivery(one).state == "dead"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "no/such/place", (404, "not-found")),
        ("GET", "", (404, "not-found")),
        ("GET", "deliveries/", (404, "not-found")),
        ("GET", f"deliveries/{'0' * 32}", (404, "not-found")),
        ("GET", "trace/NO-SUCH", (404, "not-found")),
        ("POST", "connections/nowhere/pause", (404, "not-found")),
        ("DELETE", "deliveries", (405, "wrong-method")),
        ("PUT", "me", (405, "wrong-method")),
        ("GET", "connections/wms/pause", (405, "wrong-method")),
    ],
)
async def test_every_refusal_has_the_same_shape(
    site: Site, method: str, path: str, expected: tuple[int, str]
) -> None:
    body = {"json": {}} if method == "POST" else {}
    assert problem(await site.call(method, path, **body)) == expected


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en", "en"),
        ("", "en"),
        ("fr", "en"),
        ("en;q=0.2, zh;q=0.5", "zh"),
        ("zh;q=high", "en"),
        ("zh;q=0", "en"),
    ],
)
async def test_a_problem_is_told_in_the_language_that_is_asked_for(
    site: Site, asked: str, language: str
) -> None:
    answer = await site.get("no/such/place", headers={"accept-language": asked})
    assert answer.headers["content-language"] == language
    assert ("此地址不存在" in answer.json()["detail"]) == (language == "zh")


async def test_a_failure_of_ours_tells_nothing_of_its_inside_and_is_logged(site: Site) -> None:
    site.change(sa.text("UPDATE message SET received_at = 'secret-word'"))
    with structlog.testing.capture_logs() as logged:
        answer = await site.get("messages")
    assert problem(answer) == (500, "failed")
    assert "secret-word" not in answer.text
    assert [one["event"] for one in logged] == ["api.failed"]


async def test_a_store_that_is_away_is_said_to_be_so(site: Site) -> None:
    site.change(sa.text("ALTER TABLE delivery RENAME TO gone"))
    answer = await site.get("deliveries")
    assert problem(answer) == (503, "store-away")
    assert answer.headers["retry-after"] == "5"
    assert "gone" not in answer.text


# ---- where it is served ----------------------------------------------------------------------


async def test_the_daemon_serves_it_below_api_v1(site: Site) -> None:
    transport = httpx.ASGITransport(web_app.build(site.flow, 1000))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        headers = {"authorization": f"Bearer {site.tokens['ops']}"}
        assert (await client.get("/api/v1/me", headers=headers)).json()["person"] == "ops"
        assert problem(await client.get("/api/v2/me", headers=headers))[0] == 404
        assert (await client.get("/healthz")).status_code == 200


def test_the_web_application_is_made_without_the_libraries_of_the_api() -> None:
    program = "import sys, hub.web.app, hub.cli.app; print('fastapi' in sys.modules)"
    asked = [sys.executable, "-c", program]
    done = subprocess.run(asked, check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


def test_every_kind_of_problem_is_explained_in_the_guide() -> None:
    guide = (PACKAGE.parent / "docs" / "how-to" / "api.md").read_text("utf-8")
    assert [slug for slug in problems.KINDS if f"\n### {slug}\n" not in guide] == []


@pytest.mark.parametrize("path", SAYING, ids=lambda path: path.name)
def test_every_sentence_has_its_chinese(path: Path) -> None:
    calls = (node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call))
    said = [
        call.args[0].value  # type: ignore[attr-defined]
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "say"
    ]
    assert [template for template in said if template not in CHINESE] == []


async def test_the_description_is_whole(site: Site) -> None:
    described = (await site.get("openapi.json")).json()
    text = json.dumps(described, ensure_ascii=False)
    operations = [one for path in described["paths"].values() for one in path.values()]
    assert "ValidationError" not in text
    assert all("·" in one["summary"] and one["description"] for one in operations)
    assert all({"401", "403", "422", "429", "500"} <= set(one["responses"]) for one in operations)
    assert all(one["security"] for one in operations)
