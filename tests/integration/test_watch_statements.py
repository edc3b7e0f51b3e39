"""The statements of watches go by their indexes: a million rows cost no more than a thousand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.store import engine, watches
from hub.store import tables as t
from hub.store.engine import Store

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = engine.connect(f"sqlite:///{tmp_path}/plans.db")
    t.metadata.create_all(store.engine)
    store.open()
    yield store
    store.close()


@pytest.mark.parametrize(
    ("function", "index"),
    [
        (lambda tx: watches.due(tx, NOW, 200), "watch_due"),
        (lambda tx: watches.any_due(tx, NOW), "watch_due"),
        (lambda tx: watches.lock(tx, {"HT-1"}, {"r1"}), "watch_key"),
        (lambda tx: watches.lock(tx, {"HT-1"}, {"r1"}), "watch_of_record"),
        (watches.open_watches, "watch_open"),
        (lambda tx: watches.open_of(tx, "w", 200), "watch_open"),
        (watches.learned, "watch_key"),
        (lambda tx: watches.earliest_unread(tx, "erp", "order"), "message_failed"),
        (lambda tx: watches.resolve(tx, "HT-1"), "watch_key"),
        (lambda tx: watches.shown(tx, "HT-1"), "watch_key"),
    ],
    ids=["due", "any due", "keys", "records", "open", "open of one", "learned", "unread",
         "by key", "shown"],
)  # fmt: skip
def test_a_statement_goes_by_its_index(
    store: Store, function: Callable[[sa.Connection], Any], index: str
) -> None:
    said: list[tuple[str, Any]] = []
    sa.event.listen(
        store.engine, "before_cursor_execute",
        lambda _c, _cursor, statement, params, _x, _many: said.append((statement, params)),
    )  # fmt: skip
    store.read_now(function)
    plans = store.read_now(lambda tx: [step for one in said for step in _plan(tx, *one)])
    assert any(index in step for step in plans), plans
    assert [step for step in plans if step.startswith(("SCAN watch", "SCAN message"))
            and "USING" not in step] == []  # fmt: skip


def _plan(tx: sa.Connection, statement: str, params: Any) -> list[str]:
    if not statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")):
        return []
    rows = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", params)
    return [str(row[3]) for row in rows]
