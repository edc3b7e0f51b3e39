"""Look at a photo, a scan or a screenshot."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from typing import cast

from PIL import Image

from hub.documents.reading import answer, symbols
from hub.documents.reading.refusals import Refusal

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")
#: Pixels a picture may have, and those codes are looked for on.
_MOST_PIXELS, _ENOUGH_PIXELS = 100_000_000, 12_000_000
#: Pages of a fax in TIFF that are looked at.
_MOST_FRAMES = 12
#: Of 16 or 32 bits, which do not become grey by themselves.
_DEEP = ("I", "F")


def look(content: bytes) -> answer.Looked:
    """Return what is seen of a picture; `Refusal` where it cannot be read."""
    codes = tuple(_codes(_opened(content)))[: answer.MOST_CODES]
    return answer.Looked("image", None, None, codes, (), has_text=False, repaired=False)


def _opened(content: bytes) -> Image.Image:
    with warnings.catch_warnings():
        # the size is checked here, before anything is decoded
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(content), formats=FORMATS)
        except Image.DecompressionBombError:
            raise Refusal("E_DOC_TOO_MANY_PIXELS") from None
    _require_size(image)
    return image


def _codes(image: Image.Image) -> Iterator[tuple[int, str]]:
    # what moves has one page; only a TIFF has more
    frames = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
    for frame in range(min(frames, _MOST_FRAMES)):
        if frame:
            image.seek(frame)
            _require_size(image)
        for text in symbols.texts_in(_grey(image)):
            yield frame + 1, text


def _require_size(image: Image.Image) -> None:
    if image.width * image.height > _MOST_PIXELS:
        raise Refusal("E_DOC_TOO_MANY_PIXELS")


def _grey(image: Image.Image) -> Image.Image:
    """Return a picture in grey on white, and not much larger than is needed."""
    shrink = _shrink(image)
    # a JPEG is decoded at once in grey and small
    image.draft("L", (image.width // shrink, image.height // shrink))
    image.load()
    if image.mode.startswith(_DEEP):
        image = _levelled(image)
    elif image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode != "L":
        image = image.convert("RGB").convert("L")
    if (shrink := _shrink(image)) > 1:
        image = image.reduce(shrink)
    return _on_white(image) if image.mode == "RGBA" else image


def _shrink(image: Image.Image) -> int:
    return max(1, round(math.sqrt(image.width * image.height / _ENOUGH_PIXELS)))


def _levelled(image: Image.Image) -> Image.Image:
    """Return a picture of 16 or 32 bits in grey; Pillow itself would cut off what is above 255."""
    low, high = cast("tuple[float, float]", image.getextrema())
    scale = 255 / ((high - low) or 1)
    return image.point(lambda value: value * scale - low * scale).convert("L")


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("L")
