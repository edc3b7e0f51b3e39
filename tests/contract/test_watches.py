"""A happened and B did not within a time: who hears of it, once, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from watch_world import ORDER, WATCH, Company, at, later

from hub.errors import ConnectorError, HubError
from hub.flow import watch_memory
from hub.flow.poll import poll
from hub.people import Actor, Person
from hub.service import actions
from hub.service.authority import NotAllowed
from hub.store import engine, watches
from hub.store import tables as t
from hub.store.engine import Store
from hub.store.watches import Row

SUPERVISOR = ("watch", ["role:sales_supervisor"])
DIRECTOR = ("watch", ["role:regional_director"])
OVER = ("cleared", ["role:sales_supervisor"])


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    if request.param == "sqlite":
        store = engine.connect(f"sqlite:///{tmp_path_factory.mktemp('watches')}/hub.db")
    else:
        store = engine.connect(request.getfixturevalue("postgres_url_of_module"))
    t.metadata.create_all(store.engine)
    store.open()
    yield store
    store.close()


@pytest.fixture
def company(store: Store) -> Company:
    store.write_now(_empty)
    return Company(store)


def _empty(tx: sa.Connection) -> None:
    for table in reversed(t.metadata.sorted_tables):
        tx.execute(sa.delete(table))


# ---- arming, clearing, ending ----------------------------------------------------------------


async def test_what_does_not_come_in_time_is_told_once(company: Company) -> None:
    await company.contract()
    await company.until("1 10:59")
    assert company.told() == []
    await company.until("1 11:00")
    assert company.told() == [SUPERVISOR]
    await company.until("1 11:05")
    assert company.told() == [SUPERVISOR]
    assert company.rows("state", "due_at") == [("fired", at("2 11:00"))]
    (fired,) = company.noted("watch.fired")
    assert fired.facts == {"watch": "delivery-not-started", "key": "HT-1", "step": 0,
                           "late_seconds": 0}  # fmt: skip


async def test_what_comes_in_time_is_never_told(company: Company) -> None:
    await company.contract()
    await company.order()
    await company.until("1 10:30")
    assert company.rows() == ["cleared"]
    await company.until("2 18:00")
    assert company.told() == []


async def test_what_came_before_it_was_waited_for_arms_nothing(company: Company) -> None:
    await company.order()
    await company.read()
    await company.contract()
    assert company.rows() == ["met"]
    await company.until("2 18:00")
    assert company.told() == []


async def test_the_same_thing_twice_waits_once(company: Company) -> None:
    await company.contract()
    company.clock.advance(later(minutes=30))
    await company.contract(customer="C-2")
    assert company.rows("deadline") == [at("1 11:00")]


async def test_what_is_withdrawn_is_waited_for_no_more(company: Company) -> None:
    await company.contract()
    await company.contract(status="cancelled")
    await company.until("1 12:00")
    assert company.rows("state", "reason") == [("ended", "no_longer")]
    assert company.told() == []


async def test_what_is_withdrawn_and_comes_again_has_its_whole_time_again(
    company: Company,
) -> None:
    await company.contract()
    await company.until("1 11:00")
    await company.contract(status="draft")
    await company.fire()
    await company.contract()
    await company.until("1 12:59")
    assert company.told() == [SUPERVISOR, OVER]
    await company.until("1 13:00")
    assert company.told() == [SUPERVISOR, OVER, SUPERVISOR]


async def test_one_second_late_is_told_and_then_taken_back_to_those_who_were_told(
    company: Company,
) -> None:
    await company.contract()
    await company.until("1 11:00")
    await company.order()
    await company.until("1 11:00:01")
    assert company.rows() == ["cleared"]
    assert company.told() == [SUPERVISOR, OVER]
    await company.until("3 11:00")
    assert company.told() == [SUPERVISOR, OVER]


async def test_everybody_who_was_told_hears_that_it_is_over(company: Company) -> None:
    await company.contract()
    await company.until("1 11:00")
    await company.until("2 11:00")
    await company.contract(status="cancelled")
    await company.fire()
    over_director = ("cleared", ["role:regional_director"])
    assert company.told() == [SUPERVISOR, DIRECTOR, OVER, over_director]


async def test_what_came_for_another_key_changes_nothing(company: Company) -> None:
    await company.contract()
    await company.order("HT-2")
    await company.until("1 11:00")
    assert company.rows("key", "state") == [("HT-1", "fired"), ("HT-2", "met")]


async def test_a_record_of_another_connection_is_not_meant(company: Company) -> None:
    company.start(WATCH.replace("from: crm", "from: other"))
    await company.contract()
    assert company.rows() == []


async def test_a_record_that_no_longer_names_a_key_waits_for_the_new_one(
    company: Company,
) -> None:
    company.start(WATCH.replace("key: number", "key: customer.code", 1))
    await company.contract()
    await company.contract(customer="C-2")
    assert company.rows("key", "state") == [("C-1", "ended"), ("C-2", "armed")]


async def test_letters_of_full_width_are_the_same_key(company: Company) -> None:
    await company.contract("ＨＴ－７ ")
    await company.order("HT-7")
    await company.read()
    assert company.rows("key", "state") == [("HT-7", "cleared")]


async def test_a_record_without_the_key_waits_for_nothing(company: Company) -> None:
    company.start(WATCH.replace("key: number", "key: company", 1))
    await company.contract()
    await company.contract("HT-2", company="  ")
    assert company.rows() == []


async def test_a_record_its_condition_does_not_fit_is_taken_in_all_the_same(
    company: Company,
) -> None:
    company.start(WATCH.replace('status == "signed"', "amount > 5"))
    await company.contract()
    assert company.rows() == []
    assert company.all(sa.select(t.message.c.state)) == [("routed",)]


async def test_many_records_of_one_batch_are_taken_in_order(company: Company) -> None:
    for status in ("draft", "signed", "cancelled", "signed"):
        await company.bring("crm", "contract", {"number": "HT-1", "status": status,
                                                "customer": "C-1"})  # fmt: skip
    await company.bring("crm", "contract", {"number": "HT-2", "status": "signed",
                                            "customer": "C-1"})  # fmt: skip
    await company.work()
    assert company.rows("key", "state", "step") == [("HT-1", "armed", 0), ("HT-2", "armed", 0)]
    assert len(company.noted("watch.ended")) == 1


#: An order without its status: no record is made of it.
FAILING = {"number": "SO-9", "contract_no": "HT-1"}


# ---- what cannot be told ---------------------------------------------------------------------


async def test_nobody_is_told_while_the_source_was_not_read_past_the_deadline(
    company: Company,
) -> None:
    await company.contract()
    await company.until("1 10:59")
    company.connectors["erp"].up = False
    await company.until("1 11:30", read=False)
    assert company.rows("state", "reason") == [("cannot_tell", "not_read erp order")]
    assert company.told() == []
    assert company.alerts() == [("watch_cannot_tell", "delivery-not-started")]
    company.connectors["erp"].up = True
    await company.until("1 12:00")
    assert company.told() == [SUPERVISOR]
    assert company.notices()[0].facts["late_minutes"] == 60
    assert company.alerts() == []
    assert company.alerts("cleared") == [("watch_cannot_tell", "delivery-not-started")]


async def test_what_came_unread_in_time_is_no_reason_to_tell_anybody(company: Company) -> None:
    await company.contract()
    await company.order()
    await company.until("1 11:30", read=False)
    await company.until("1 12:00")
    assert company.rows() == ["cleared"]
    assert company.told() == []
    await company.fire()
    assert company.alerts() == []


async def test_a_poll_a_little_after_the_deadline_troubles_nobody(company: Company) -> None:
    await company.contract()
    await company.until("1 10:58")
    await company.until("1 11:02", read=False)
    assert company.rows() == ["armed"]
    assert company.alerts() == []
    await company.until("1 11:03")
    assert company.told() == [SUPERVISOR]


async def test_a_message_that_failed_may_be_what_is_waited_for(company: Company) -> None:
    await company.contract()
    await company.bring("erp", "order", FAILING)
    await company.until("1 11:10")
    assert company.rows("state", "reason") == [("cannot_tell", "unread_messages erp order")]
    assert company.told() == []


async def test_a_message_that_failed_after_the_deadline_says_nothing_of_it(
    company: Company,
) -> None:
    await company.contract()
    company.clock.advance(at("1 11:00") - company.clock.now())
    await company.read()
    company.clock.advance(later(minutes=1))
    await company.bring("erp", "order", FAILING)
    await company.work()
    await company.fire()
    assert company.told() == [SUPERVISOR]


async def test_what_the_first_poll_behind_the_deadline_brought_may_be_from_before_it(
    company: Company,
) -> None:
    await company.contract()
    await company.order()
    company.clock.advance(at("1 11:03") - company.clock.now())
    await poll(company.flow, "erp", "order")
    await company.fire()
    assert company.told() == []
    await company.work()
    assert company.rows() == ["cleared"]


async def test_a_message_that_nobody_can_mend_is_set_aside_and_the_watch_tells(
    company: Company,
) -> None:
    await company.contract()
    await company.bring("erp", "order", FAILING)
    await company.until("1 11:10")
    assert company.told() == []
    failed = company.all(sa.select(t.message.c.id).where(t.message.c.state == "failed"))[0].id
    await company.act("message.ignore", id=failed, reason="a test item")
    await company.until("1 11:12")
    assert company.told() == [SUPERVISOR]
    m = t.message.c
    (ignored,) = company.all(sa.select(m.state, m.reason).where(m.id == failed))
    assert tuple(ignored) == ("ignored", "set aside: a test item")
    assert company.alerts() == []


async def test_only_failed_messages_are_set_aside(company: Company) -> None:
    await company.contract()
    (routed,) = company.all(sa.select(t.message.c.id))
    with pytest.raises(HubError, match="only failed ones"):
        await company.act("message.ignore", id=routed.id, reason="x")
    await company.bring("erp", "order", FAILING)
    await company.work()
    failed = company.all(sa.select(t.message.c.id).where(t.message.c.state == "failed"))[0].id
    with pytest.raises(HubError, match="Say why"):
        await company.act("message.ignore", id=failed, reason=" ")
    with pytest.raises(HubError, match="no message"):
        await company.act("message.ignore", id="0" * 32, reason="x")


async def test_a_poll_of_a_clock_that_ran_ahead_has_not_read_up_to_now(
    company: Company,
) -> None:
    await company.contract()
    company.clock.advance(at("1 15:00") - company.clock.now())
    await poll(company.flow, "erp", "order")
    company.clock.advance(at("1 11:01") - company.clock.now())
    await company.fire()
    assert company.told() == []
    await company.until("1 11:02")
    assert company.told() == [SUPERVISOR]


async def test_a_stored_message_nobody_has_taken_up_may_be_it(company: Company) -> None:
    await company.contract()
    await company.read()
    await company.bring("erp", "order", {"number": "SO-9", "contract_no": "HT-1",
                                         "status": "open", "customer": "C-1"})  # fmt: skip
    company.clock.advance(at("1 11:00") - company.clock.now())
    await company.store.write(_read_at, company.clock.now())
    await company.fire()
    assert company.told() == []
    await company.work()
    assert company.rows() == ["cleared"]


def _read_at(tx: sa.Connection, now: Any) -> None:
    tx.execute(sa.update(t.cursor).values(read_at=now))


async def test_a_watch_that_nothing_configured_can_clear_cannot_tell(company: Company) -> None:
    company.start(WATCH.replace("record: order, key: contract_no", "record: bom, key: sku"))
    await company.contract()
    await company.until("1 11:00")
    assert company.rows("state", "reason") == [("cannot_tell", "no_source")]
    assert company.told() == []


WITHOUT_KEY = ORDER.replace("  contract_no: contract_no\n", "")


async def test_a_stream_whose_mapping_never_fills_the_key_cannot_clear_it(
    company: Company,
) -> None:
    company.order_mapping = WITHOUT_KEY
    company.start(WATCH)
    await company.contract()
    await company.until("1 11:00")
    assert company.rows("state", "reason") == [("cannot_tell", "no_source")]


async def test_a_stream_that_is_not_polled_and_does_not_come_cannot_be_waited_for(
    company: Company,
) -> None:
    company.start(WATCH, connections={"erp": {"name": "erp", "connector": "erp-product"}})
    await company.contract()
    await company.until("1 11:00")
    assert company.rows("state", "reason") == [("cannot_tell", "not_polled erp order")]


@pytest.mark.parametrize(("mapping", "rows"), [(ORDER, ["armed"]), (WITHOUT_KEY, [])])
async def test_a_shipped_watch_sleeps_until_something_can_clear_it(
    company: Company, mapping: str, rows: list[str]
) -> None:
    company.order_mapping, company.origin = mapping, "shipped"
    company.start(WATCH)
    await company.contract()
    assert company.rows() == rows


async def test_an_escalation_waits_until_the_source_was_read_too(company: Company) -> None:
    await company.contract()
    await company.until("1 11:00")
    await company.until("2 11:20", read=False)
    assert company.told() == [SUPERVISOR]
    assert company.rows() == ["fired"]
    await company.until("2 11:30")
    assert company.told() == [SUPERVISOR, DIRECTOR]


# ---- how far it was read ---------------------------------------------------------------------


def read_at(company: Company) -> Any:
    return company.all(sa.select(t.cursor.c.read_at))[0][0]


async def test_a_stream_is_read_up_to_when_its_last_whole_poll_began(company: Company) -> None:
    began = company.clock.now()
    await company.read()
    assert read_at(company) == began
    company.clock.advance(later(minutes=5))
    again = company.clock.now()
    await company.read()
    assert read_at(company) == again


async def test_a_poll_that_broke_off_read_nothing_to_its_end(company: Company) -> None:
    began = company.clock.now()
    await company.read()
    erp = company.connectors["erp"]
    erp.page, erp.pages_left = 1, 2
    for _ in range(3):
        await company.order()
    company.clock.advance(later(minutes=5))
    with pytest.raises(ConnectorError):
        await company.read()
    assert read_at(company) == began
    erp.pages_left, resumed = None, company.clock.now()
    await company.read()
    assert read_at(company) == resumed


async def test_a_poll_from_a_place_a_person_named_reads_nothing_to_its_end(
    company: Company,
) -> None:
    began = company.clock.now()
    await company.read()
    company.clock.advance(later(minutes=5))
    await poll(company.flow, "erp", "order", since="9")
    assert read_at(company) == began


async def test_an_order_made_while_the_last_poll_ran_is_not_taken_for_missing(
    company: Company,
) -> None:
    await company.contract()
    company.clock.advance(at("1 11:00") - company.clock.now() - later(seconds=0.5))
    company.connectors["erp"].takes = 1.0
    await company.read()
    assert company.clock.now() > at("1 11:00")
    await company.fire()
    assert company.told() == []


# ---- several processes -----------------------------------------------------------------------


async def test_what_two_processes_route_at_once_is_armed_and_cleared_all_the_same(
    company: Company,
) -> None:
    if company.store.dialect == "sqlite":
        pytest.skip("one process writes SQLite")
    armed = Row("a" * 32, "delivery-not-started", "HT-1", "armed", record_id="r1")
    await company.order()
    await poll(company.flow, "erp", "order")
    await _while_another_adds(company, armed, company.work())
    assert company.rows("id", "state") == [(armed.id, "cleared")]


async def test_what_is_armed_beside_a_row_of_another_process_is_noted_too(
    company: Company,
) -> None:
    if company.store.dialect == "sqlite":
        pytest.skip("one process writes SQLite")
    met = Row("a" * 32, "delivery-not-started", "HT-1", "met", cleared_at=company.clock.now())
    for number in ("HT-0", "HT-1", "HT-2"):
        item = {"number": number, "status": "signed", "customer": "C-1"}
        await company.bring("crm", "contract", item)
    await _while_another_adds(company, met, company.work())
    assert company.rows("key", "state") == [("HT-0", "armed"), ("HT-1", "met"), ("HT-2", "armed")]
    noted = [one for entry in company.noted("watch.armed") for one in entry.facts["watches"]]
    assert sorted(noted) == ["delivery-not-started: HT-0", "delivery-not-started: HT-2"]


async def test_what_another_process_arms_while_the_store_is_looked_through_is_cleared(
    company: Company,
) -> None:
    if company.store.dialect == "sqlite":
        pytest.skip("one process writes SQLite")
    company.start()
    await company.order()
    await company.read()
    company.start(WATCH)
    armed = Row("a" * 32, "delivery-not-started", "HT-1", "armed", record_id="r1")
    await _while_another_adds(company, armed, company.fire())
    assert company.rows("id", "state") == [(armed.id, "cleared")]


async def _while_another_adds(company: Company, row: Row, work: Any) -> None:
    """Let a process work that wants a row which another one is about to commit."""
    with company.store.engine.begin() as other:
        watches.add(other, [row])
        working = asyncio.create_task(work)
        for _ in range(500):
            await asyncio.sleep(0.01)
            if _waits_for_a_lock(company):
                break
        else:
            raise AssertionError("nobody waited for the row of the other process")
    await working


def _waits_for_a_lock(company: Company) -> bool:
    query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                    " AND datname = current_database()")  # fmt: skip
    return bool(company.store.read_now(lambda tx: tx.scalar(query)))


# ---- steps and time --------------------------------------------------------------------------


async def test_steps_come_in_order_and_the_last_one_again_and_again(company: Company) -> None:
    await company.contract()
    for moment in ("1 11:00", "2 11:00", "3 11:00", "4 11:00"):
        await company.until(moment)
    assert company.told() == [SUPERVISOR, DIRECTOR, DIRECTOR, DIRECTOR]


async def test_the_deadline_is_counted_in_business_time(company: Company) -> None:
    await company.until("5 17:30")
    await company.contract()
    assert company.rows("deadline") == [at("8 10:30")]


async def test_time_counted_without_the_holidays_of_its_year_is_logged_once(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    company.clock.advance(datetime(2098, 6, 2, 1, tzinfo=UTC) - company.clock.now())
    await company.contract()
    await company.contract("HT-2")
    assert capsys.readouterr().out.count("calendar.year_unknown") == 1
    assert company.flow.unknown_years == {2098}


async def test_a_company_has_its_own_hours(company: Company) -> None:
    calendar = {"companies": {"NB": {"hours": ["10:00-12:00", "15:00-17:00"]}}}
    company.start(WATCH, calendar=calendar)
    await company.until("1 11:30")
    await company.contract(company="NB")
    assert company.rows("deadline") == [at("1 16:30")]


async def test_after_a_standstill_over_the_weekend_only_the_next_step_is_told(
    company: Company,
) -> None:
    await company.until("4 16:00")
    await company.contract()
    # four steps would have been due meanwhile
    await company.until("10 09:00")
    assert company.told() == [SUPERVISOR]
    assert company.notices()[0].facts["late_minutes"] == 5 * 24 * 60 + 15 * 60
    await company.until("11 08:59")
    assert company.told() == [SUPERVISOR]
    await company.until("11 09:00")
    assert company.told() == [SUPERVISOR, DIRECTOR]


async def test_a_clock_that_goes_back_and_forth_tells_nothing_twice(company: Company) -> None:
    await company.contract()
    await company.until("1 11:00")
    for moment in ("1 09:00", "1 11:00", "1 10:00", "1 11:01"):
        await company.until(moment)
    assert company.told() == [SUPERVISOR]


async def test_a_process_that_starts_again_tells_nothing_twice(company: Company) -> None:
    await company.contract()
    await company.until("1 11:00")
    company.clock.advance(later(minutes=1))
    company.start(WATCH)
    await company.until("1 11:05")
    assert company.told() == [SUPERVISOR]


async def test_only_the_process_with_the_lease_tells(company: Company) -> None:
    await company.contract()
    await company.until("1 10:59:50")
    first = company.flow
    await company.contract("HT-2")
    await company.until("1 11:00")
    company.start(WATCH)
    await company.until("1 11:00:10")
    assert company.flow is not first
    assert company.told() == [SUPERVISOR]


# ---- persons ---------------------------------------------------------------------------------


async def test_what_somebody_looks_after_is_told_again_only_when_it_is_over(
    company: Company,
) -> None:
    await company.contract()
    await company.until("1 11:00")
    await company.act("watch.acknowledge", id="HT-1", reason="called the plant")
    assert company.rows("reason") == ["called the plant"]
    await company.until("3 11:00")
    assert company.told() == [SUPERVISOR]
    await company.order()
    await company.until("3 11:05")
    assert company.told() == [SUPERVISOR, OVER]
    noted = company.noted("watch.acknowledged")[0]
    # what a person says can be erased, so it is not in the ledger
    assert (noted.actor, "reason" in noted.facts) == ("os:li", False)


async def test_snoozing_moves_what_is_told_and_not_the_deadline(company: Company) -> None:
    await company.contract()
    await company.act("watch.snooze", id="HT-1", until="1 working day", reason="stock count")
    assert company.rows("due_at", "snoozed_until") == [(at("2 09:00"), at("2 09:00"))]
    await company.until("1 18:00")
    assert company.told() == []
    await company.until("2 09:00")
    assert company.told() == [SUPERVISOR]
    assert company.rows("deadline") == [at("1 11:00")]


async def test_a_snooze_by_mistake_is_replaced_by_a_shorter_one(company: Company) -> None:
    await company.contract()
    await company.act("watch.snooze", id="HT-1", until="300 days", reason="typed wrong")
    await company.act("watch.snooze", id="HT-1", until="3 hours", reason="stock count")
    assert company.rows("due_at", "asked_at") == [(at("1 12:00"), at("1 12:00"))]
    await company.act("watch.snooze", id="HT-1", until="5 minutes", reason="found")
    assert company.rows("due_at", "asked_at") == [(at("1 11:00"), at("1 11:00"))]


async def test_snoozing_shorter_than_it_waits_anyway_moves_nothing(company: Company) -> None:
    await company.contract()
    await company.until("1 11:00")
    await company.act("watch.snooze", id="HT-1", until="5 minutes", reason="x")
    assert company.rows("due_at") == [at("2 11:00")]


@pytest.mark.parametrize(
    ("action", "given", "words"),
    [
        ("watch.snooze", {"id": "HT-9", "until": "2 hours", "reason": "x"}, "hub watch list"),
        ("watch.snooze", {"id": "HT-1", "until": "2026-05-01", "reason": "x"}, "over already"),
        ("watch.snooze", {"id": "HT-1", "until": "2028-05-01", "reason": "x"}, "more than a year"),
        ("watch.snooze", {"id": "HT-1", "until": "soon", "reason": "x"}, "2 working hours"),
        ("watch.snooze", {"id": "HT-1", "until": "2 hours"}, "Say why"),
        ("watch.acknowledge", {"id": "HT-1", "reason": "x"}, "not late as far as is known"),
    ],
    ids=["unknown", "past", "far", "no time", "no reason", "not late"],
)
async def test_what_cannot_be_decided_says_why(
    company: Company, action: str, given: dict[str, Any], words: str
) -> None:
    await company.contract()
    with pytest.raises(HubError, match=words):
        await company.act(action, **given)
    assert company.rows("snoozed_until", "acknowledged_at") == [(None, None)]


@pytest.mark.parametrize(
    ("person", "may"),
    [
        (Person("li.na", "李娜", ("sales_supervisor",)), True),
        (Person("wang.wei", "王伟", ("operator",)), True),
        (Person("zhou", "周", ("coo",)), True),
        (Person("chen", "陈", ("accountant", "viewer")), False),
    ],
    ids=["a role that is told", "an operator", "a person who is told", "another role"],
)
async def test_only_those_who_are_told_and_operators_decide(
    company: Company, person: Person, may: bool
) -> None:
    company.start(WATCH.replace("[role:regional_director]", "[person:zhou]"))
    await company.contract()
    await company.until("1 11:00")
    actor = Actor(person, dict.fromkeys(person.roles))
    deciding = actions.act(
        company.flow, "watch.acknowledge", {"id": "HT-1", "reason": "called"}, actor
    )
    if may:
        await deciding
    else:
        with pytest.raises(NotAllowed, match="sales_supervisor"):
            await deciding
        (refused,) = company.noted("action.refused")
        assert (refused.actor, refused.facts["code"]) == ("person:chen", "NotAllowed")
    assert company.rows("acknowledged_by") == [f"person:{person.id}" if may else None]


async def test_what_is_over_can_no_longer_be_snoozed(company: Company) -> None:
    await company.contract()
    await company.order()
    await company.read()
    with pytest.raises(HubError, match="is cleared"):
        await company.act("watch.snooze", id="HT-1", until="2 hours", reason="x")


# ---- files that change -----------------------------------------------------------------------


async def test_what_a_removed_watch_waited_for_ends_without_a_word(company: Company) -> None:
    await company.contract()
    await company.contract("HT-2")
    company.start()
    await company.fire()
    assert company.rows("state", "reason") == [("ended", "removed"), ("ended", "removed")]
    assert [one.facts["reason"] for one in company.noted("watch.ended")] == ["removed"] * 2
    await company.until("2 18:00")
    assert company.told() == []


async def test_a_changed_time_counts_for_what_comes_from_then_on(company: Company) -> None:
    await company.contract()
    company.start(WATCH.replace("2 working hours", "1 working hour"))
    await company.contract("HT-2")
    assert company.rows("key", "deadline") == [("HT-1", at("1 11:00")), ("HT-2", at("1 10:00"))]


async def test_steps_count_as_the_file_has_them_by_now(company: Company) -> None:
    await company.contract()
    await company.until("1 11:00")
    company.start(WATCH.split("  - {after")[0])
    await company.until("3 18:00")
    assert company.told() == [SUPERVISOR]


async def test_what_was_there_before_its_watch_is_not_taken_for_missing(
    company: Company,
) -> None:
    company.start()
    await company.order("HT-1")
    await company.read()
    company.start(WATCH)
    await company.fire()
    await company.contract()
    await company.contract("HT-2")
    assert company.rows("key", "state") == [("HT-1", "met"), ("HT-2", "armed")]


async def test_what_was_armed_before_its_watch_had_learned_is_cleared_by_what_was_there(
    company: Company,
) -> None:
    company.start()
    await company.order("HT-1")
    await company.read()
    company.start(WATCH)
    await company.contract()
    assert company.rows() == ["armed"]
    await company.until("1 18:00")
    assert company.rows() == ["cleared"]
    assert company.told() == []


@pytest.mark.parametrize(
    ("wrong", "state"),
    [(("key: contract_no", "key: number"), "fired"),
     (("record: order, key: contract_no", "record: bom, key: sku"), "cannot_tell")],
)  # fmt: skip
async def test_a_watch_whose_key_is_mended_finds_what_was_there(
    company: Company, wrong: tuple[str, str], state: str
) -> None:
    company.start(WATCH.replace(*wrong))
    await company.contract()
    await company.order()
    await company.until("1 11:00")
    assert [one for one in company.rows("key", "state") if one[0] == "HT-1"] == [("HT-1", state)]
    company.start(WATCH)
    await company.until("1 12:00")
    assert [one for one in company.rows("key", "state") if one[0] == "HT-1"] == [
        ("HT-1", "cleared")
    ]
    assert company.told() == ([SUPERVISOR, OVER] if state == "fired" else [])
    assert len(company.noted("watch.cleared")) == 1
    assert company.alerts() == []


async def test_what_was_withdrawn_before_its_watch_found_what_was_there_is_not_waited_for(
    company: Company,
) -> None:
    company.start(WATCH.replace("key: contract_no", "key: number"))
    await company.contract()
    await company.contract(status="draft")
    await company.order()
    await company.read()
    company.start(WATCH)
    await company.fire()
    await company.contract()
    assert ("HT-1", "met") in company.rows("key", "state")


async def test_a_watch_that_was_gone_for_a_while_learns_what_came_meanwhile(
    company: Company,
) -> None:
    await company.until("1 09:01")
    company.start()
    await company.until("1 09:02")
    await company.order("HT-1")
    await company.until("1 09:03")
    company.start(WATCH)
    await company.until("1 09:04")
    assert company.rows() == ["met"]


async def test_a_store_is_looked_through_in_bites(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_memory, "BITE", 2)
    company.start()
    for number in range(5):
        await company.order(f"HT-{number}")
    await company.read()
    company.start(WATCH)
    await company.fire()
    assert company.rows("key") == [f"HT-{number}" for number in range(5)]


# ---- delivered by a connection ---------------------------------------------------------------

BY_IM = WATCH.split("then:")[0] + "then:\n  - {to: im, operation: notify, map: notice-to-im}\n"


async def test_a_step_may_be_a_delivery_of_its_own(company: Company) -> None:
    company.start(BY_IM)
    await company.contract()
    await company.until("1 11:00")
    await company.order()
    await company.until("1 11:05")
    await company.fire()
    d = t.delivery.c
    assert (
        company.all(sa.select(d.route, d.step, d.connection, d.state).order_by(d.id))
        == [("watch:delivery-not-started", "im", "im", "ready")] * 2
    )
    told = company.all(sa.select(t.record_revision.c.document)
                       .join(t.record, t.record.c.id == t.record_revision.c.record_id)
                       .where(t.record.c.kind == "notice").order_by(t.record.c.id))  # fmt: skip
    assert [one.document["event"] for one in told] == ["late", "over"]
    assert company.told() == []


async def test_a_delivery_of_a_watch_belongs_to_the_story_of_what_was_waited_for(
    company: Company,
) -> None:
    company.start(BY_IM)
    await company.contract()
    await company.until("1 11:00")
    (armed,) = company.noted("watch.armed")
    (delivery,) = company.all(sa.select(t.delivery.c.correlation_id))
    assert delivery.correlation_id == armed.correlation_id


async def test_a_step_that_cannot_be_planned_is_a_failed_message_and_keeps_nobody_waiting(
    company: Company,
) -> None:
    company.start(BY_IM.replace("to: im", "to: gone"), WATCH.replace("delivery-not", "also-not"))
    await company.contract()
    await company.until("1 11:00")
    m = t.message.c
    (message,) = company.all(sa.select(m.state, m.reason).where(m.connection == "hub"))
    assert message.state == "failed"
    assert "no connection 'gone'" in message.reason
    assert company.told() == [SUPERVISOR]
    assert company.rows() == ["fired", "fired"]
