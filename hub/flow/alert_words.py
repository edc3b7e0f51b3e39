"""What alerts and notices say, in one place: the sentence, the command that helps, the page.

The values are codes, names, ids and counts. What a far end or a person wrote is never told: whoever
needs it asks the hub, which knows who may see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from hub.language import Language, Message, say, told
from hub.store import bundles
from hub.store.notices import Notice

_Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wording:
    """What is said of one kind of alert."""

    #: Says it of an alert's facts.
    sentence: Callable[[dict[str, Any]], Message]
    #: Command that shows more, or helps.
    command: str
    #: Page of the docs.
    page: str


def _not_read(it: dict[str, Any]) -> Message:
    return say(
        "The watch {subject} cannot tell: {connection} ({stream}) was not read past its time.", **it
    )


#: Why a watch cannot tell → says it of the alert's facts, with the way out.
_CANNOT_TELL: Mapping[str, Callable[[dict[str, Any]], Message]] = {
    "no_source": lambda it: say(
        "The watch {subject} cannot tell: nothing that is configured brings what it waits for;"
        " `hub check` says more.",
        **it,
    ),
    "not_polled": lambda it: say(
        "The watch {subject} cannot tell: {connection} ({stream}) is not polled.", **it
    ),
    "not_read": _not_read,
    "unread_messages": lambda it: say(
        "The watch {subject} cannot tell: messages of {connection} ({stream}) failed or wait."
        " `hub message list --state failed --connection {connection}`; replay or ignore each.",
        **it,
    ),
}
_PAGE = "docs/operations/alerts.md"
#: Stands for what an alert does not know of itself.
_UNKNOWN: Mapping[str, Any] = dict.fromkeys(
    (
        "connection", "reason", "count", "stream", "by", "failures", "since", "faults", "free",
        "channel", "code", "subject", "name", "state",
    ),
    "?",
)  # fmt: skip
#: Kind of alert → its words; a test holds all of them bilingual and on the page of alerts.
KINDS: Mapping[str, Wording] = {
    "dead_letter": Wording(
        lambda it: (
            say("A delivery of {connection} is dead: {reason}.", **it)
            if it["count"] == 1
            else say("{count} deliveries of {connection} are dead: {reason}.", **it)
        ),
        "hub delivery list --state dead --connection {connection}",
        "docs/operations/dead-letters/{reason}.md",
    ),
    "failed_message": Wording(
        lambda it: (
            say("A message of {connection} ({stream}) failed.", **it)
            if it["count"] == 1
            else say("{count} messages of {connection} ({stream}) failed.", **it)
        ),
        "hub message list --state failed --connection {connection}",
        "docs/operations/dead-letters/failed-messages.md",
    ),
    "paused": Wording(
        lambda it: say("{connection} is paused by {by}; nothing is sent or polled there.", **it),
        "hub connection check {connection}",
        _PAGE,
    ),
    "unreachable": Wording(
        lambda it: say(
            "{connection} cannot be reached: {failures} calls failed in a row. They are repeated by"
            " themselves.",
            **it,
        ),
        "hub connection check {connection}",
        _PAGE,
    ),
    "stuck_lane": Wording(
        lambda it: (
            say("A lane of {connection} waits behind a dead delivery.", **it)
            if it["count"] == 1
            else say("{count} lanes of {connection} wait behind a dead delivery.", **it)
        ),
        "hub delivery list --state dead --connection {connection}",
        _PAGE,
    ),
    "overdue": Wording(
        lambda it: say("Deliveries of {connection} are due since {since} and do not move.", **it),
        "hub delivery list --state ready --connection {connection}",
        _PAGE,
    ),
    "store_behind": Wording(
        lambda it: say("Messages wait since {since} to be taken up; the hub is behind.", **it),
        "hub status",
        _PAGE,
    ),
    "silent_source": Wording(
        lambda it: say("{connection} ({stream}) could not be read to its end since {since}.", **it),
        "hub connection check {connection}",
        _PAGE,
    ),
    "quiet_source": Wording(
        lambda it: say("{connection} has brought no message since {since}.", **it),
        "hub connection check {connection}",
        _PAGE,
    ),
    "broken_mapping": Wording(
        lambda it: say(
            "Changed mapping files are wrong ({faults} faults); the last good ones stay in force.",
            **it,
        ),
        "hub map check",
        _PAGE,
    ),
    "broken_people": Wording(
        lambda it: say(
            "The changed people.yaml is wrong ({faults} faults); the last good one stays in force.",
            **it,
        ),
        "hub check",
        _PAGE,
    ),
    "disk": Wording(
        lambda it: say(
            "{free} MiB are free beside the store; without space the hub takes nothing more.", **it
        ),
        "hub doctor",
        _PAGE,
    ),
    "channel_down": Wording(
        lambda it: say("The channel {channel} takes no notices: {code}.", **it),
        "hub alert test {channel}",
        _PAGE,
    ),
    "findings": Wording(
        lambda it: say("The reconciliation {name} has {count} critical finding(s).", **it),
        "hub reconcile findings {name}",
        _PAGE,
    ),
    "incomplete_run": Wording(
        lambda it: say("The last run of the reconciliation {name} is {state}.", **it),
        "hub reconcile show {name}",
        _PAGE,
    ),
    "watch_cannot_tell": Wording(
        lambda it: _CANNOT_TELL.get(it["reason"], _not_read)(it),
        "hub watch list",
        _PAGE,
    ),
}


def sentence(kind: str, subject: str, facts: _Facts) -> Message:
    """Return what an alert says."""
    wording = KINDS.get(kind)
    if wording is None:
        return say("{kind}: {subject}", kind=kind, subject=subject)
    return wording.sentence({**_UNKNOWN, "subject": subject, **facts})


def command(kind: str, facts: _Facts) -> str:
    """Return the command that helps."""
    template = KINDS[kind].command if kind in KINDS else "hub alert list"
    return template.format_map({**_UNKNOWN, **facts})


def page(kind: str, facts: _Facts) -> str:
    """Return the page of the docs that tells more."""
    template = KINDS[kind].page if kind in KINDS else _PAGE
    return template.format_map({**_UNKNOWN, **facts})


def page_of_dead(reason: str) -> str:
    """Return the page about dead deliveries of a reason."""
    return page("dead_letter", {"reason": reason})


# ---- letters ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice as words, and as data for programs."""

    id: str
    title: str
    text: str
    #: A CloudEvent.
    event: Mapping[str, Any]
    at: datetime
    #: Mail addresses; empty: everybody the channel is for.
    to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as sentences: the first is its title."""

    lines: Sequence[Message]
    command: str
    page: str = _PAGE


def tell(notice: Notice, alert: _Facts | None, zone: tzinfo) -> Told:
    """Return what a notice says; `alert` is the one it is about, as it stands now."""
    if alert is not None:
        return _of_alert(notice, alert, zone)
    facts = notice.facts
    if notice.kind in _OTHERS:
        return _OTHERS[notice.kind](facts)
    if "sentence" in facts:
        first = bundles.sentence_of_data(facts["sentence"])
        return Told([say("{words}", words=first)], str(facts.get("command", "hub alert list")))
    subject = facts.get("key", facts.get("subject", "?"))
    return Told([sentence(notice.kind, str(subject), facts)], "hub alert list")


def _of_alert(notice: Notice, alert: _Facts, zone: tzinfo) -> Told:
    kind, facts = alert["kind"], alert["facts"]
    first = sentence(kind, alert["subject"], facts)
    since = say("Since {at}.", at=_local(alert["opened_at"], zone))
    if notice.kind == "cleared":
        over = say("It is over: {words}", words=first)
        ended = say("Until {at}.", at=_local(alert["cleared_at"], zone))
        return Told([over, since, ended], "hub status", page(kind, facts))
    return Told([first, since], command(kind, facts), page(kind, facts))


def _local(at: datetime | None, zone: tzinfo) -> str:
    return "?" if at is None else at.astimezone(zone).isoformat(" ", "minutes")


def _test(facts: _Facts) -> Told:
    return Told([say("This is a test: notices of this hub arrive here.")], "hub alert list")


def _flood(facts: _Facts) -> Told:
    first = say("{count} more notices are told in this one.", count=facts["count"])
    kinds = [_counted(name, count) for name, count in sorted(facts["kinds"].items())]
    return Told([first, *kinds], "hub alert list")


def _digest(facts: _Facts) -> Told:
    return Told(list(_summary(facts)), "hub status")


def _summary(facts: _Facts) -> Iterator[Message]:
    yield say("Summary of {date}: {count} alerts are open.", date=facts["date"],
              count=facts["alerts"])  # fmt: skip
    for one in facts["oldest"]:
        yield sentence(one["kind"], one["subject"], one["facts"])
    yield say("Deliveries: {counts}", counts=_counts(facts["deliveries"]))
    for name, states in facts["connections"].items():
        yield say("Unfinished at {connection}: {counts}", connection=name, counts=_counts(states))
    yield say("Messages: {counts}", counts=_counts(facts["messages"]))
    yield say("Read back: {counts}", counts=_counts(facts["read_back"]))
    yield say("Noted for a person: {counts}", counts=_counts(facts["noted"]))
    yield say("Held by gates: {count}", count=facts["held"])
    yield say("Watches: {counts}", counts=_counts(facts["watches"]))


def _counted(name: str, count: int) -> Message:
    return say("{name}: {count}", name=name, count=count)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "0"


_OTHERS = {"test": _test, "flood": _flood, "digest": _digest}


def letter(
    notice: Notice, alert: _Facts | None, *, tenant: str, language: str, zone: tzinfo,
    to: Sequence[str] = (),
) -> Letter:  # fmt: skip
    """Return a notice as a channel takes it."""
    said = tell(notice, alert, zone)
    lines = [*said.lines, say("What helps: {command}", command=said.command)]
    if said.page:
        lines.append(say("More: {page}", page=said.page))
    if notice.facts.get("instead_of"):
        names = ", ".join(notice.facts["instead_of"])
        lines.append(say("This is for {names}; people.yaml has no mail address for it.",
                         names=names))  # fmt: skip
    languages = [Language.ZH, Language.EN] if language == "both" else [Language(language)]
    titles = dict.fromkeys(told(lines[0], one) for one in languages)
    blocks = ("\n".join(told(line, one) for line in lines) for one in languages)
    return Letter(
        notice.id,
        f"[{tenant}] {' / '.join(titles)}",
        "\n\n".join(blocks) + "\n",
        _event(notice, alert, said, tenant),
        notice.queued_at,
        tuple(to),
    )


def _event(notice: Notice, alert: _Facts | None, said: Told, tenant: str) -> Mapping[str, Any]:
    """Return a notice as a CloudEvent."""
    about = {name: alert[name] for name in ("id", "kind", "subject", "facts")} if alert else None
    return {
        "specversion": "1.0",
        "id": notice.id,
        "source": f"accord-hub/{tenant}",
        "type": f"accord-hub.{notice.kind}",
        "subject": f"{alert['kind']}/{alert['subject']}" if alert else notice.kind,
        "time": notice.queued_at.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "alert": about,
            "facts": None if about else notice.facts,
            "en": [told(line, Language.EN) for line in said.lines],
            "zh": [told(line, Language.ZH) for line in said.lines],
            "command": said.command,
            "page": said.page,
            "for": list(notice.to),
        },
    }
