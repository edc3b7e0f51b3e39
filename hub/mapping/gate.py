"""A gate file: a named condition that holds a record, one step, or a person's action."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, TypeAlias, get_args

from hub.language import say
from hub.mapping import reading
from hub.mapping.examples.gate_tests import GateTest, read_gate_tests
from hub.mapping.faults import Faults, suggestion
from hub.mapping.reading import Word
from hub.mapping.route import Condition, Route, read_condition, read_record
from hub.mapping.rule.site import Site, resolve
from hub.mapping.rule.sources import path_of
from hub.mapping.verdict import Answer
from hub.yamlfile import Items, Node, Place, Scalar

#: hold: somebody may release it; deny: only another document passes.
Then: TypeAlias = Literal["hold", "deny"]
#: Actions of persons that can be made and held until a second person looks.
Action: TypeAlias = Literal["delivery.edit"]

#: Name of the gate behind which a person puts a record by hand.
MANUAL = "manual"

_WORDS = ("gate", "title", "when", "needs", "checks", "release", "unavailable", "tests")
_NEED_WORDS = ("levels", "approvals", "roles", "distinct", "accept_auto_passed", "if")
_CHECK_WORDS = ("if", "then", "reason", "fields")
_SPAN = re.compile(r"([1-9][0-9]{0,3}) (minute|hour|day)s?")
#: Approvals one need may ask for.
_MOST_APPROVALS = 20


@dataclass(frozen=True, slots=True)
class Need:
    """Approvals without which nothing passes: of levels, or so many of persons with a role."""

    #: Levels that must all have approved; empty where persons are counted.
    levels: tuple[str, ...] = ()
    #: So many persons must have approved; 0 where levels are named.
    approvals: int = 0
    #: One of them a person needs to count; empty: anybody counts.
    roles: tuple[str, ...] = ()
    #: Each level, or each approval, by another person.
    distinct: bool = True
    accept_auto_passed: bool = False
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What must not hold of the document."""

    when: Condition
    then: Then
    #: English and Chinese.
    reason: tuple[str, str]
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """Who may let pass what is held, and for how long that counts."""

    roles: tuple[str, ...] = ()
    #: None: without end.
    valid: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """What must be true before something may pass."""

    name: str
    title: str
    #: Kind of the records it is for.
    record: str
    #: Connections the record may come from; empty: any.
    sources: tuple[str, ...]
    #: The person's action it is for; None: records and steps of routes that name it.
    action: Action | None
    when: Condition | None
    needs: tuple[Need, ...]
    checks: tuple[Check, ...]
    release: Release
    #: What is answered to a question that cannot be decided in time.
    unavailable: Answer
    tests: tuple[GateTest, ...]
    file: str
    place: Place = field(compare=False)

    def concerns(self, kind: str, connection: str | None) -> bool:
        """Return whether it is for records of this kind from this connection; None: from any."""
        wanted = connection is None or not self.sources or connection in self.sources
        return kind == self.record and wanted


def read_gate(node: Node, file: str, faults: Faults) -> Gate:
    """Return the gate of a file; when faults were added it must not be used."""
    words = reading.words(node, _WORDS, faults, say("A gate file"))
    name = _name(words, node.place, faults)
    when = _when(words, node.place, faults)
    record, shape = read_record(when, node.place, faults)
    site = Site(faults, (shape,), routing=True)
    gate = Gate(
        name=name,
        title=reading.text(words.get("title"), faults, "title") or name,
        record=record,
        sources=reading.texts(when.get("from"), faults, "from"),
        action=_choice(when.get("action"), Action, faults, "action"),
        when=read_condition(when.get("if"), site),
        needs=_needs(words.get("needs"), site),
        checks=_checks(words.get("checks"), site),
        release=_release(words.get("release"), faults),
        unavailable=_choice(words.get("unavailable"), Answer, faults, "unavailable") or "hold",
        tests=read_gate_tests(words.get("tests"), faults),
        file=file,
        place=words["gate"].place if "gate" in words else node.place,
    )
    _check_release(gate, words, faults)
    if gate.action is not None and "needs" in words:
        message = say("needs: is for records; what persons do is released by a second one.")
        faults.add("E110", words["needs"].place, message)
    return gate


def _name(words: Mapping[str, Word], place: Place, faults: Faults) -> str:
    name = reading.required_text(words, "gate", place, faults)
    if name == MANUAL:
        message = say("{name} is what persons hold by hand; give the gate another name.", name=name)
        faults.add("E106", words["gate"].node.place, message)
    if len(name) > 90:
        message = say("The name of a gate has at most {most} characters.", most=90)
        faults.add("E005", words["gate"].node.place, message)
    return name


def _when(words: Mapping[str, Word], place: Place, faults: Faults) -> Mapping[str, Word]:
    if "when" not in words:
        message = say("The word when: is missing: {{record: KIND, from: CONNECTION}}")
        faults.add("E105", place, message)
        return {}
    return reading.words(words["when"].node, ("record", "from", "action", "if"), faults, "when")


def _choice(word: Word | None, allowed: Any, faults: Faults, what: str) -> Any:
    return reading.choice(word, get_args(allowed), faults, what)


# ---- what must be there, and what must not -----------------------------------------------------


def _needs(word: Word | None, site: Site) -> tuple[Need, ...]:
    return tuple(_need(node, site) for node in reading.items(word, "needs", site.faults))


