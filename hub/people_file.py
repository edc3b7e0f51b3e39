"""`people.yaml`: who the people are, read with every fault at once, and looked at again.

    people:
      li.na:
        name: 李娜
        roles: [sales_supervisor, viewer]
        ids: {crm: [u-1001]}
        delegates: [{to: wang.wei, from: 2026-11-20, until: 2026-11-30}]

Faults have the codes of `hub.settings`: E501 unknown word, E502 something missing, E503 wrong
value, E506 not a mapping.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, tzinfo
from pathlib import Path
from typing import cast, get_args

from hub import yamlreader
from hub.errors import ConfigError, Fault
from hub.language import Message, say
from hub.nearest import suggestion
from hub.people import Delegation, People, Person, Scope
from hub.yamlfile import Entries, Items, Node, Place, Scalar, YamlFile, words_of

_ID = re.compile(r"[a-z][a-z0-9._-]{0,39}")
_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
_PERSON = ("name", "roles", "ids", "team", "scope", "email", "left", "delegates")
_DELEGATE = ("to", "from", "until", "roles")
_SCOPES: tuple[str, ...] = get_args(Scope)


def load(path: Path, connections: Collection[str], zone: tzinfo | None = None) -> People:
    """Return the people of a file, nobody where there is none.

    Raises `ConfigError` with every fault: what is no word, no connection of hub.yaml, no date,
    nobody else, or an id of two persons.
    """
    try:
        path.lstat()
    except FileNotFoundError:
        return _people({}, zone)
    except OSError:
        pass  # it is there, or nobody can tell: reading says what is wrong
    file = yamlreader.require(yamlreader.read(path))
    reader = _Reader(connections)
    persons = reader.persons(file)
    if reader.faults:
        raise ConfigError(faults=sorted(reader.faults, key=lambda one: (one.line, one.column)))
    return _people(persons, zone)


def faults(path: Path, connections: Collection[str]) -> tuple[Fault, ...]:
    """Return what is wrong with a file; nothing where there is none."""
    try:
        load(path, connections)
    except ConfigError as error:
        return error.faults
    return ()


def _people(persons: Mapping[str, Person], zone: tzinfo | None) -> People:
    return People(persons, zone) if zone is not None else People(persons)


class PeopleFile:
    """The file as a running process looks at it: the last good one stays in force."""

    def __init__(
        self, path: Path, connections: Collection[str], zone: tzinfo | None = None
    ) -> None:
        self.path = path
        self._connections = connections
        self._zone = zone
        self._seen: tuple[int, int] | None = None
        #: What is wrong with it now; the people in force are older.
        self.faults: tuple[Fault, ...] = ()

    def first(self) -> People:
        """Return the people to begin with; `ConfigError` with every fault."""
        self._seen = self._signature()
        return load(self.path, self._connections, self._zone)

    def changed(self, now: People) -> People | None:
        """Return the people of a file that has changed; None where nothing new comes into force.

        A file that became wrong, empty or went away changes nobody's rights: with nobody in it
        everybody could do everything. Start the hub again to run without people.
        """
        signature = self._signature()
        if signature == self._seen:
            return None
        self._seen = signature
        try:
            found = load(self.path, self._connections, self._zone)
        except ConfigError as error:
            self.faults = error.faults or (Fault("E503", error.args[0], str(self.path)),)
            return None
        if now and not found:
            self.faults = (Fault("E502", _nobody_left(), str(self.path)),)
            return None
        self.faults = ()
        return found

    def _signature(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


def _nobody_left() -> Message:
    return say(
        "Nobody is in it any more; the people before stay in force. Start the hub again to run "
        "without people."
    )


class _Reader:
    """Reads persons from nodes, and keeps a fault for each surprise."""

    def __init__(self, connections: Collection[str]) -> None:
        self.connections = connections
        self.faults: list[Fault] = []
        #: Connection and id there → who has it.
        self.taken: dict[tuple[str, str], str] = {}

    def fault(self, code: str, place: Place, message: Message, hint: str = "") -> None:
        self.faults.append(place.fault(code, message, hint))

    def persons(self, file: YamlFile) -> dict[str, Person]:
        if file.root is None or (isinstance(file.root, Scalar) and file.root.null):
            return {}
        found = self.words(file.root, ("people",), "people.yaml")
        below = found.get("people")
        if below is None or (isinstance(below, Scalar) and below.null):
            return {}
        named = list(self.pairs(below, "people"))
        read = {key.text: self.person(key, node) for key, node in named}
        for key, node in named:
            self.check_delegates(read[key.text], words_of(node).get("delegates"), read)
        return read

    def person(self, key: Scalar, node: Node) -> Person:
        if not _ID.fullmatch(key.text):
            self.fault(
                "E503", key.place,
                say(
                    "{found!r} is no id of a person: a small letter, then small letters, digits, "
                    "., _ or -, at most 40.",
                    found=key.text,
                ),
            )  # fmt: skip
        found = self.words(node, _PERSON, key.text)
        return Person(
            key.text,
            self.text(found.get("name"), "name") or "",
            self.ids("roles", found.get("roles")),
            self.known_ids(key.text, found.get("ids")),
            self.text(found.get("team"), "team"),
            self.scope(found.get("scope")),
            self.email(found.get("email")),
            tuple(self.delegations(found.get("delegates"))),
            self.day(found.get("left"), "left"),
        )

    # -- values

    def pairs(self, node: Node, what: str) -> Sequence[tuple[Scalar, Node]]:
        if isinstance(node, Entries):
            return node.pairs
        message = say("{what} needs words with values, such as name: value.", what=what)
        self.fault("E506", node.place, message)
        return ()

    def words(self, node: Node, known: Sequence[str], what: str) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for key, value in self.pairs(node, what):
            if key.text in known:
                found[key.text] = value
            else:
                message = say("{what} has no word {name!r}.", what=what, name=key.text)
                self.fault("E501", key.place, message, suggestion(key.text, known))
        return found

    def text(self, node: Node | None, what: str) -> str | None:
        if node is None or (isinstance(node, Scalar) and node.null):
            return None
        if isinstance(node, Scalar) and node.text.strip() and len(node.text) <= 100:
            return node.text
        message = say("{what} needs a text of 1 to 100 characters.", what=what)
        self.fault("E503", node.place, message)
        return None

    def listed(self, node: Node | None, what: str) -> Iterator[Scalar]:
        """Yield the texts of a list; a single text is a list of one."""
        for one in node.nodes if isinstance(node, Items) else () if node is None else (node,):
            if isinstance(one, Scalar) and not one.null and 0 < len(one.text) <= 100:
                yield one
            else:
                message = say("{what} needs a list of texts of 1 to 100 characters.", what=what)
                self.fault("E503", one.place, message)

    def ids(self, what: str, node: Node | None) -> tuple[str, ...]:
        names = []
        for one in self.listed(node, what):
            names.append(one.text)
            if not _ID.fullmatch(one.text):
                message = say(
                    "{what}: {found!r} is no name of a role, such as sales_supervisor.",
                    what=what, found=one.text,
                )  # fmt: skip
                self.fault("E503", one.place, message)
        return tuple(dict.fromkeys(names))

    def known_ids(self, person: str, node: Node | None) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for key, value in self.pairs(node, "ids") if node is not None else ():
            if key.text not in self.connections:
                message = say("hub.yaml has no connection {name}.", name=key.text)
                self.fault("E503", key.place, message, suggestion(key.text, self.connections))
            found[key.text] = tuple(self.own_ids(person, key.text, value))
        return found

    def own_ids(self, person: str, connection: str, node: Node) -> Iterator[str]:
        for one in self.listed(node, f"ids.{connection}"):
            other = self.taken.setdefault((connection, one.text), person)
            if other != person:
                message = say(
                    "{other} has this id at {connection} already; an id is one person's.",
                    other=other, connection=connection,
                )  # fmt: skip
                self.fault("E503", one.place, message)
            yield one.text

    def scope(self, node: Node | None) -> Scope:
        found = self.text(node, "scope")
        if node is None or found is None:
            return "all"
        if found not in _SCOPES:
            message = say("{what} cannot be {found!r}.", what="scope", found=found)
            self.fault("E503", node.place, message, suggestion(found, _SCOPES))
        return cast("Scope", found)

    def email(self, node: Node | None) -> str | None:
        found = self.text(node, "email")
        if node is not None and found is not None and not _EMAIL.fullmatch(found):
            message = say("email needs one address, such as name@example.com.")
            self.fault("E503", node.place, message)
        return found

    def day(self, node: Node | None, what: str) -> date | None:
        found = self.text(node, what)
        if node is None or found is None:
            return None
        # fromisoformat also takes 20261130 and week dates, which few would read as meant
        if re.fullmatch(r"\d{4}-\d\d-\d\d", found, re.ASCII):
            try:
                return date.fromisoformat(found)
            except ValueError:
                pass
        message = say("{what} needs a day such as 2026-11-30, not {found!r}.", what=what,
                      found=found)  # fmt: skip
        self.fault("E503", node.place, message)
        return None

    # -- delegations

    def delegations(self, node: Node | None) -> Iterator[Delegation]:
        if node is None or (isinstance(node, Scalar) and node.null):
            return
        if not isinstance(node, Items):
            self.fault("E503", node.place, say("delegates needs a list."))
            return
        for one in node.nodes:
            found = self.words(one, _DELEGATE, "delegates")
            roles = self.ids("roles", found.get("roles"))
            to, since, until = self.required(one, found)
            if to is None or since is None or until is None:
                continue
            if until < since:
                message = say("until {until} lies before from {since}.", until=until, since=since)
                self.fault("E503", found["until"].place, message)
            yield Delegation(to, since, until, roles)

    def required(
        self, node: Node, found: Mapping[str, Node]
    ) -> tuple[str | None, date | None, date | None]:
        if isinstance(node, Entries):
            for word in ("to", "from", "until"):
                if word not in found:
                    self.fault("E502", node.place, say("The word {name}: is missing.", name=word))
        return (
            self.text(found.get("to"), "to"),
            self.day(found.get("from"), "from"),
            self.day(found.get("until"), "until"),
        )

    def check_delegates(
        self, person: Person, node: Node | None, everybody: Mapping[str, Person]
    ) -> None:
        """Note who is nobody, oneself, or is to get a role the person does not have."""
        for one in node.nodes if isinstance(node, Items) else ():
            found = words_of(one)
            to = found.get("to")
            if isinstance(to, Scalar) and to.text == person.id:
                self.fault("E503", to.place, say("Nobody stands in for oneself."))
            elif isinstance(to, Scalar) and not to.null and to.text not in everybody:
                message = say("There is no person {name}.", name=to.text)
                self.fault("E503", to.place, message, suggestion(to.text, everybody))
            roles = found.get("roles")
            for role in roles.nodes if isinstance(roles, Items) else (roles,):
                if isinstance(role, Scalar) and not role.null and role.text not in person.roles:
                    message = say(
                        "{person} has no role {role} to hand over.",
                        person=person.id, role=role.text,
                    )  # fmt: skip
                    self.fault("E503", role.place, message, suggestion(role.text, person.roles))
