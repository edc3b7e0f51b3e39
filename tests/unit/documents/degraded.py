"""Fifty spoiled pictures of one page: scans, photos, screenshots and faxes, the same every time.

The page comes in grey at 300 dots an inch. Where its codes stand is found on the clean page, so
that stains cover a known part of each and none of its three finder squares, without which no QR
code is read by anything.
"""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from hub.documents.reading import Reader

#: What every picture is drawn from.
SEED = 20261127
#: Dots an inch of the page.
DPI = 300

Page = NDArray[np.uint8]
Corners = NDArray[np.float32]


def rasters(page: Page, seed: int = SEED) -> Iterator[tuple[str, bytes]]:
    """Yield name and file of each picture of a page."""
    chance = np.random.default_rng(seed)
    codes = corners_of(page)
    yield from _scans(page, codes, chance)
    yield from _photos(page, chance)
    yield from _screenshots(page, chance)
    yield from _faxes(page, chance)


@dataclass
class Rate:
    """How many of the pictures showed their codes."""

    short: int = 0
    seal: int = 0
    #: Texts that stand on no page.
    wrong: int = 0
    pictures: int = 0


async def read_rate(reader: Reader, page: Page) -> Rate:
    """Look at every picture of a page with a short code and a seal."""
    true = {one.text for one in zxingcpp.read_barcodes(page)}
    rate = Rate()
    for _, file in rasters(page):
        read = {one.text for one in (await reader.look(file)).codes}
        rate.short += any("/V/" in text for text in read & true)
        rate.seal += any("/S/" in text for text in read & true)
        rate.wrong += len(read - true)
        rate.pictures += 1
    return rate


def corners_of(page: Page) -> list[Corners]:
    """Return the corners of each code on a clean page, the first one at its top left."""
    found = [one.position for one in zxingcpp.read_barcodes(page)]
    return [
        np.array(
            [
                (one.top_left.x, one.top_left.y), (one.top_right.x, one.top_right.y),
                (one.bottom_right.x, one.bottom_right.y), (one.bottom_left.x, one.bottom_left.y),
            ],
            np.float32,
        )
        for one in found
    ]  # fmt: skip


def _scans(
    page: Page, codes: Sequence[Corners], chance: np.random.Generator
) -> Iterator[tuple[str, bytes]]:
    for dpi, turn, stain in itertools.product((100, 150), (0, 2.5, 17, 90, 180), (0, 8, 15)):
        stained = page.copy()
        for corners in codes:
            _stain(stained, corners, stain / 100, chance)
        scanned = _noisy(_scaled(_turned(stained, turn), dpi), 6, chance)
        yield f"scan-{dpi}dpi-{turn}deg-{stain}%", _jpeg(scanned)


def _photos(page: Page, chance: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    for place in range(10):
        taken = _scaled(page, 110)
        taken = _tilted(taken, chance)
        taken = cv2.GaussianBlur(taken, (0, 0), chance.uniform(0.5, 1.1))
        taken = _lit(taken, chance)
        yield f"photo-{place}", _jpeg(_noisy(taken, 5, chance))


def _screenshots(page: Page, chance: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    for dpi in (72, 85, 100, 115, 130):
        yield f"screenshot-{dpi}dpi", _jpeg(_noisy(_scaled(page, dpi), 1, chance))


def _faxes(page: Page, chance: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    for place, turn in enumerate((0, 0.7, -1.2, 90, 180)):
        sent = _noisy(_scaled(_turned(page, turn), 150), 12, chance)
        black = sent > chance.integers(110, 160)
        file = io.BytesIO()
        Image.fromarray(black).save(file, "TIFF", compression="group4")
        yield f"fax-{place}-{turn}deg", file.getvalue()


# ---- what happens to paper -------------------------------------------------------------------


def _stain(page: Page, corners: Corners, share: float, chance: np.random.Generator) -> None:
    """Cover a share of a code with a round stain beside its finder squares."""
    if not share:
        return
    radius = math.sqrt(share / math.pi)
    while True:
        middle = chance.uniform(radius, 1 - radius, 2)
        if all(_apart(middle, finder) > radius for finder in ((0, 0), (1, 0), (0, 1))):
            break
    unit = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    onto = cv2.getPerspectiveTransform(unit, corners)
    around = np.linspace(0, 2 * math.pi, 60)
    edge = middle + radius * np.stack([np.cos(around), np.sin(around)], axis=1)
    shape = cv2.perspectiveTransform(edge[None].astype(np.float32), onto)
    cv2.fillPoly(page, shape.astype(np.int32), int(chance.integers(20, 230)))


def _apart(middle: NDArray[np.float64], finder: tuple[int, int], size: float = 0.2) -> float:
    """Return how far a point of the code is from the finder square in a corner."""
    inside = np.abs(middle - np.array(finder)) - size
    return float(np.hypot(*np.maximum(inside, 0)))


def _turned(page: Page, degrees: float) -> Page:
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    wide, high = int(height * sin + width * cos), int(height * cos + width * sin)
    turn[:, 2] += (wide / 2 - width / 2, high / 2 - height / 2)
    return _grey(cv2.warpAffine(page, turn, (wide, high), flags=cv2.INTER_AREA, borderValue=(250,)))


def _tilted(page: Page, chance: np.random.Generator) -> Page:
    """Look at a page from the side, on a table."""
    page = _turned(page, chance.uniform(-20, 20))
    height, width = page.shape
    flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    moved = flat + chance.uniform(-0.07, 0.07, (4, 2)).astype(np.float32) * (width, height)
    margin = 0.08 * np.array((width, height), np.float32)
    onto = cv2.getPerspectiveTransform(flat, (moved + margin).astype(np.float32))
    size = (int(width * 1.16), int(height * 1.16))
    return _grey(cv2.warpPerspective(page, onto, size, borderValue=(120,)))


def _lit(page: Page, chance: np.random.Generator) -> Page:
    """Let light fall from one side."""
    height, width = page.shape
    toward = chance.uniform(0, 2 * math.pi)
    down, along = np.mgrid[0:height, 0:width]
    slope = (along / width - 0.5) * math.cos(toward) + (down / height - 0.5) * math.sin(toward)
    return _grey(page * (0.8 + 0.45 * slope))


def _noisy(page: Page, spread: float, chance: np.random.Generator) -> Page:
    return _grey(page + chance.normal(0, spread, page.shape))


def _scaled(page: Page, dpi: int) -> Page:
    size = (round(page.shape[1] * dpi / DPI), round(page.shape[0] * dpi / DPI))
    return _grey(cv2.resize(page, size, interpolation=cv2.INTER_AREA))


def _grey(page: NDArray[np.generic]) -> Page:
    return np.clip(page, 0, 255).astype(np.uint8)


def _jpeg(page: Page) -> bytes:
    return bytes(cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, 50])[1])
