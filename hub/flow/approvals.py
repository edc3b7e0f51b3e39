"""Are all approvals a route requires there? What is missing is said, never guessed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hub.flow.judging import person_named
from hub.mapping.route import ApprovalRule
from hub.people import People
from hub.records import Decision


def missing(rule: ApprovalRule, decisions: Iterable[Any], people: People) -> list[str]:
    """Return what keeps a revision from being approved, in the order of the levels.

    `decisions` come in the order they were made; the last one of a level counts. Two accounts of
    one person in people.yaml are one person.
    """
    latest = {one.level: one for one in decisions}
    lacking: list[str] = []
    for level in rule.levels:
        one = latest.get(level)
        if one is None:
            lacking.append(f"{level} has not decided")
        elif one.decision != Decision.APPROVED:
            lacking.append(f"{level} decided {one.decision}")
        elif one.auto_passed and not rule.accept_auto_passed:
            lacking.append(f"{level} was passed by the workflow, not by a person")
    return lacking + (_same_person(rule, latest, people) if rule.distinct else [])


def _same_person(rule: ApprovalRule, latest: dict[str, Any], people: People) -> list[str]:
    by_person: dict[str, list[str]] = {}
    for level in rule.levels:
        one = latest.get(level)
        if one is not None and one.decision == Decision.APPROVED:
            person = person_named(people, one.connection, one.person)
            by_person.setdefault(person, []).append(level)
    return [
        f"{' and '.join(levels)} were decided by the same person"
        for levels in by_person.values()
        if len(levels) > 1
    ]
