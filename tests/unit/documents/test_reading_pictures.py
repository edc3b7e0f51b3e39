"""Codes are read from pictures of every kind; a bad picture is refused with a code."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from hub.documents.errors import DocumentError
from hub.documents.reading import Reader, SeenCode
from tests.unit.documents import outside

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = "ACCORD:V/HX261148372059186410/C1P2.SBOVXKU7A47SPAWN"
CODE = outside.code(TEXT)
GOOD = outside.saved(CODE, "PNG")
#: Tag of the way up.
ORIENTATION = 0x0112


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def reader() -> AsyncIterator[Reader]:
    async with Reader() as one:
        yield one


def deep(kind: str, depth: type = np.uint16, *, low: int = 0, high: int = 65535) -> bytes:
    """Return a picture of 16 or 32 bits, black and white at these values."""
    return outside.saved(
        Image.fromarray(np.where(np.asarray(CODE) > 127, high, low).astype(depth)), kind
    )


def transparent() -> bytes:
    """Return black modules on nothing, where nothing would be black too."""
    drawn = Image.new("RGBA", CODE.size, (0, 0, 0, 255))
    drawn.putalpha(CODE.point(lambda value: 255 - value))
    return outside.saved(drawn, "PNG")


def palette_with_a_hole() -> bytes:
    drawn = CODE.point(lambda value: value // 255).convert("P")
    drawn.putpalette([0, 0, 0, 0, 0, 0])
    return outside.saved(drawn, "PNG", transparency=1)


def moving(kind: str) -> bytes:
    blank = Image.new("L", CODE.size, "white")
    return outside.saved(CODE, kind, save_all=True, append_images=[blank, blank])


def fax(pages: int) -> bytes:
    sent = [outside.code(f"{TEXT}{page}").convert("1") for page in range(1, pages + 1)]
    return outside.saved(
        sent[0], "TIFF", save_all=True, append_images=sent[1:], compression="group4"
    )


def inverted() -> bytes:
    return outside.saved(CODE.point(lambda value: 255 - value), "PNG")


def phone_photo() -> bytes:
    """Return a photo of 48 million pixels."""
    photo = Image.new("RGB", (8000, 6000), "white")
    photo.paste(CODE.resize((1500, 1500)).convert("RGB"), (3000, 2000))
    return outside.saved(photo, "JPEG")


def as_large_as_can_be() -> bytes:
    """Return a picture of 100 million pixels on a palette with a hole."""
    large = Image.new("P", (10_000, 10_000), 1)
    large.putpalette([0, 0, 0, 0, 0, 0])
    large.paste(CODE.point(lambda value: value // 255).resize((2000, 2000)), (4000, 4000))
    return outside.saved(large, "PNG", transparency=1, compress_level=1)


PICTURES: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: outside.saved(CODE, "JPEG"),
    "JPEG of a telephone (MPO)": lambda: outside.saved(
        CODE.convert("RGB"), "MPO", save_all=True, append_images=[CODE.convert("RGB")]
    ),
    "JPEG in CMYK": lambda: outside.saved(CODE.convert("RGB").convert("CMYK"), "JPEG"),
    "progressive JPEG": lambda: outside.saved(CODE, "JPEG", progressive=True),
    "48 million pixels": phone_photo,
    "100 million pixels": as_large_as_can_be,
    "PNG in colours": lambda: outside.saved(CODE.convert("RGB"), "PNG"),
    "PNG of one bit": lambda: outside.saved(CODE.convert("1"), "PNG"),
    "PNG of 16 bits": lambda: deep("PNG"),
    "PNG of 16 bits, dark": lambda: deep("PNG", low=10, high=900),
    "PNG that is transparent": transparent,
    "PNG with grey and alpha": lambda: outside.saved(CODE.convert("LA"), "PNG"),
    "PNG with a palette": lambda: outside.saved(CODE.convert("P"), "PNG"),
    "PNG with a hole in its palette": palette_with_a_hole,
    "PNG that moves": lambda: moving("PNG"),
    "white on black": inverted,
    "WebP": lambda: outside.saved(CODE, "WEBP", lossless=True),
    "WebP that moves": lambda: moving("WEBP"),
    "TIFF": lambda: outside.saved(CODE, "TIFF"),
    "TIFF of 16 bits": lambda: deep("TIFF"),
    "TIFF of 32 bits": lambda: deep("TIFF", np.int32, low=1000),
    "TIFF of floats": lambda: deep("TIFF", np.float32, low=1000),
    "TIFF with LZW": lambda: outside.saved(CODE, "TIFF", compression="tiff_lzw"),
    "TIFF with JPEG": lambda: outside.saved(CODE, "TIFF", compression="jpeg"),
    "BMP": lambda: outside.saved(CODE, "BMP"),
    "GIF": lambda: outside.saved(CODE, "GIF"),
    "GIF that moves": lambda: moving("GIF"),
    "mirrored": lambda: outside.saved(CODE.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG"),
}


@pytest.mark.parametrize("name", PICTURES)
async def test_a_code_is_read_from_a_picture_of_any_kind(reader: Reader, name: str) -> None:
    seen = await reader.look(PICTURES[name]())
    assert (seen.kind, seen.pages, seen.attachment, seen.has_text) == ("image", None, None, False)
    assert seen.codes == (SeenCode(1, TEXT),)


@pytest.mark.parametrize("way_up", range(1, 9))
async def test_a_code_is_read_whichever_way_up_it_was_taken(reader: Reader, way_up: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = way_up
    file = outside.saved(CODE, "JPEG", exif=exif)
    assert [one.text for one in (await reader.look(file)).codes] == [TEXT]


async def test_every_page_of_a_fax_is_looked_at(reader: Reader) -> None:
    seen = await reader.look(fax(3))
    assert seen.codes == tuple(SeenCode(page, f"{TEXT}{page}") for page in (1, 2, 3))


async def test_a_coarse_code_beside_a_clear_one_is_not_missed(reader: Reader) -> None:
    page = outside.page_of(outside.annex(), 1, 72)
    clear = {one.text for one in (await reader.look(outside.annex())).codes if one.page == 2}
    for degrees in range(0, 360, 45):
        turned = outside.picture(page).rotate(
            degrees, Image.Resampling.BICUBIC, True, fillcolor=255
        )
        seen = await reader.look(outside.saved(turned, "JPEG", quality=60))
        assert {one.text for one in seen.codes} == clear


async def test_all_codes_of_a_picture_are_told_once_each(reader: Reader) -> None:
    both = Image.new("L", (CODE.width * 3, CODE.height), "white")
    for place, text in enumerate((TEXT, "https://elsewhere.example/", TEXT)):
        both.paste(outside.code(text).resize(CODE.size), (place * CODE.width, 0))
    seen = await reader.look(outside.saved(both, "PNG"))
    assert sorted(one.text for one in seen.codes) == [TEXT, "https://elsewhere.example/"]


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (3, 2)])
async def test_a_tiny_picture_shows_nothing(reader: Reader, size: tuple[int, int]) -> None:
    assert (await reader.look(outside.saved(Image.new("L", size), "PNG"))).codes == ()


async def test_a_deep_picture_of_one_shade_shows_nothing(reader: Reader) -> None:
    assert (await reader.look(deep("TIFF", low=7, high=7))).codes == ()


async def test_a_pdf_that_is_called_a_picture_is_a_pdf(reader: Reader) -> None:
    # no name is given at all: only what is in it counts
    assert (await reader.look(outside.pdf())).kind == "pdf"


# ---- bad ones --------------------------------------------------------------------------------


def png(width: int, height: int, packed: bytes) -> bytes:
    """Return a grey PNG that says this size, whatever is in it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def gif(width: int, height: int) -> bytes:
    size = struct.pack("<HH", width, height)
    return b"GIF89a" + size + b"\0\0\0" + b"," + bytes(4) + size + b"\0\x02\0;"


