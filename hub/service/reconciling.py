"""What a person does about reconciliations: run, waive, explain, assign, repair, sign off."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from hub import calendars
from hub.errors import ConfigError, HubError
from hub.flow.parts import Flow
from hub.language import Language, say
from hub.mapping.reconciliation.definition import Reconciliation
from hub.nearest import suggestion
from hub.people import Actor
from hub.reconcile import repair
from hub.reconcile.plan import Plan
from hub.reconcile.run import run
from hub.service.authority import may
from hub.store import ledger, reconciliations
from hub.store.reconciliations import Run
from hub.table_file import open_table

#: Who may look, run and note; repairs need an operator.
READERS = ("accountant", "reviewer", "operator", "viewer")
RUNNERS = ("accountant", "operator")
REPAIRERS = ("operator",)
_ROLES = ("preparer", "reviewer")


def definition_of(flow: Flow, name: str) -> Reconciliation:
    """Return a reconciliation in force; `ConfigError` with the nearest name otherwise."""
    known = flow.bundles.active.reconciliations
    if name not in known:
        raise ConfigError(
            say("There is no reconciliation {name}. {hint}",
                name=name, hint=suggestion(name, known))
        )  # fmt: skip
    return known[name]


async def start(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Run a reconciliation to its end; return what is stored of the run."""
    definition = definition_of(flow, str(given.get("name") or ""))
    if given.get("settle") == "0":
        definition = dataclasses.replace(definition, settle=timedelta(0))
    files = {side: open_table(Path(path)) for side, path in (given.get("files") or {}).items()}
    done = await run(flow, Plan(
        definition, flow.bundles.active, str(actor), files, bool(given.get("resume")),
        Language(given.get("language") or "zh"), whole=bool(given.get("whole")),
    ))  # fmt: skip
    return told(done)


def told(run_: Run) -> dict[str, Any]:
    """Return a run as plain data."""
    plain = {name: getattr(run_, name) for name in (
        "id", "name", "version", "title", "mode", "state", "verdict", "reasons", "figures", "hash",
        "started_by",
    )}  # fmt: skip
    moments = {name: getattr(run_, name) for name in ("as_of", "started_at", "ended_at")}
    return plain | {name: one.isoformat() if one else None for name, one in moments.items()}


async def waive(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Accept a finding until a day and up to an amount."""
    finding = await _finding(flow, given)
    definition = definition_of(flow, finding["name"])
    may(actor, "reconcile.waive", definition.policy.waivers)
    until, limit = _until(flow, given, definition), _amount(given.get("limit"))
    reason = _reason(given)
    await flow.store.write(
        lambda tx: repair.waive(
            tx, flow, definition.policy, finding, actor, reason=reason, until=until, limit=limit
        )
    )
    return {"id": finding["id"], "state": "waived", "until": until.isoformat()}


def _until(flow: Flow, given: Mapping[str, Any], definition: Reconciliation) -> datetime:
    text = str(given.get("until") or f"{definition.policy.waive_days} days")
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=definition.zone)
    except ValueError:
        pass
    try:
        return calendars.STANDARD.add(flow.clock.now(), calendars.span(text))
    except ValueError as error:
        raise HubError(error.args[0]) from None


def _amount(text: Any) -> Decimal | None:
    if text in (None, ""):
        return None
    try:
        return Decimal(str(text))
    except InvalidOperation:
        raise HubError(say("{text!r} is no amount; write one such as 100.00", text=text)) from None


async def explain(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Note why a finding is as it is, and who is at it; it stays until a run no longer sees it."""
    finding = await _finding(flow, given)
    reason, owner = _reason(given), given.get("owner") or finding["owner"]
    now = flow.clock.now()
    await flow.store.write(
        reconciliations.change, finding["id"], "explained", str(actor), now, flow.clock.new_id(),
        reason, note=reason, noted_by=str(actor), owner=str(owner)[:100],
    )  # fmt: skip
    return {"id": finding["id"], "state": "explained"}


async def _finding(flow: Flow, given: Mapping[str, Any]) -> dict[str, Any]:
    found = await flow.store.read(reconciliations.finding, str(given.get("id") or ""))
    if found is None:
        raise HubError(
            say("There is not one finding {id}. Run `hub reconcile findings`.", id=given.get("id"))
        )
    if found["state"] not in reconciliations.STANDING:
        raise HubError(say("{id} is {state}.", id=found["id"][:12], state=found["state"]))
    return found


def _reason(given: Mapping[str, Any]) -> str:
    reason = str(given.get("reason") or "").strip()
    if not reason:
        raise HubError(say("Say why; the reason is kept with it."))
    return reason[:500]


async def plan_repair(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Return what would be done about open findings, and the hash that does exactly that."""
    definition = definition_of(flow, str(given.get("name") or ""))
    proposal = await repair.propose(
        flow, definition, causes=given.get("causes") or (), findings=given.get("findings") or (),
        action=given.get("how"), actor=actor,
    )  # fmt: skip
    return {
        "name": proposal.name, "run": proposal.run, "plan": proposal.hash,
        "second_person": proposal.second_person,
        "steps": [msgspec.to_builtins(step) for step in proposal.steps],
    }  # fmt: skip


async def apply_repair(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Do exactly what a plan says."""
    return await repair.apply(flow, str(given.get("plan") or ""), actor)


async def sign(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Sign a complete run as the one who prepared it, or as another person who looked at it."""
    found = await flow.store.read(reconciliations.run, str(given.get("run") or ""))
    if found is None:
        raise HubError(say("There is no run {run}.", run=given.get("run")))
    role = str(given.get("role") or "")
    if role not in _ROLES:
        raise HubError(say("A run is signed as preparer or as reviewer, not as {role}.", role=role))
    policy = definition_of(flow, found.name).policy
    may(actor, "reconcile.sign", policy.preparers if role == "preparer" else policy.reviewers)
    if found.state != "complete" or found.hash is None:
        raise HubError(
            say("{run} is {state}: only a complete run can be signed.",
                run=found.id[-12:], state=found.state)
        )  # fmt: skip
    await flow.store.write(_sign, flow, found, role, str(actor))
    return {"run": found.id, "role": role, "hash": found.hash}


def _sign(tx: sa.Connection, flow: Flow, found: Run, role: str, person: str) -> None:
    newest = reconciliations.runs(tx, found.name, 1)[0]
    if newest.id != found.id:
        raise HubError(
            say("{run} is not the last run of {name} any more; sign that one.",
                run=found.id[-12:], name=found.name)
        )  # fmt: skip
    others = {one["role"]: one for one in reconciliations.sign_offs(tx, found.id)
              if one["state"] == "valid"}  # fmt: skip
    if role == "reviewer" and "preparer" not in others:
        raise HubError(say("Nobody has prepared {run}: sign as preparer first.",
                           run=found.id[-12:]))  # fmt: skip
    if any(one["person"] == person for name, one in others.items() if name != role):
        raise HubError(
            say("{person} signed as the other one: preparer and reviewer are two persons.",
                person=person)
        )  # fmt: skip
    now = flow.clock.now()
    reconciliations.sign(tx, found.id, role, person, str(found.hash), now)
    ledger.append(tx, [ledger.entry(
        flow.clock.new_id(), now, "reconcile.signed", found.id, actor=person,
        facts={"role": role, "hash": found.hash},
    )])  # fmt: skip
