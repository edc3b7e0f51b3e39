"""Codes of an annex are read from scans, photos, screenshots and faxes of it."""

from __future__ import annotations

import itertools

import pytest

from hub.documents.reading import Reader
from tests.unit.documents import degraded, outside


@pytest.mark.slow
async def test_codes_are_read_from_fifty_spoiled_pictures() -> None:
    page = outside.page_of(outside.annex(), 1)
    async with Reader() as reader:
        rate = await degraded.read_rate(reader, page)
    assert (rate.pictures, rate.wrong) == (50, 0)
    assert rate.short >= 49
    assert rate.seal >= 46


def test_the_spoiled_pictures_are_the_same_every_time() -> None:
    page = outside.page_of(outside.annex(), 1)
    first, again = (list(itertools.islice(degraded.rasters(page), 3)) for _ in range(2))
    assert first == again
    assert len({file for _, file in first}) == 3
