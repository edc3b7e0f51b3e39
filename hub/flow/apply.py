"""`hub map apply`: put the mapping files of the folder in force, for all processes."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import sqlalchemy as sa

from hub.errors import ConfigError, Fault, MappingError
from hub.flow import checks, reload, vetting
from hub.flow.parts import Flow, stored_bundle
from hub.mapping.bundle import read_bundle
from hub.mapping.meaning import Change, Difference, Differing, Rule, difference
from hub.store import bundles, ledger
from hub.store.bundles import Overtaken


async def apply(flow: Flow, actor: str, *, since: str = "", dry_run: bool = False) -> Any:
    """Check and test the files of the folder, and put them in force unless it is a dry run.

    Returns plain data: `bundle`, `before`, `applied`, `changes` and `warnings`; or only `faults`,
    where the files are wrong; or `overtaken`, where those in force are not the ones that `since`
    names (the beginning of their address), with who put them in force and what they changed.
    """
    if flow.settings is None:
        raise ConfigError
    own = reload.has_own(flow.bundles.active)
    found = await asyncio.to_thread(vetting.vet, flow.settings, needs_folder=own)
    if found.faults:
        return {"faults": [bundles.fault_as_data(fault) for fault in found.faults]}
    before, in_force = flow.bundles.active, await flow.store.read(bundles.active)
    bundle = await asyncio.to_thread(read_bundle, found.files, checks.schema)
    if since and in_force is not None and not in_force.startswith(since):
        return await flow.store.read(_overtaken, flow, since)
    changes = await asyncio.to_thread(difference, before, bundle)
    applies = not dry_run and bundle.sha != in_force
    try:
        if applies:
            await reload.activate(flow, bundle, actor)
    except Overtaken:
        return await flow.store.read(_overtaken, flow, before.sha)
    return {
        "bundle": bundle.sha,
        "before": before.sha,
        "applied": applies,
        "changes": [_differing(one) for one in changes.found],
        "warnings": [bundles.fault_as_data(fault) for fault in changes.warnings],
    }


def _overtaken(tx: sa.Connection, flow: Flow, since: str) -> dict[str, Any]:
    """Return what is in force instead of the bundle one started from, by whom and since when."""
    sha = bundles.active(tx) or ""
    who = ledger.last(tx, "mapping.activated", sha[:32])
    told: dict[str, Any] = {
        "bundle": sha,
        "by": who.actor if who is not None else "",
        "at": who.at if who is not None else None,
        "changes": None,
    }
    known = bundles.named(tx, since)
    if known is not None:
        changes = _between(tx, known, sha)
        told["changes"] = None if changes is None else [_differing(one) for one in changes.found]
    return {"overtaken": told}


def _between(tx: sa.Connection, old: str, new: str) -> Difference | None:
    try:
        return difference(stored_bundle(tx, old), stored_bundle(tx, new))
    except MappingError:
        return None


# ---- as plain data ---------------------------------------------------------------------------


def _differing(one: Differing) -> dict[str, Any]:
    return {
        "what": one.what, "name": one.name, "kind": one.kind,
        "changes": [_change(change) for change in one.changes],
    }  # fmt: skip


def _change(change: Change) -> dict[str, Any]:
    return {
        "part": change.part, "name": change.name, "kind": change.kind,
        "old": _rule(change.old), "new": _rule(change.new),
    }  # fmt: skip


def _rule(rule: Rule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {"text": rule.text, **dataclasses.asdict(rule.place)}


def faults_of(told: dict[str, Any], name: str = "faults") -> tuple[Fault, ...]:
    """Return the faults, or `warnings`, of what `apply` returned."""
    return tuple(bundles.fault_of_data(one) for one in told.get(name, ()))
