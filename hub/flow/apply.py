"""`hub map apply`: put the mapping files of the folder in force, for all processes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hub.errors import ConfigError, Fault, MappingError
from hub.flow import checks, in_force, vetting
from hub.flow.parts import Flow, stored_bundle
from hub.mapping.bundle import read_bundle
from hub.mapping.compared.difference_data import as_data
from hub.mapping.compared.meaning import Difference, difference
from hub.store import bundles, ledger
from hub.store.bundles import Overtaken


async def apply(flow: Flow, actor: str, *, since: str = "", dry_run: bool = False) -> Any:
    """Check and test the files of the folder, and put them in force unless it is a dry run.

    Returns plain data: `bundle`, `before` (empty where nothing was in force), `applied`, `changes`
    and `warnings`; or only `faults`, where the files are wrong; or `overtaken`, where those in
    force are not the ones that `since` names (the beginning of their address), with who put them in
    force and what they changed.
    """
    if flow.settings is None:
        raise ConfigError
    # before the files are read: what comes into force later was not known to who wrote them
    kept = await flow.store.read(in_force.kept_in, flow.bundles.get)
    before = kept.bundle if kept is not None else flow.bundles.active
    if since and kept is not None and not before.sha.startswith(since):
        return await flow.store.read(_overtaken, since)
    own = in_force.has_own(before)
    found = await asyncio.to_thread(vetting.vet, flow.settings, needs_folder=own)
    if found.faults:
        return {"faults": [bundles.fault_as_data(fault) for fault in found.faults]}
    bundle = await asyncio.to_thread(read_bundle, found.files, checks.schema)
    changes = await asyncio.to_thread(difference, before, bundle)
    applies = not dry_run and (kept is None or bundle.sha != before.sha)
    try:
        if applies:
            await in_force.activate(flow, bundle, actor, before=before)
    except Overtaken:
        return await flow.store.read(_overtaken, before.sha)
    return {
        "bundle": bundle.sha,
        "before": before.sha if kept is not None else "",
        "applied": applies,
        "changes": [as_data(one) for one in changes.found],
        "warnings": [bundles.fault_as_data(fault) for fault in changes.warnings],
    }


def _overtaken(tx: sa.Connection, since: str) -> dict[str, Any]:
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
        told["changes"] = None if changes is None else [as_data(one) for one in changes.found]
    return {"overtaken": told}


def _between(tx: sa.Connection, old: str, new: str) -> Difference | None:
    try:
        return difference(stored_bundle(tx, old), stored_bundle(tx, new))
    except MappingError:
        return None


def faults_of(told: Mapping[str, Any], name: str = "faults") -> tuple[Fault, ...]:
    """Return the faults, or `warnings`, of what `apply` returned."""
    return tuple(bundles.fault_of_data(one) for one in told.get(name, ()))
