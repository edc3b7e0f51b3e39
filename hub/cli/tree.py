"""The story of a record as a tree, for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hub.cli.output import cell, clean, pretty

if TYPE_CHECKING:
    from rich.tree import Tree

    from hub.language import Language

#: Says a text of `hub.cli.texts` in the language at hand.
Say = Callable[..., str]
_SHORT = 12


def of_record(told: dict[str, Any], say: Say, language: Language) -> Tree:
    """Return the tree of one record of a trace."""
    from hub.service import reasons

    root = _root(_said(say, "trace.record", told))
    messages = root.add(say("trace.messages"))
    for message in told["messages"]:
        messages.add(_joined(
            cell("at", message["received_at"]), message["connection"], message["stream"],
            message["external_id"], message["state"], reasons.tell(message["reason"], language),
            message["id"],
        ))  # fmt: skip
    _approvals(root, told, say)
    revisions = root.add(say("trace.revisions"))
    for revision in told["revisions"]:
        _revision(revisions, revision, say)
    deliveries = root.add(say("trace.deliveries"))
    for delivery in told["deliveries"]:
        add_delivery(deliveries, delivery, say)
    _documents(root, told, say)
    ledger = root.add(say("trace.ledger"))
    for entry in told["ledger"]:
        seq = say("trace.unsealed") if entry["seq"] is None else f"#{entry['seq']}"
        facts = ", ".join(f"{name}={_short(value)}" for name, value in entry["facts"].items())
        at = cell("at", entry["at"])
        ledger.add(_joined(seq, at, entry["kind"], entry["actor"], facts))
    return root


def of_delivery(told: dict[str, Any], say: Say) -> Tree:
    """Return the tree of one delivery."""
    root = _root(_joined(told["route"], told["id"]))
    add_delivery(root, told, say)
    return root


def add_delivery(above: Tree, told: dict[str, Any], say: Say) -> None:
    """Add what became of one delivery: mapping, document, key, attempts, read-back."""
    branch = above.add(_joined(
        f"{told['step']} → {told['connection']}.{told['operation']}", f"r{told['revision']}",
        told["action"] or told["intent"], told["state"], told["reason"], told["id"],
    ))  # fmt: skip
    bundle = _short(told["bundle"])
    branch.add(
        _said(say, "trace.mapped", {**told, "bundle": bundle})
        if told["mapping"]
        else say("trace.unmapped", bundle=bundle)
    )
    if told["key"]:
        branch.add(_said(say, "trace.key", told))
    _payload(branch, told["payload"], say)
    for wait in told["waits_for"]:
        branch.add(_waited_for(wait, say))
    for attempt in told["attempts"]:
        _attempt(branch, attempt, say)
    if told["words"]:
        branch.add(_said(say, "trace.words", told))
    if told["page"]:
        branch.add(_said(say, "trace.page", told))
    if told["confirm"]:
        branch.add(say("trace.read_back", verdict=told["confirm"]))
    if told["external_id"]:
        branch.add(_said(say, "trace.external", told))


def _waited_for(wait: dict[str, Any], say: Say) -> str:
    if "link" in wait:
        key = "trace.waits_link" if wait["link"]["handle"] else "trace.waits_handle"
        return _said(say, key, wait["link"])
    return say("trace.waits", what=_joined(wait["kind"], wait["on_id"]))


def _approvals(root: Tree, told: dict[str, Any], say: Say) -> None:
    branch = root.add(say("trace.approvals"))
    for row in told["approvals"]:
        auto = say("trace.auto") if row["auto_passed"] else None
        at = cell("at", row["decided_at"] or row["stored_at"])
        branch.add(_joined(at, _said(say, "trace.approval", row), auto))


def _documents(root: Tree, told: dict[str, Any], say: Say) -> None:
    if not told["documents"]:
        return
    branch = root.add(say("trace.documents"))
    for row in told["documents"]:
        after = row["superseded_by"] and say("trace.superseded", by=row["superseded_by"])
        below = branch.add(
            _joined(row["number"], f"r{row['revision']}", say(f"annex.{row['state']}"),
                    cell("at", row["issued_at"]), after, row["reason"])
        )  # fmt: skip
        for copy in row["copies"]:
            below.add(_said(say, "trace.copy", copy))


def _revision(above: Tree, row: dict[str, Any], say: Say) -> None:
    revoked = say("trace.revoked") if row["revoked"] else None
    at = cell("at", row["stored_at"])
    branch = above.add(
        _joined(f"r{row['revision']}", row["schema"], at, _short(row["content_hash"]), revoked)
    )
    branch.add(say("trace.document")).add(pretty(row["document"]))


def _payload(above: Tree, payload: dict[str, Any], say: Say) -> None:
    if payload["sha256"] is None:
        return
    erased = payload["document"] is None
    key = "trace.erased" if erased else "trace.payload"
    branch = above.add(say(key, sha=_short(payload["sha256"])))
    if not erased:
        branch.add(pretty(payload["document"]))


def _attempt(above: Tree, row: dict[str, Any], say: Say) -> None:
    late = say("trace.late") if row["late"] else None
    seconds = (row["ended_at"] - row["started_at"]).total_seconds()
    branch = above.add(_joined(
        cell("at", row["started_at"]), _said(say, "trace.attempt", row), row["code"],
        f"{seconds * 1000:.0f} ms", late,
    ))  # fmt: skip
    if row["words"]:
        branch.add(_said(say, "trace.words", row))
    if row["answer"]:
        branch.add(_said(say, "trace.answer", row))


def _root(label: str) -> Tree:
    from rich.tree import Tree

    return Tree(label)


def _said(say: Say, key: str, row: dict[str, Any]) -> str:
    return clean(say(key, **row))


def _joined(*parts: object) -> str:
    return clean(" · ".join(str(part) for part in parts if part not in (None, "")))


def _short(value: object) -> str:
    """Return a hash as a person compares it: its beginning."""
    shown = cell("", value)
    return shown[:_SHORT] if len(shown) in (32, 64) and shown.isalnum() else shown
