"""The public page: anybody may ask, and hears no more than the paper in the hand could tell."""

from __future__ import annotations

import io
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pypdfium2
import pytest
from plant import Plant

from hub.documents.codes import short_code
from hub.documents.number import Number
from hub.settings import Settings
from hub.store import documents
from hub.web.app import build

pytestmark = pytest.mark.usefixtures("plant")


class Page:
    """A document that was issued, and somebody who asks about it."""

    def __init__(self, plant: Plant, http: httpx.AsyncClient) -> None:
        self.plant, self.http = plant, http
        rows = plant.store.read_now(documents.listed)
        self.number = Number(rows[0].number)
        pdf = plant.store.read_now(documents.pdf, self.number.text, 1)
        assert pdf is not None
        self.pdf = pdf
        assert plant.flow.press is not None
        key = plant.flow.press.keys.current
        self.code = short_code(
            key, "HX", self.number, 1, 1, 1, rows[0].content, "HTTPS://HUB.EXAMPLE"
        ).removeprefix("HTTPS://HUB.EXAMPLE")

    async def json(self, path: str, **headers: str) -> dict[str, Any]:
        answer = await self.http.get(path, params={"format": "json"}, headers=headers)
        found: dict[str, Any] = answer.json()
        return found

    async def upload(self, content: bytes, name: str = "a.pdf", **more: Any) -> httpx.Response:
        files = {"file": (name, content)}
        return await self.http.post("/v?format=json", files=files, **more)


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    plant = Plant(tmp_path, f"sqlite:///{tmp_path}/hub.db", documents=True)
    data_id = plant.save(customer_name="苏州恒力精密机械有限公司", promise_text="<b>赠品</b>")
    plant.approve_all(data_id)
    await plant.work()
    yield plant
    await plant.flow.close_tools()
    plant.close()


def client(plant: Plant, settings: Settings | None = None, address: str = "192.0.2.1") -> Any:
    if settings is not None:
        plant.flow.settings = settings
    transport = httpx.ASGITransport(build(plant.flow, 1000), client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://hub")


@pytest.fixture
async def page(plant: Plant) -> AsyncIterator[Page]:
    async with client(plant) as http:
        yield Page(plant, http)


def changed(plant: Plant, **documents: Any) -> Settings:
    settings = plant.settings
    return settings.model_copy(
        update={"documents": settings.documents.model_copy(update=documents)}
    )


# ---- what is told ----------------------------------------------------------------------------


async def test_the_number_alone_tells_state_and_masked_customer_and_no_line(page: Page) -> None:
    told = await page.json(f"/v/{page.number.text}")
    assert (told["verdict"], told["state"], told["customer"]) == (
        "record_only", "issued", "苏州******司",
    )  # fmt: skip
    for hidden in ("lines", "promise", "amount", "recipient", "record", "content_sha256"):
        assert hidden not in told


async def test_the_code_of_a_page_shows_the_lines_to_compare(page: Page) -> None:
    told = await page.json(page.code)
    assert (told["verdict"], told["page"], told["number"]) == (
        "record_only", 1, page.number.with_copy(1),
    )  # fmt: skip
    assert told["promise"]["text"] == "<b>赠品</b>"
    assert [line["sku"] for line in told["lines"]] == ["M-003"]
    assert told["recipient"] == "苏州******司"


async def test_codes_work_in_any_case_as_scanners_give_them(page: Page) -> None:
    assert (await page.json(page.code.lower()))["verdict"] == "record_only"
    assert (await page.json(page.code.upper()))["verdict"] == "record_only"


async def test_a_number_with_its_copy_and_a_code_may_be_typed_as_they_are_printed(
    page: Page,
) -> None:
    printed = page.number.with_copy(1)
    assert (await page.json(f"/v/{printed}"))["number"] == printed
    for typed, opens in ((printed, False), (f"https://hub.example{page.code}", True)):
        files = {"number": (None, typed)}
        told = (await page.http.post("/v?format=json", files=files)).json()
        assert (told["verdict"], "lines" in told) == ("record_only", opens)


async def test_what_the_issuer_hides_is_not_shown_to_a_code_either(plant: Plant) -> None:
    async with client(plant, changed(plant, show_lines=False)) as http:
        page = Page(plant, http)
        told = await page.json(page.code)
        assert "lines" not in told
        assert "amount" not in told
        text = (await http.get(page.code)).text
        assert "机械密封件" not in text


async def test_the_file_is_genuine_and_a_changed_one_altered(page: Page) -> None:
    assert (await page.upload(page.pdf)).json()["verdict"] == "genuine"
    assert (await page.upload(page.pdf + b" ")).json()["verdict"] == "altered"


async def test_a_photo_is_registered_at_most(page: Page) -> None:
    picture = io.BytesIO()
    pypdfium2.PdfDocument(page.pdf)[0].render(scale=150 / 72).to_pil().save(picture, "JPEG")
    told = (await page.upload(picture.getvalue(), "photo.jpg")).json()
    assert (told["verdict"], told["given"]) == ("record_only", "image")


async def test_customer_text_is_never_markup(page: Page) -> None:
    text = (await page.http.get(page.code)).text
    assert "&lt;b&gt;赠品&lt;/b&gt;" in text
    assert "<b>" not in text


@pytest.mark.parametrize(
    ("language", "says"), [("en-GB,en", "Compare the paper"), ("zh-CN", "请对照纸面")]
)
async def test_the_page_speaks_the_browsers_language(page: Page, language: str, says: str) -> None:
    answer = await page.http.get(page.code, headers={"Accept-Language": language})
    assert says in answer.text


async def test_nothing_is_cached_indexed_framed_or_scripted(page: Page) -> None:
    for path in ("/v", page.code, "/v/none/such/page"):
        answer = await page.http.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "script" not in answer.text
        assert "http://" not in answer.text


async def test_the_public_keys_are_published(page: Page) -> None:
    answer = await page.http.get("/.well-known/hub-document-keys.json")
    (key,) = answer.json()["keys"]
    assert (key["alg"], key["use"]) == ("Ed25519", "sign")


# ---- wrong input -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        ("/v/HX-2611-4837-2059-1864-11", "bad_check_digit"),
        ("/v/HX-2611-4837-2059-1864-10", "unknown"),
        ("/v/nonsense", "unknown"),
        ("/v/HX261148372059186410/C1P1.AAAAAAAAAAAAAAAA", "unknown"),
        ("/v/x/y", "unknown"),
        ("/s/AAAA", "unknown"),
        ("/v/%00", "unknown"),
        ("/v/" + "9" * 5000, "unknown"),
    ],
    ids=["mistyped", "nobody's", "no number", "code of nobody's", "no code", "no seal", "NUL",
         "endless"],
)  # fmt: skip
async def test_what_is_wrong_is_answered_and_never_an_error(
    page: Page, path: str, verdict: str
) -> None:
    answer = await page.http.get(path, params={"format": "json"})
    assert (answer.status_code, answer.json()["verdict"]) == (200, verdict)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"data": {"number": ""}}, 400),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400),
        ({"content": b"--x\r\nbad", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
         400),
        ({"files": [("file", ("a.pdf", b"x")), ("file", ("b.pdf", b"y"))]}, 400),
    ],
    ids=["nothing", "no boundary", "cut off", "two files"],
)  # fmt: skip
async def test_a_form_that_cannot_be_read_says_so(
    page: Page, given: dict[str, Any], status: int
) -> None:
    answer = await page.http.post("/v?lang=en", **given)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text


