"""How notices reach people: once, in time, and without holding anything else up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alert_bench import SECRET, Bench, MailServer, Receiver, email, webhook
from standardwebhooks import Webhook, WebhookVerificationError

from hub.errors import ConfigError
from hub.flow.channels import signature
from hub.language import say
from hub.people import SYSTEM, Delegation, Person
from hub.service.actions import act
from hub.store import bundles, notices
from hub.store import tables as t
from hub.testing import FixedClock

MINUTE = timedelta(minutes=1)
Make = Callable[..., Bench]
#: A check of the example in the specification of Standard Webhooks.
PUBLISHED = {
    "id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "at": 1614265330,
    "body": b'{"test": 2432232314}',
    "signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


@pytest.fixture
def hub(hub_with: Make, mail: MailServer) -> Bench:
    return hub_with(alerts={"email": email(mail), "language": "en", "disk_free": "1 B"})


async def queue(hub: Bench, cause: str, to: tuple[str, ...] = (), **more: Any) -> bool:
    return await hub.flow.store.write(
        notices.queue, cause, "watch", {"key": "HT-1"}, to, hub.clock.now(), hub.clock.new_id,
        **more,
    )  # fmt: skip


# ---- once ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "store", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
async def test_one_cause_is_one_notice_on_every_store(
    hub_with: Make, mail: MailServer, store: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if store == "postgresql" else ""
    hub = hub_with(url, alerts={"email": email(mail), "language": "en", "disk_free": "1 B"})
    assert await queue(hub, "watch:1:0")
    assert not await queue(hub, "watch:1:0")
    await hub.work()
    hub.restart()
    assert not await queue(hub, "watch:1:0")
    await hub.kill(1)
    await hub.work()
    await hub.work(6 * MINUTE)
    await hub.revive(1)
    await hub.work(MINUTE)
    assert mail.titles == [
        "[ACME] watch: HT-1",
        "[ACME] A delivery of wms is dead: rejected.",
        "[ACME] It is over: A delivery of wms is dead: rejected.",
    ]


async def test_a_process_that_dies_while_it_sends_sends_the_same_again_once_its_lease_ends(
    hub_with: Make, receiver: Receiver
) -> None:
    hub = hub_with(alerts={"webhook": webhook(receiver), "disk_free": "1 B"})
    receiver.goes_on.clear()
    await queue(hub, "watch:1:0")
    sending = asyncio.create_task(hub.courier.step())
    await receiver.here.wait()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    receiver.goes_on.set()
    hub.restart()
    await hub.work(9 * MINUTE)
    assert len(receiver.calls) == 1
    await hub.work(2 * MINUTE)
    first, second = (headers["webhook-id"] for headers, _ in receiver.calls)
    assert first == second
    assert hub.notices("queued") == []


async def test_a_mail_sent_again_carries_the_same_message_id(hub: Bench, mail: MailServer) -> None:
    await queue(hub, "watch:1:0")
    await hub.work()
    # as if the process had died between the server's yes and the commit
    await hub.change(t.notice, state="queued", due_at=hub.clock.now())
    hub.restart()
    await hub.work()
    assert len(mail.taken) >= 2
    assert len({one["Message-ID"] for one in mail.mails}) == 1


# ---- a channel that is down ------------------------------------------------------------------


async def test_a_mail_server_that_is_down_gets_the_notice_once_it_is_up(
    hub: Bench, mail: MailServer
) -> None:
    mail.refusals = ["451 later", "451 later"]
    await queue(hub, "watch:1:0")
    await hub.work()
    assert mail.taken == []
    (late,) = hub.flow.store.read_now(notices.unsent)
    assert (late["channel"], late["count"], late["words"]) == ("email", 1, "SMTP 451")
    await hub.work(MINUTE)
    await hub.work(2 * MINUTE)
    assert mail.titles == ["[ACME] watch: HT-1"]
    assert hub.flow.store.read_now(notices.unsent) == []


async def test_a_channel_that_is_down_holds_up_no_other_and_is_asked_once_a_round(
    hub_with: Make, mail: MailServer, receiver: Receiver
) -> None:
    hub = hub_with(alerts={"email": email(mail), "webhook": webhook(receiver), "disk_free": "1 B"})
    receiver.statuses = [503] * 9
    for number in range(3):
        await queue(hub, f"watch:{number}:0")
    await hub.work()
    assert len(mail.taken) == 3
    assert len(receiver.calls) == 1
    assert {one["words"] for one in hub.notices("queued")} == {"HTTP 503"}


async def test_however_much_waits_for_a_channel_that_is_down_it_is_asked_once_a_round(
    hub_with: Make, mail: MailServer, receiver: Receiver
) -> None:
    hub = hub_with(alerts={"email": email(mail), "webhook": webhook(receiver), "flood": 100,
                           "disk_free": "1 B"})  # fmt: skip
    receiver.statuses = [503]
    for number in range(25):
        await queue(hub, f"watch:{number}:0")
    await hub.work()
    assert (len(mail.taken), len(receiver.calls)) == (25, 1)
    await hub.work(MINUTE)
    assert len(receiver.calls) == 26
    assert hub.notices("queued") == []


async def test_looking_and_telling_reads_no_whole_table(hub_with: Make, mail: MailServer) -> None:
    hub = hub_with(alerts={"email": email(mail), "silent": {"crm": "2d"}, "flood": 1,
                           "disk_free": "1 B"})  # fmt: skip
    said: dict[str, Any] = {}

    @sa.event.listens_for(hub.flow.store.engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, params: Any, _x: Any, many: bool) -> None:
        said.setdefault(statement, params[0] if many else params)

    await hub.kill(1)
    for number in range(3):
        await queue(hub, f"watch:{number}:0")
    await hub.work()
    await hub.work(MINUTE)
    assert len(said) > 25
    scanned = set()
    with hub.flow.store.engine.connect() as connection:
        for statement, params in list(said.items()):
            if statement.startswith(("SELECT", "UPDATE")):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", params)
                scanned |= {step.detail for step in plan if step.detail.startswith("SCAN")}
    tables = {one.split()[1] for one in scanned} & t.metadata.tables.keys()
    # a row for each connection, stream or process
    assert tables - {"broken", "connection_state", "cursor"} <= {"notice"}
    # what no channel has taken yet
    assert {one for one in scanned if " notice" in one} == {"SCAN notice USING INDEX notice_unsent"}


async def test_another_channel_tells_of_one_that_stays_down(
    hub_with: Make, mail: MailServer, receiver: Receiver
) -> None:
    hub = hub_with(
        alerts={"email": email(mail), "language": "en", "webhook": webhook(receiver),
                "disk_free": "1 B"}
    )  # fmt: skip
    receiver.statuses = [503] * 9
    await queue(hub, "watch:1:0")
    for _ in range(9):
        await hub.work(MINUTE)
    assert mail.titles[1:] == ["[ACME] The channel webhook takes no notices: HTTP 503."]
    receiver.statuses = []
    await hub.work(60 * MINUTE)
    await hub.work()
    assert ("channel_down", "webhook", "cleared") in hub.alerts()


async def test_what_no_channel_takes_for_days_is_given_up_and_shown(
    hub: Bench, mail: MailServer
) -> None:
    mail.refusals = ["451 later"] * 200
    await queue(hub, "watch:1:0")
    for _ in range(10):
        await hub.work(timedelta(hours=9))
    (gone,) = hub.flow.store.read_now(notices.unsent)
    assert (gone["state"], gone["count"]) == ("failed", 1)


async def test_what_the_server_says_of_an_address_is_not_kept(hub: Bench, mail: MailServer) -> None:
    mail.unknown = {"ops@acme.example"}
    await queue(hub, "watch:1:0")
    await hub.work()
    assert [one["words"] for one in hub.notices("queued")] == ["SMTP 550 (1)"]


async def test_a_mail_some_addresses_refuse_counts_as_sent_and_says_so(
    hub_with: Make, mail: MailServer
) -> None:
    mail.unknown = {"gone@acme.example"}
    to = ["ops@acme.example", "gone@acme.example"]
    hub = hub_with(alerts={"email": email(mail, to=to), "disk_free": "1 B"})
    await queue(hub, "watch:1:0")
    await hub.work()
    assert len(mail.taken) == 1
    assert [one["words"] for one in hub.notices("sent")] == ["SMTP 550 (1)"]


async def test_a_server_without_encryption_gets_nothing_where_encryption_is_wanted(
    hub_with: Make, mail: MailServer
) -> None:
    hub = hub_with(alerts={"email": email(mail, tls="starttls"), "disk_free": "1 B"})
    await queue(hub, "watch:1:0")
    await hub.work()
    assert mail.taken == []
    assert [one["words"] for one in hub.notices("queued")] == ["SMTPNotSupportedError"]


@pytest.mark.parametrize(
    ("password", "trusted", "code"),
    [
        ("right", True, None),
        ("wrong", True, "SMTP 535"),
        ("right", False, "SSLCertVerificationError"),
    ],
    ids=["right", "wrong password", "unknown authority"],
)
async def test_a_line_is_encrypted_and_checked_before_the_password_is_sent(
    hub_with: Make, encrypted: tuple[str, Path, MailServer],
    password: str, trusted: bool, code: str | None,
) -> None:  # fmt: skip
    tls, authority, mail = encrypted
    own = email(mail, tls=tls, user="hub", password=password)
    if trusted:
        own["ca_file"] = authority
    hub = hub_with(alerts={"email": own, "disk_free": "1 B"})
    await queue(hub, "watch:1:0")
    await hub.work()
    assert len(mail.taken) == (code is None)
    assert [one["words"] for one in hub.notices("queued")] == ([code] if code else [])


async def test_without_channels_nothing_is_sent_and_nothing_piles_up_for_later(
    hub_with: Make, mail: MailServer
) -> None:
    hub = hub_with(alerts={"disk_free": "1 B"})
    await hub.kill(1)
    await hub.work()
    await hub.work(6 * MINUTE)
    assert hub.notices("queued") == []
    assert hub.alerts() == [("dead_letter", "wms/rejected", "open")]


# ---- a flood ---------------------------------------------------------------------------------


async def test_more_than_a_flood_is_told_in_one(hub_with: Make, mail: MailServer) -> None:
    hub = hub_with(alerts={"email": email(mail), "language": "en", "flood": 3, "disk_free": "1 B"})
    for number in range(10):
        await hub.kill(number, connection=f"shop{number}")
    await hub.work()
    await hub.work(6 * MINUTE)
    assert len(mail.taken) == 3
    await hub.work(6 * MINUTE)
    assert len(mail.taken) == 4
    assert mail.titles[3] == "[ACME] 7 more notices are told in this one."
    assert "dead_letter: 7" in mail.mails[3].get_content()


async def test_after_a_flood_each_is_told_by_itself_again(hub_with: Make, mail: MailServer) -> None:
    hub = hub_with(alerts={"email": email(mail), "language": "en", "flood": 2, "disk_free": "1 B"})
    for number in range(5):
        await queue(hub, f"watch:{number}:0")
    await hub.work()
    await hub.work(20 * MINUTE)
    await queue(hub, "watch:9:0")
    await hub.work()
    assert len(mail.taken) == 4
    assert mail.titles[-1] == "[ACME] watch: HT-1"


# ---- persons ---------------------------------------------------------------------------------

LI = Person("li.na", roles=("coo",), email="li.na@acme.example")


@pytest.mark.parametrize("to", ["role:coo", "person:li.na"])
async def test_a_person_is_told_by_mail_and_the_channel_is_not(
    hub: Bench, mail: MailServer, to: str
) -> None:
    hub.employ(LI, Person("wang", email="wang@acme.example"))
    await queue(hub, "watch:1:0", (to,))
    await hub.work()
    assert [one.rcpt_tos for one in mail.taken] == [["li.na@acme.example"]]


async def test_whoever_stands_in_is_told_too(hub: Bench, mail: MailServer) -> None:
    away = Delegation("wang", date(2026, 6, 1), date(2026, 6, 2))
    hub.employ(
        Person("li.na", roles=("coo",), email="li.na@acme.example", delegations=(away,)),
        Person("wang", email="wang@acme.example"),
    )
    await queue(hub, "watch:1:0", ("role:coo",))
    await hub.work()
    told = sorted(address for one in mail.taken for address in one.rcpt_tos)
    assert told == ["li.na@acme.example", "wang@acme.example"]


@pytest.mark.parametrize(
    "person",
    [
        Person("li.na", roles=("coo",)),
        Person("li.na", roles=("coo",), email="li.na@acme.example", left=date(2026, 5, 1)),
        Person("wang", email="wang@acme.example"),
    ],
    ids=["no address", "has left", "nobody of that role"],
)
@pytest.mark.parametrize("to", ["role:coo", "person:li.na"])
async def test_where_a_person_cannot_be_told_the_channels_are_and_for_whom(
    hub: Bench, mail: MailServer, person: Person, to: str
) -> None:
    hub.employ(person)
    await queue(hub, "watch:1:0", (to,))
    await hub.work()
    assert [one.rcpt_tos for one in mail.taken] == [["ops@acme.example"]]
    assert f"This is for {to}" in mail.mails[0].get_content()


async def test_a_person_with_two_of_the_roles_is_told_once(hub: Bench, mail: MailServer) -> None:
    hub.employ(Person("li.na", roles=("coo", "director"), email="li.na@acme.example"))
    await queue(hub, "watch:1:0", ("role:coo", "role:director", "person:li.na"))
    await hub.work()
    assert len(mail.taken) == 1


async def test_alerts_go_to_whom_the_settings_name(hub_with: Make, mail: MailServer) -> None:
    hub = hub_with(alerts={"email": email(mail), "to": ["role:coo"], "disk_free": "1 B"})
    hub.employ(LI)
    await hub.kill(1)
    await hub.work()
    await hub.work(6 * MINUTE)
    assert [one.rcpt_tos for one in mail.taken] == [["li.na@acme.example"]]


async def test_whoever_queues_a_notice_may_bring_its_sentence_and_command(
    hub_with: Make, mail: MailServer
) -> None:
    hub = hub_with(alerts={"email": email(mail), "language": "both", "disk_free": "1 B"})
    words = bundles.sentence_as_data(say("Since {at}.", at="09:00"))
    facts = {"sentence": words, "command": "hub gate list"}
    await hub.flow.store.write(
        notices.queue, "gate:1", "gate", facts, (), hub.clock.now(), hub.clock.new_id
    )
    await hub.work()
    assert mail.titles == ["[ACME] 开始于 09:00。 / Since 09:00."]
    assert "hub gate list" in mail.mails[0].get_content()


# ---- webhooks --------------------------------------------------------------------------------


@pytest.fixture
async def sent(hub_with: Make, receiver: Receiver) -> tuple[dict[str, str], bytes]:
    """Headers and body of a webhook that was sent just now, as its receiver must check."""
    hub = hub_with(clock=FixedClock(datetime.now(UTC)),
                   alerts={"webhook": webhook(receiver), "disk_free": "1 B"})  # fmt: skip
    await hub.kill(1)
    await hub.work()
    await hub.change(t.notice, due_at=hub.clock.now())
    await hub.work()
    return receiver.calls[0]


def test_a_webhook_is_signed_so_that_the_public_library_verifies_it(
    sent: tuple[dict[str, str], bytes],
) -> None:
    headers, body = sent
    event = Webhook(SECRET).verify(body, headers)
    assert (event["specversion"], event["id"]) == ("1.0", headers["webhook-id"])
    assert (event["source"], event["type"]) == ("accord-hub/ACME", "accord-hub.alert")
    assert event["subject"] == "dead_letter/wms/rejected"
    assert event["data"]["alert"]["facts"]["count"] == 1
    assert event["data"]["zh"][0] == "wms 有一笔投递成为死信：rejected。"


def test_a_changed_webhook_is_not_verified(sent: tuple[dict[str, str], bytes]) -> None:
    headers, body = sent
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers)


def test_the_published_example_has_the_published_signature() -> None:
    given = PUBLISHED
    assert signature(SECRET, given["id"], given["at"], given["body"]) == given["signature"]


# ---- a test ----------------------------------------------------------------------------------


async def test_a_test_goes_through_every_channel_now_and_tells_how_each_went(
    hub_with: Make, mail: MailServer, receiver: Receiver
) -> None:
    hub = hub_with(alerts={"email": email(mail), "language": "zh"},
                   channels={"hook": {"webhook": webhook(receiver)}})  # fmt: skip
    receiver.statuses = [410]
    told = await act(hub.flow, "alert.test", {}, SYSTEM)
    assert told == {"email": "ok", "hook": "HTTP 410"}
    assert mail.titles == ["[ACME] 这是一条测试：本中枢的通知可以送达此处。"]


async def test_a_test_of_a_channel_there_is_not_names_the_nearest(
    hub_with: Make, mail: MailServer
) -> None:
    hub = hub_with(channels={"ops-mail": {"email": email(mail)}})
    with pytest.raises(ConfigError, match=r"no channel ops-mial.*ops-mail"):
        await act(hub.flow, "alert.test", {"channel": "ops-mial"}, SYSTEM)