def frames_that_grow() -> bytes:
    """Return a TIFF whose second page says it is larger than any may be."""
    file = bytearray(fax(2))
    second = struct.unpack_from("<I", file, 4)[0]
    entries = struct.unpack_from("<H", file, second)[0]
    second = struct.unpack_from("<I", file, second + 2 + entries * 12)[0]
    for place in range(struct.unpack_from("<H", file, second)[0]):
        entry = second + 2 + place * 12
        if struct.unpack_from("<H", file, entry)[0] in (256, 257):
            struct.pack_into("<HII", file, entry + 2, 4, 1, 30_000)
    return bytes(file)


REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "says 30,000 x 30,000": ("E_DOC_TOO_MANY_PIXELS", lambda: png(30_000, 30_000, b"")),
    "says 10,001 x 10,000": ("E_DOC_TOO_MANY_PIXELS", lambda: png(10_001, 10_000, b"")),
    "GIF of 65,535 x 65,535": ("E_DOC_TOO_MANY_PIXELS", lambda: gif(65_535, 65_535)),
    "a bomb of 900 million pixels": (
        "E_DOC_TOO_MANY_PIXELS",
        lambda: png(30_000, 30_000, outside.blanks(859)),
    ),
    "a second page that is a bomb": ("E_DOC_TOO_MANY_PIXELS", frames_that_grow),
    "no pixels": ("E_DOC_CORRUPT", lambda: png(0, 0, b"")),
    "a PNG without data": ("E_DOC_CORRUPT", lambda: png(100, 100, b"")),
    "only its first bytes": ("E_DOC_CORRUPT", lambda: b"\xff\xd8\xff"),
    "a JPEG cut off": ("E_DOC_CORRUPT", lambda: outside.saved(CODE, "JPEG")[:3000]),
    "a PNG cut off": ("E_DOC_CORRUPT", lambda: GOOD[: len(GOOD) // 2]),
    "a byte changed": ("E_DOC_CORRUPT", lambda: GOOD[:60] + b"\0\0" + GOOD[62:]),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_bad_picture_is_refused_and_the_next_one_is_read(reader: Reader, name: str) -> None:
    code, file = REFUSED[name]
    with pytest.raises(DocumentError) as refused:
        await reader.look(file())
    assert refused.value.code == code
    assert (await reader.look(GOOD)).codes


async def test_a_bomb_in_the_words_of_a_picture_is_harmless(reader: Reader) -> None:
    words = b"Comment\0\0" + outside.blanks(2048)
    chunk = struct.pack(">I", len(words)) + b"zTXt" + words
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + words))
    with pytest.raises(DocumentError) as refused:
        await reader.look(GOOD[:33] + chunk + GOOD[33:])
    assert refused.value.code in {"E_DOC_CORRUPT", "E_DOC_BOMB"}
    assert (await reader.look(GOOD)).codes
