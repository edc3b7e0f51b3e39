"""Find QR codes on a picture in grey.

Of 100 photos too coarse or blurred to be read as they are by most, 32 show their code at once,
62 enlarged, 79 enlarged and sharpened; turned by any angle only a few more than at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import zxingcpp
from PIL import Image, ImageFilter

from hub.documents.reading.answer import LONGEST_TEXT

#: Codes of larger pictures have pixels enough.
_LARGE = 5_000_000
#: Pixels. A short code is as wide at 120 dots an inch; in coarser pictures seals are missed.
_SMALL = 160
_SHARPEN = ImageFilter.UnsharpMask(radius=4, percent=250, threshold=0)
#: The small relatives of a QR code are read by chance where there is none.
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)


def texts_in(picture: Image.Image, *, drawn: bool = False) -> list[str]:
    """Return the texts of the codes, each once.

    A picture that was drawn is exact; any other that shows none, or small ones beside which others
    may have been missed, is looked at once more.
    """
    texts: dict[str, None] = {}
    for attempt in _attempts(picture, drawn=drawn):
        codes = zxingcpp.read_barcodes(attempt, _QR, text_mode=zxingcpp.TextMode.Plain)
        texts |= dict.fromkeys(one.text for one in codes if 0 < len(one.text) <= LONGEST_TEXT)
        if codes and min(map(_width, codes)) >= _SMALL:
            break
    return list(texts)


def _attempts(picture: Image.Image, *, drawn: bool) -> Iterator[Image.Image]:
    yield picture
    if drawn:
        return
    if picture.width * picture.height <= _LARGE:
        size = (picture.width * 2, picture.height * 2)
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    yield picture.filter(_SHARPEN)


def _width(code: zxingcpp.Barcode) -> float:
    left, right = code.position.top_left, code.position.top_right
    return math.hypot(right.x - left.x, right.y - left.y)
