"""The whole API against its own description: no failure, no answer that is not described."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from api_site import ADDRESSES, Site, opened, prepare
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from hub.store import tables as t

pytestmark = pytest.mark.slow

_TABLES = {
    "deliveries": t.delivery, "messages": t.message, "records": t.record, "gates": t.hold,
    "watches": t.watch, "alerts": t.alert,
}  # fmt: skip
#: Refusals are ours to choose, and who may call has tests of its own.
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
_TURNS = itertools.count()


class Hub:
    """The application of whichever site is open."""

    site: Site

    async def __call__(self, *call: Any) -> None:
        await self.site.app(*call)


HUB = Hub()
DESCRIBED = schemathesis.openapi.from_dict(ADDRESSES.openapi())
DESCRIBED.app = HUB
OPERATIONS = [found.ok() for found in DESCRIBED.get_all_operations()]


@pytest.fixture(scope="session")
def api_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("schema")
    (folder / "copy").mkdir()
    with opened(prepare(folder), folder / "copy") as site:
        site.rebuild(api_rate=1_000_000)
        HUB.site = site
        yield site


def meet_something(site: Site, case: Any) -> None:
    """Let every other call be about a row that there is."""
    group = case.path.split("/")[3]
    if next(_TURNS) % 2 or "id" not in (case.path_parameters or {}):
        return
    rows = site.rows(_TABLES[group])
    if rows:
        case.path_parameters["id"] = rows[next(_TURNS) % len(rows)].id


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_whatever_is_asked_is_answered_as_described(
    operation: Any, mode: GenerationMode, api_site: Site
) -> None:
    headers = {"Authorization": f"Bearer {api_site.tokens['ops']}"}

    @hypothesis.settings(
        max_examples=12, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: Any) -> None:
        meet_something(api_site, case)
        case.call_and_validate(headers=headers, checks=CHECKS)

    asked()
