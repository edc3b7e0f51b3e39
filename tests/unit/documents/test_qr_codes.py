"""What a QR code says is ours or foreign, and its picture can be read and printed."""

from __future__ import annotations

import io
import random
import re
from typing import Any

import pytest
import typst
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hub.documents.codes import Foreign, SealText, ShortCode, base_of, qr_svg, read_code
from hub.documents.number import Number
from hub.settings import Documents, Settings

BASE = "HTTPS://HUB.EXAMPLE.COM"
PATH = "/V/HX261148372059186410/C1P2.SBOVXKU7A47SPAWN"
CODE = ShortCode(Number("HX261148372059186410"), 1, 2, "SBOVXKU7A47SPAWN")
SEAL = "/S/" + "".join(random.Random(1).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=186))
#: Of 24 characters: the module's docstring says how large their codes are.
HOST, FOLDER = "HTTPS://HUB.EXAMPLE.INFO", "https://example.com/docs"


# ---- whose it is -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, None),
        ({"public_url": "https://hub.example.com"}, BASE),
        ({"public_url": "https://hub.example.com/"}, BASE),
        ({"public_url": "https://hub.example.com:8443"}, f"{BASE}:8443"),
        ({"public_url": "https://example.com/Hub"}, "https://example.com/Hub"),
        ({"public_url": "https://ünder.example.com"}, "https://ünder.example.com"),
        (
            {"public_url": "https://inside", "documents": Documents(address=BASE.lower())},
            BASE,
        ),
    ],
    ids=["none", "host", "slash", "port", "path", "not ASCII", "documents.address goes first"],
)
def test_codes_begin_with_the_address_in_capitals_where_it_has_no_path(
    settings: dict[str, Any], expected: str | None
) -> None:
    assert base_of(Settings(tenant="HX", **settings)) == expected


@pytest.mark.parametrize(
    ("text", "base"),
    [
        (f"{BASE}{PATH}", BASE),
        (f"{BASE}{PATH}".lower(), BASE),
        (f"https://hub.example.com{PATH}", BASE),
        (f" {BASE}{PATH}\r\n", BASE),
        (f"ACCORD:{PATH[1:]}", None),
        (f"ACCORD:{PATH[1:]}", BASE),
        (f"https://example.com/Hub{PATH}", "https://example.com/Hub"),
        (f"https://ünder.example.com{PATH}", "https://ünder.example.com"),
    ],
)
def test_our_code_is_told_in_any_case(text: str, base: str | None) -> None:
    assert read_code(text, base) == CODE


def test_a_document_issued_before_there_was_an_address_is_still_ours() -> None:
    assert read_code(f"accord:{SEAL[1:]}", BASE) == SealText(SEAL[3:])


@pytest.mark.parametrize(
    "start",
    [
        "HTTPS://HUB.EXAMPLE.COM.EVIL.EXAMPLE", "HTTPS://HUB.EXAMPLE.COM@EVIL.EXAMPLE",
        "HTTPS://HUB.EXAMPLE.COM:8443", "HTTP://HUB.EXAMPLE.COM", "HTTPS://EVIL.EXAMPLE",
        "HTTPS://EVIL.EXAMPLE/?HTTPS://HUB.EXAMPLE.COM", "HTTPS://HUB.EXAMPLE.COM/X", "",
        "JAVASCRIPT:", "HTTPS://HUB\u3002EXAMPLE.COM", "HTTP\u017f://HUB.EXAMPLE.COM", "ACCORD",
        "HTTPS://HUB.EXAMPLE.COM/HTTPS://HUB.EXAMPLE.COM", "ACCORD:ACCORD:",
    ],
)  # fmt: skip
def test_a_code_that_points_to_another_host_is_foreign(start: str) -> None:
    assert read_code(start + PATH, BASE) == Foreign(start + PATH)
    assert isinstance(read_code(start + SEAL, BASE), Foreign)


def test_a_host_that_only_looks_ours_in_capitals_is_foreign() -> None:
    assert isinstance(
        read_code(f"https://straße.example{PATH}", "HTTPS://STRASSE.EXAMPLE"), Foreign
    )


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/V/", "/S/", "/S/AAAA", f"{PATH}=", f"{PATH}/", f"{PATH}?A", f"{PATH[:-1]}",
        f"{SEAL}=", "/S/" + "A" * 401, "/S/" + "1" * 186, PATH.replace("C1", "C0"),
        PATH.replace("P2", "P02"), PATH.replace("P2", "P12345"), PATH.replace("410/", "411/"),
        PATH.replace("P2.", "P2"), PATH.replace("6410/", "6410C1/"), PATH.replace("HX", "HX-"),
        PATH.replace("V/", "X/"), PATH.replace("V/", "V//"), PATH.replace("N", "\u0130"),
    ],
)  # fmt: skip
def test_what_is_no_whole_code_is_foreign_even_with_our_address(path: str) -> None:
    assert read_code(BASE + path, BASE) == Foreign(BASE + path)


@given(st.text() | st.text().map(lambda rest: f"{BASE}/{rest}"))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert read_code(text, BASE) in (Foreign(text), read_code(text.strip(), BASE))


# ---- pictures --------------------------------------------------------------------------------


def modules(svg: str) -> int:
    """Return how many modules a picture is wide."""
    width = re.search(r'<svg width="(\d+)" height="(\d+)"', svg)
    assert width is not None
    assert width[1] == width[2]
    return int(width[1])


@pytest.mark.parametrize(
    ("text", "level", "wide"),
    [
        (HOST + PATH, "H", 41),
        (HOST + SEAL, "Q", 57),
        (FOLDER + PATH, "H", 41),
        (FOLDER + SEAL, "Q", 61),
    ],
    ids=["short code", "seal", "short code with a path", "seal with a path"],
)
def test_a_code_is_as_small_as_is_said_and_read_from_print(
    text: str, level: str, wide: int
) -> None:
    svg = qr_svg(text, level)
    assert modules(svg) == wide
    page = "#set page(width: 60mm, height: 60mm)\n#image(bytes(sys.inputs.svg), width: 34mm)"
    png = typst.compile(page.encode(), format="png", ppi=300, sys_inputs={"svg": svg})
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    assert [(one.text, one.ec_level) for one in found] == [(text, level)]
