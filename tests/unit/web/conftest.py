"""A hub with people and a few commitments for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_site import Prepared, Site, opened, prepare


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def site(prepared: Prepared, tmp_path: Path) -> Iterator[Site]:
    with opened(prepared, tmp_path) as site:
        yield site