def _need(node: Node, site: Site) -> Need:
    faults = site.faults
    words = reading.words(node, _NEED_WORDS, faults, say("A need"))
    if ("levels" in words) == ("approvals" in words):
        message = say("A need names levels:, or says how many approvals: it takes.")
        faults.add("E105", node.place, message)
    if "roles" in words and "levels" in words:
        message = say("roles: goes with approvals:, not with levels:")
        faults.add("E110", words["roles"].place, message)
    levels = reading.texts(words.get("levels"), faults, "levels")
    if len(set(levels)) != len(levels):
        faults.add("E112", words["levels"].place, say("levels: names a level twice."))
    return Need(
        levels,
        _count(words.get("approvals"), faults),
        reading.texts(words.get("roles"), faults, "roles"),
        reading.boolean(words.get("distinct"), faults, "distinct", default=True),
        reading.boolean(
            words.get("accept_auto_passed"), faults, "accept_auto_passed", default=False
        ),
        read_condition(words.get("if"), site),
    )


def _count(word: Word | None, faults: Faults) -> int:
    count = reading.whole_number(word, faults, "approvals", _MOST_APPROVALS)
    if word is not None and count == 0:
        faults.add("E106", word.node.place, say("approvals: needs at least 1."))
    return count or 0


def _checks(word: Word | None, site: Site) -> tuple[Check, ...]:
    found = (_check(node, site) for node in reading.items(word, "checks", site.faults))
    return tuple(one for one in found if one is not None)


def _check(node: Node, site: Site) -> Check | None:
    words = reading.words(node, _CHECK_WORDS, site.faults, say("A check"))
    for name in ("if", "reason"):
        if name not in words:
            site.faults.add("E105", node.place, say("The word {name}: is missing.", name=name))
    when = read_condition(words.get("if"), site)
    then: Then = _choice(words.get("then"), Then, site.faults, "then") or "hold"
    reason = _reason(words.get("reason"), site.faults)
    fields = _fields(words.get("fields"), site)
    return None if when is None or reason is None else Check(when, then, reason, fields)


def _reason(word: Word | None, faults: Faults) -> tuple[str, str] | None:
    """Return what is told in English and in Chinese; one of them is enough."""
    if word is None:
        return None
    if isinstance(word.node, Scalar):
        one = reading.text(word, faults, "reason")
        return (one, one) if one else None
    words = reading.words(word.node, ("zh", "en"), faults, "reason")
    told = {name: reading.text(words[name], faults, name) or "" for name in words}
    either = next((one for one in told.values() if one), "")
    if not either:
        message = say("reason: needs a text, or {{zh: …, en: …}}.")
        faults.add("E105", word.place, message)
    return told.get("en") or either, told.get("zh") or either


def _fields(word: Word | None, site: Site) -> tuple[str, ...]:
    if word is None:
        return ()
    for node in word.node.nodes if isinstance(word.node, Items) else (word.node,):
        path = path_of(node, site) if isinstance(node, Scalar) else None
        if path is not None:
            resolve(path, site, node.place, through=True)
    return reading.texts(word, site.faults, "fields")


# ---- who may release ---------------------------------------------------------------------------


def _release(word: Word | None, faults: Faults) -> Release:
    if word is None:
        return Release()
    words = reading.words(word.node, ("roles", "valid"), faults, "release")
    roles = reading.texts(words.get("roles"), faults, "roles")
    if not roles:
        message = say("release: needs roles: with at least one role.")
        faults.add("E105", word.place, message)
    return Release(roles, _span(words.get("valid"), faults))


def _span(word: Word | None, faults: Faults) -> timedelta | None:
    text = reading.text(word, faults, "valid")
    if text is None or word is None:
        return None
    found = _SPAN.fullmatch(text)
    if found is None:
        message = say("valid: cannot be {found!r}; write 30 minutes, 12 hours or 7 days.",
                      found=text)  # fmt: skip
        faults.add("E106", word.node.place, message)
        return None
    return timedelta(**{f"{found[2]}s": int(found[1])})


def _check_release(gate: Gate, words: Mapping[str, Word], faults: Faults) -> None:
    """Add a fault where what the gate holds could never pass."""
    passes = gate.action is None and ("needs" in words or "checks" in words)
    if not passes and "release" not in words:
        message = say(
            "Nothing {name} holds could ever pass. Add release: {{roles: [ROLE]}}.", name=gate.name
        )
        faults.add("E105", gate.place, message)


def check_gates(gates: Mapping[str, Gate], routes: Mapping[str, Route], faults: Faults) -> None:
    """Add a fault for each gate a route names that nobody wrote or that is for something else."""
    usable = [name for name, gate in gates.items() if gate.action is None]
    for route in routes.values():
        for name, place in route.named_gates():
            if name not in gates:
                message = say("There is no gate {name}.", name=name)
                faults.add("E111", place, message, hint=suggestion(name, usable))
            elif gates[name].action is not None:
                message = say("{name} is for what persons do; no route can name it.", name=name)
                faults.add("E106", place, message)
            elif route.record and gates[name].record not in ("", route.record):
                message = say("{name} is for {record}, not for {other}.", name=name,
                              record=gates[name].record, other=route.record)  # fmt: skip
                faults.add("E106", place, message)
