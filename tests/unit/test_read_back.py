"""Which deliveries are read back: the connector's word, the administrator's, a share."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import settings
from hub.flow.opening import open_flow
from hub.flow.parts import Flow

HANDLES = [f"CM-2026-{number:06d}" for number in range(1000)]

SETTINGS = """\
tenant: TEST
connections:
  crm:
    connector: lowcode
    base_url: http://127.0.0.1:9/api
    api_key: ${env:SECRET}
    app_id: app
    forms:
      commitment: {entry_id: form}
WORDS
  erp:
    connector: tryton
    base_url: http://127.0.0.1:9
    database: db
    username: hub
    password: ${env:SECRET}
WORDS
  wms:
    connector: qimen
    base_url: http://127.0.0.1:9/router
    app_key: demo-app
    secret: ${env:SECRET}
    customer_id: demo-customer
    owner_code: OWN01
    warehouse_code: WH-NB-01
WORDS
"""


def opened(folder: Path, *words: str) -> Flow:
    """Return the hub of a hub.yaml with these words at each connection."""
    lines = "\n".join(f"    {word}" for word in words)
    path = folder / "hub.yaml"
    path.write_text(SETTINGS.replace("WORDS", lines), "utf-8")
    return open_flow(settings.load(path, {"SECRET": "not-a-real-secret"}))


def read_back(flow: Flow, system: str) -> set[str]:
    """Return the handles whose deliveries to a system are read back."""
    connection = flow.connections[system]
    steps = flow.bundles.active.routes["approved-commitment"].steps
    step = next(one for one in steps if one.to == system)
    operation = connection.spec.operation(step.operation)
    return {handle for handle in HANDLES if connection.traits(operation, step, handle).read_back}


def test_a_connection_without_a_word_follows_its_connector(tmp_path: Path) -> None:
    flow = opened(tmp_path)
    assert read_back(flow, "wms") == set(HANDLES)
    assert read_back(flow, "crm") == set()


def test_never_reads_nothing(tmp_path: Path) -> None:
    assert read_back(opened(tmp_path, "read_back: never"), "wms") == set()


def test_what_the_connector_never_reads_stays_so(tmp_path: Path) -> None:
    assert read_back(opened(tmp_path, "read_back: always"), "crm") == set()


@pytest.mark.parametrize(
    ("share", "least", "most"),
    [("0", 0, 0), ("0.1", 60, 140), ("0.5", 430, 570), ("1", 1000, 1000)],
)
def test_a_sample_is_about_the_share_that_is_written(
    tmp_path: Path, share: str, least: int, most: int
) -> None:
    flow = opened(tmp_path, "read_back: sample", f"read_back_share: {share}")
    assert least <= len(read_back(flow, "wms")) <= most


def test_a_tenth_is_read_unless_a_share_is_written(tmp_path: Path) -> None:
    assert 60 <= len(read_back(opened(tmp_path, "read_back: sample"), "wms")) <= 140


def test_a_restart_draws_the_same_objects_and_a_larger_share_only_adds_some(
    tmp_path: Path,
) -> None:
    few = read_back(opened(tmp_path, "read_back: sample", "read_back_share: 0.2"), "wms")
    again = read_back(opened(tmp_path, "read_back: sample", "read_back_share: 0.2"), "wms")
    more = read_back(opened(tmp_path, "read_back: sample", "read_back_share: 0.4"), "wms")
    assert few == again
    assert few < more


def test_each_connection_draws_by_itself(tmp_path: Path) -> None:
    flow = opened(tmp_path, "read_back: sample", "read_back_share: 0.5")
    assert read_back(flow, "erp") != read_back(flow, "wms")
