"""A console over a store that real stages have filled once; each test has a copy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from console_site import Site


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("console") / "hub")
    asyncio.run(site.fill())
    site.close()
    return site


@pytest.fixture
def site(filled: Site, tmp_path: Path) -> Iterator[Site]:
    copy = filled.copied(tmp_path / "hub")
    yield copy
    copy.close()
