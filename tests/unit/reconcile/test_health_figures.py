"""Figures of commitment health: each commitment in one state, rates and times as defined."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.language import Language
from hub.reconcile.health.figures import Figures, Spans
from hub.reconcile.health.pages import Builder
from hub.reconcile.health.spool import Spool
from hub.reconcile.health.states import judge
from hub.reconcile.health.texts import TEXTS
from hub.reconcile.health.value import DUE, Asked, Commitment, State
from hub.reconcile.report.plain import csv_files, html, json_files, terminal, xlsx
from hub.reconcile.report.plain.value import Pages
from hub.store.health import Known

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ASKED = Asked("commitment", NOW - 30 * DAY, NOW + DAY, 3 * DAY, NOW, "Asia/Shanghai")
BEFORE = {"wms": ("erp",), "crm": ("erp", "wms")}


def before(_route: str, step: str, _bundle: str) -> tuple[str, ...]:
    return BEFORE.get(step, ())


def known(*deliveries: Any, age: timedelta = DAY, **changes: Any) -> Known:
    values: dict[str, Any] = {
        "record_id": "r" * 32, "revision": 1, "received": NOW - age, "number": "CM-1",
        "connection": "crm", "owner": "王芳", "planned": 1 if deliveries else 0,
        "customer": "恒力", "customer_code": "K1", "deliveries": list(deliveries),
    }  # fmt: skip
    return Known(**{**values, **changes})


def delivery(step: str = "erp", state: str = "delivered", **changes: Any) -> Any:
    return SimpleNamespace(**{
        "id": f"id-{step}", "route": "r", "step": step, "connection": step, "bundle": "b",
        "state": state, "confirm": None, "tries": 0, "created_at": NOW - DAY,
        "finished_at": NOW if state in ("delivered", "skipped") else None, **changes,
    })  # fmt: skip


def judged(found: Known) -> Commitment:
    return judge(found, ASKED, before, shows_owner=False)


def wait(kind: str, **more: Any) -> Any:
    return SimpleNamespace(**{"kind": kind, "on_id": "h", "connection": None, "of": None, **more})


@pytest.mark.parametrize(("found", "state", "cause"), [
    (known(delivery()), "fulfilled", ""),
    (known(delivery(state="skipped")), "fulfilled", ""),
    (known(delivery(confirm="confirmed")), "fulfilled", ""),
    (known(delivery(confirm="overtaken")), "fulfilled", ""),
    (known(delivery(confirm="due")), "underway", "read_back"),
    (known(delivery(confirm="unreadable"), age=4 * DAY), "late", "unreadable"),
    (known(delivery(confirm="differs")), "broken", "differs"),
    (known(delivery(), findings=[SimpleNamespace(cause="deleted_at_target", side="erp", id="f")]),
     "broken", "found.deleted_at_target"),
    (known(delivery(), revoked=True), "revoked", ""),
    (known(delivery(state="dead"), revoked=True), "revoked", ""),
    (known(delivery(), delivery("wms", "dead")), "stopped", "dead"),
    (known(delivery(state="in_doubt")), "stopped", "in_doubt"),
    (known(delivery(state="cancelled")), "stopped", "cancelled"),
    (known(delivery(state="blocked"), waits={"id-erp": [wait("gate")]}), "stopped", "held"),
    (known(delivery(state="blocked"), waits={"id-erp": [wait("hold")]}), "stopped", "held"),
    (known(delivery(state="blocked"), waits={"id-erp": [wait("observe")]}), "stopped", "observed"),
    (known(delivery(state="blocked"),
           waits={"id-erp": [wait("lane"), wait("link", connection="erp", of="customer")]}),
     "underway", "link"),
    (known(delivery(state="ready", tries=3)), "underway", "retrying"),
    (known(delivery(state="sending")), "underway", "sending"),
    (known(delivery(state="accepted"), age=3 * DAY + HOUR), "late", "accepted"),
    (known(delivery(state="superseded")), "not_planned", "no_step"),
    (known(delivery(state="superseded", id="old"), delivery(state="ready")), "underway", "sending"),
    (known(delivery(state="dead", id="old"), delivery()), "fulfilled", ""),
    (known(), "not_planned", "no_route"),
    (known(message=("failed", "")), "stopped", "message_failed"),
    (known(message=("waiting", "approval: coo")), "underway", "approval"),
    (known(message=("waiting", "link missing"), age=9 * DAY), "late", "waiting"),
    (known(message=("waiting", ""), holds=[SimpleNamespace(state="held", gate="credit", id="h",
     delivery_id=None)]), "stopped", "held"),
    (known(message=("received", "")), "underway", "routing"),
    (known(planned=1), "not_planned", "no_step"),
])  # fmt: skip
def test_what_the_store_holds_gives_one_state_and_its_cause(
    found: Known, state: str, cause: str
) -> None:
    one = judged(found)
    assert (str(one.state), one.cause) == (state, cause)


_STATES = ("blocked", "ready", "sending", "in_doubt", "accepted", "delivered", "dead",
           "superseded", "cancelled", "skipped")  # fmt: skip
_CONFIRMS = (None, "due", "reading", "confirmed", "differs", "unreadable", "overtaken")
deliveries = st.builds(
    delivery, st.sampled_from(("erp", "wms", "crm")), st.sampled_from(_STATES),
    confirm=st.sampled_from(_CONFIRMS), tries=st.integers(0, 2),
)  # fmt: skip
knowns = st.builds(
    lambda rows, age, revoked, message, planned: known(
        *rows, age=timedelta(hours=age), revoked=revoked, message=message, planned=planned
    ),
    st.lists(deliveries, max_size=5), st.integers(0, 24 * 29), st.booleans(),
    st.sampled_from([None, ("failed", ""), ("waiting", "approval"), ("ignored", "x")]),
    st.integers(0, 1),
)  # fmt: skip


@given(st.lists(knowns, max_size=20))
def test_states_part_the_commitments(found: list[Known]) -> None:
    figures = Figures(ASKED)
    rows = [judged(one) for one in found]
    for one in rows:
        figures.add(one)
    assert figures.count == len(found) == sum(figures.states.values())
    assert figures.due == sum(one.state in DUE for one in rows)
    assert figures.standing == sum(one.state is not State.REVOKED for one in rows)
    assert sum(one.count for one in figures.cohorts.values()) == len(found)
    assert sum(kept.count for kept in figures.causes.values()) == sum(
        bool(one.cause) for one in rows
    )
    for rate in (figures.rate, figures.strict_rate, figures.in_time_rate):
        assert rate is None or 0 <= rate <= 1
    # only what is done, or nothing owed, has no cause
    assert all(
        bool(one.cause) == (one.state not in (State.FULFILLED, State.REVOKED)) for one in rows
    )


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=200))
def test_medians_are_values_that_were_measured(seconds: list[int]) -> None:
    spans = Spans()
    for one in seconds:
        spans.add(one)
    ordered = sorted(seconds)
    assert spans.median == timedelta(seconds=statistics.median_low(ordered))
    assert spans.p90 is not None
    assert spans.longest == timedelta(seconds=ordered[-1])
    p90 = int(spans.p90.total_seconds())
    assert p90 in ordered
    # nine in ten are no longer, and of no shorter one that is true
    assert sum(one <= p90 for one in ordered) * 10 >= len(ordered) * 9
    assert sum(one < p90 for one in ordered) * 10 < len(ordered) * 9


moments = st.integers(0, 30 * 24 * 3600).map(lambda seconds: NOW - 30 * DAY + seconds * HOUR / 3600)


@given(moments, moments, moments, moments, moments, moments, moments)
def test_parts_of_a_step_add_up_whatever_the_moments(
    received: datetime, first: datetime, end: datetime, created: datetime, tried: datetime,
    held: datetime, decided: datetime,
) -> None:  # fmt: skip
    rows = (delivery(finished_at=first), delivery("wms", finished_at=end, created_at=created))
    found = known(
        *rows, received=received, tried={"id-wms": tried},
        holds=[SimpleNamespace(delivery_id="id-wms", held_at=held, decided_at=decided, state="x")],
    )  # fmt: skip
    step = next(one for one in judged(found).steps if one.step == "wms")
    parts = (step.approving, step.preceding, step.held, step.queued, step.tried)
    assert min(parts) >= 0
    assert sum(parts) == step.total == max(int((end - received).total_seconds()), 0)
    assert step.waited + step.tried == step.total
    assert 0 <= step.own <= step.total


def test_a_hand_counted_step_has_its_parts() -> None:
    """Received −24 h, planned −22 h, ERP done −20 h, held to −17 h, tried −16 h, done −15 h."""
    before_now = {"planned": 22, "erp": 20, "held": 21, "released": 17, "tried": 16, "end": 15}
    at = {name: NOW - hours * HOUR for name, hours in before_now.items()}
    found = known(
        delivery(created_at=at["planned"], finished_at=at["erp"]),
        delivery("wms", created_at=at["planned"], finished_at=at["end"]),
        tried={"id-wms": at["tried"]},
        holds=[SimpleNamespace(delivery_id="id-wms", held_at=at["held"], decided_at=at["released"],
                               state="released")],
    )  # fmt: skip
    step = judged(found).steps[1]
    hours = [one // 3600 for one in (step.approving, step.preceding, step.held, step.queued,
                                     step.tried, step.total, step.own)]  # fmt: skip
    assert hours == [2, 2, 3, 1, 1, 9, 5]


def test_the_young_count_only_where_they_are_done() -> None:
    """Underway and young: in no rate but that of all. The limit has to pass for the third."""
    figures = Figures(ASKED)
    young = judged(known(delivery(state="ready"), age=HOUR))
    quick = judged(known(delivery(), age=DAY))
    old = judged(known(delivery(state="ready"), age=5 * DAY))
    slow = judged(known(delivery(), age=5 * DAY))
    swift = judged(known(delivery(finished_at=NOW - 4 * DAY), age=5 * DAY))
    for one in (young, quick, old, slow, swift, judged(known(age=9 * DAY))):
        figures.add(one)
    assert (figures.due, figures.standing, figures.matured) == (4, 6, 3)
    assert [str(one) for one in (figures.rate, figures.strict_rate, figures.in_time_rate)] == [
        "0.75", "0.5", "0.3333",
    ]  # fmt: skip


def test_days_are_those_of_the_tenant() -> None:
    figures = Figures(replace(ASKED, zone="Asia/Shanghai"))
    figures.add(judged(known(delivery(), received=datetime(2026, 11, 20, 16, 30, tzinfo=UTC))))
    assert [day.isoformat() for day, _ in figures.trend()] == ["2026-11-21"]
    weeks = Figures(replace(ASKED, since=NOW - 60 * DAY))
    weeks.add(judged(known(delivery(), received=datetime(2026, 11, 22, 15, 30, tzinfo=UTC))))
    weeks.add(judged(known(delivery(), received=datetime(2026, 11, 22, 16, 30, tzinfo=UTC))))
    assert [day.isoformat() for day, _ in weeks.trend()] == ["2026-11-16", "2026-11-23"]


# ---- in every format -----------------------------------------------------------------------------

HOSTILE = '=cmd|"/c"!A0<script>alert(1)</script>\x1b[31m'


def report(folder: Path, rows: list[Commitment], language: Language = Language.ZH) -> Pages:
    folder.mkdir(exist_ok=True)
    spool, figures = Spool(folder / "c.db"), Figures(ASKED)
    for one in rows:
        figures.add(one)
    spool.add(rows)
    spool.sort()
    told = Builder(
        ASKED, language,
        lambda numbers: {one: [(NOW, "received", HOSTILE, HOSTILE)] for one in numbers},
        shows_owner=True,
    )  # fmt: skip
    return told.whole(figures, spool)


def of_states(count: int, **changes: Any) -> list[Commitment]:
    states = list(State)
    return [
        Commitment(
            f"{at:032x}", changes.get("number", f"CM-{at}"), "crm", 1, NOW - timedelta(hours=at),
            states[at % len(states)], "dead" if at % len(states) < 4 else "", "erp",
            delivered=NOW if states[at % len(states)] is State.FULFILLED else None,
            customer=changes.get("customer", "恒力"), owner=changes.get("owner", "王芳"),
        )
        for at in range(count)
    ]  # fmt: skip


def test_hostile_names_do_nothing_in_any_format(tmp_path: Path) -> None:
    rows = of_states(7, number=HOSTILE, customer=HOSTILE, owner=HOSTILE)
    pages = report(tmp_path / "s", rows)
    html.write(pages, tmp_path / "r.html", Language.ZH)
    page = (tmp_path / "r.html").read_text("utf-8")
    assert page.count("<script") == 1
    assert "alert(1)</script>" not in page
    csv_files.write(pages, tmp_path / "csv", Language.ZH)
    assert not any(
        cell.startswith(("=", '"=')) for file in (tmp_path / "csv").iterdir()
        for line in file.read_text("utf-8-sig").splitlines() for cell in line.split(",")
    )  # fmt: skip
    xlsx.write(pages, tmp_path / "r.xlsx", Language.ZH)
    assert all(line.isprintable() for line in terminal.lines(pages, Language.ZH, 100))
    assert len(list(json_files.lines(pages))) == 7


@pytest.mark.parametrize("language", list(Language), ids=str)
@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_it_fits_the_terminal_in_both_languages(
    tmp_path: Path, language: Language, width: int
) -> None:
    from hub.reconcile.report.terminal_tables import columns

    pages = report(tmp_path / "s", of_states(40, customer="宁波东海泵业股份有限公司" * 3), language)
    assert [line for line in terminal.lines(pages, language, width) if columns(line) > width] == []


def test_the_worst_come_first_and_the_page_says_how_many_it_holds(tmp_path: Path) -> None:
    pages = report(tmp_path / "s", of_states(3_500))
    html.write(pages, tmp_path / "r.html", Language.ZH)
    page = (tmp_path / "r.html").read_text("utf-8")
    assert page.count('<details class="row">') == 2_000
    assert "前 2,000 条，共 3,500 条" in page
    found = [row[1] for row in pages.table("commitments").rows()]
    assert Counter(found) == dict.fromkeys(map(str, State), 500)
    assert found == sorted(found, key=[str(one) for one in State].index)
    ages: list[Any] = [row[4] for row in pages.table("commitments").rows() if row[1] == "late"]
    assert ages == sorted(ages, reverse=True)


def test_every_text_has_both_languages_and_the_same_places() -> None:
    import string

    for key, (english, chinese) in TEXTS.items():
        places = [
            {name for _, name, _, _ in string.Formatter().parse(words) if name}
            for words in (english, chinese)
        ]
        assert english, key
        assert chinese, key
        assert places[0] == places[1], key