async def test_a_file_that_is_too_large_is_refused_before_it_is_read(plant: Plant) -> None:
    async with client(plant, changed(plant, upload_limit=50_000)) as http:
        answer = await Page(plant, http).upload(b"%PDF-1.7" + b"0" * 200_000)
    assert answer.status_code == 413
    assert "error" in answer.json()


async def test_an_unreadable_file_is_a_verdict_not_an_error(page: Page) -> None:
    told = (await page.upload(b"<html>login</html>")).json()
    assert (told["verdict"], told["unread"]) == ("unreadable", "E_DOC_NOT_READABLE")


async def test_another_method_is_refused(page: Page) -> None:
    assert (await page.http.put("/v")).status_code == 405


@pytest.mark.parametrize(
    "library", ["cryptography.hazmat.primitives.asymmetric.ed25519", "zxingcpp"]
)
async def test_without_the_libraries_of_documents_the_page_says_so_and_the_hub_lives(
    page: Page, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    assert page.plant.flow.press is not None
    vars(page.plant.flow.press).pop("keys", None)
    answer = await page.upload(page.pdf + b" ")
    assert (answer.status_code, "error" in answer.json()) == (503, True)
    assert (await page.http.get("/healthz")).status_code == 200


# ---- rates -----------------------------------------------------------------------------------


async def test_an_address_that_asks_too_often_waits(plant: Plant) -> None:
    async with client(plant, changed(plant, checks_per_minute=3)) as http:
        page = Page(plant, http)
        answers = [await http.get(f"/v/{page.number.text}") for _ in range(5)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
        assert int(answers[-1].headers["retry-after"]) > 0
        assert (await page.upload(page.pdf)).status_code == 429


async def test_a_client_behind_a_trusted_proxy_has_a_limit_of_its_own(plant: Plant) -> None:
    settings = changed(plant, checks_per_minute=1, trusted_proxies=("192.0.2.0/24",))
    async with client(plant, settings) as http:
        for address in ("198.51.100.7", "198.51.100.8"):
            headers = {"X-Forwarded-For": f"203.0.113.9, {address}"}
            first = await http.get("/v/x", headers=headers)
            second = await http.get("/v/x", headers=headers)
            assert (first.status_code, second.status_code) == (200, 429)


async def test_nobody_escapes_the_limit_by_claiming_to_be_somebody_else(plant: Plant) -> None:
    async with client(plant, changed(plant, checks_per_minute=1)) as http:
        statuses = [
            (await http.get("/v/x", headers={"X-Forwarded-For": f"198.51.100.{n}"})).status_code
            for n in range(3)
        ]
    assert statuses == [200, 429, 429]


@pytest.mark.parametrize(
    ("given", "limited"), [("number", True), ("code", True), ("seal", False), ("nonsense", False)]
)
async def test_one_number_is_limited_over_all_addresses_and_nothing_else_is(
    plant: Plant, given: str, limited: bool
) -> None:
    plant.flow.settings = changed(plant, checks_per_minute=1)
    app = build(plant.flow, 1000)
    page = Page(plant, httpx.AsyncClient())
    paths = {"number": f"/v/{page.number}", "code": page.code, "seal": "/s/AAAA",
             "nonsense": "/v/x"}  # fmt: skip
    statuses = []
    for host in range(12):
        transport = httpx.ASGITransport(app, client=(f"192.0.2.{host}", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as http:
            statuses.append((await http.get(paths[given])).status_code)
    assert statuses == [200] * 10 + [429 if limited else 200] * 2
