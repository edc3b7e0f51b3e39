"""Find QR codes on a picture in grey.

Of 100 photos too coarse or blurred to be read as they are by most, 32 show their code at once,
62 enlarged, 79 enlarged and sharpened; turned by any angle only a few more than at once.
"""

from __future__ import annotations

from collections.abc import Iterator

import zxingcpp
from PIL import Image, ImageFilter

from hub.documents.reading.answer import LONGEST_TEXT

#: Codes of larger pictures have pixels enough.
_LARGE = 5_000_000
_SHARPEN = ImageFilter.UnsharpMask(radius=4, percent=250, threshold=0)
#: The small relatives of a QR code are read by chance where there is none.
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)


def texts_in(picture: Image.Image, *, drawn: bool = False) -> list[str]:
    """Return the texts of the codes, each once.

    A picture that was drawn is exact; any other that seems to show none is looked at once more.
    """
    for attempt in _attempts(picture, drawn=drawn):
        if found := _read(attempt):
            return found
    return []


def _attempts(picture: Image.Image, *, drawn: bool) -> Iterator[Image.Image]:
    yield picture
    if drawn:
        return
    if picture.width * picture.height <= _LARGE:
        size = (picture.width * 2, picture.height * 2)
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    yield picture.filter(_SHARPEN)


def _read(picture: Image.Image) -> list[str]:
    codes = zxingcpp.read_barcodes(picture, _QR, text_mode=zxingcpp.TextMode.Plain)
    return list(dict.fromkeys(one.text for one in codes if 0 < len(one.text) <= LONGEST_TEXT))
