"""Find QR codes on a picture in grey."""

from __future__ import annotations

from collections.abc import Iterator

import zxingcpp
from PIL import Image

from hub.documents.reading.answer import LONGEST_TEXT

#: Larger pictures are not enlarged: their codes have pixels enough.
_LARGE = 12_000_000


def texts_in(picture: Image.Image) -> list[str]:
    """Return the texts of the codes, each once; further ways are tried until one finds some."""
    for attempt in _attempts(picture):
        if found := _read(attempt):
            return found
    return []


def _attempts(picture: Image.Image) -> Iterator[Image.Image]:
    yield picture
    if picture.width * picture.height <= _LARGE:
        yield picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.BICUBIC)


def _read(picture: Image.Image) -> list[str]:
    codes = zxingcpp.read_barcodes(
        picture,
        zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        text_mode=zxingcpp.TextMode.Plain,
    )
    return list(dict.fromkeys(one.text for one in codes if 0 < len(one.text) <= LONGEST_TEXT))
