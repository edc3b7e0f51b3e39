"""The mapping files in force: what the store says, and how others come in their place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub import logs
from hub.errors import MappingError
from hub.flow.parts import Flow, stored_bundle
from hub.mapping.bundle import Bundle, origin_of
from hub.mapping.compared.meaning import Difference, difference
from hub.settings import Settings
from hub.store import bundles, engine, ledger, upkeep

log = logs.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store says is in force."""

    #: Its files; where they cannot be read they map nothing.
    bundle: Bundle
    #: Why this program cannot read them.
    why: MappingError | None = None


def kept(settings: Settings) -> Kept | None:
    """Return what is in force by the store; None where it is not made yet, or has nothing.

    Raises `StoreError` where the store cannot be asked: nobody knows then what is in force.
    """
    url = sa.make_url(settings.store)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return None
    store = engine.connect(settings.store)
    try:
        if upkeep.is_empty(store.engine):
            return None
        upkeep.check_schema(store.engine)
        return store.read_now(kept_in)
    finally:
        store.close()


def kept_in(
    tx: sa.Connection, get: Callable[[sa.Connection, str], Bundle] = stored_bundle
) -> Kept | None:
    """Return what is in force by the store; None before the first files."""
    sha = bundles.active(tx)
    if sha is None:
        return None
    try:
        return Kept(get(tx, sha))
    except MappingError as why:
        files = bundles.files(tx, sha)
        origins = {name: origin_of(name) for name in files}
        return Kept(Bundle(sha, files, origins, {}, {}), why)


def has_own(bundle: Bundle) -> bool:
    """Say whether any of the files came from the administrator's folder."""
    return "own" in bundle.origins.values()


# ---- putting in force ------------------------------------------------------------------------


async def activate(
    flow: Flow, bundle: Bundle, actor: str = "system", *, before: Bundle
) -> Difference:
    """Put a bundle in force, here and in the store, and wake the others; return what changes.

    `before` was in force when its files were read; raises `Overtaken` where the store has another
    one by now. Deliveries that were planned already keep the files they were planned with.
    """
    found = await asyncio.to_thread(difference, before, bundle)
    changed = await flow.store.write(put, flow, bundle, actor, found.facts(), before.sha)
    # in the store first: no delivery may name files that are not kept
    flow.bundles.activate(bundle)
    if changed:
        log.info("mapping.activated", bundle=bundle.sha, before=before.sha, actor=actor,
                 **found.facts())  # fmt: skip
        flow.bell.ring("mappings")
    return found


def put(
    tx: sa.Connection, flow: Flow, bundle: Bundle, actor: str, facts: Mapping[str, Any],
    after: str | None,
) -> bool:  # fmt: skip
    """Put a bundle in force in the store and note it in the ledger; False where it was already.

    Raises `Overtaken` where another one than `after` is in force.
    """
    now = flow.clock.now()
    if not bundles.put(tx, bundle.sha, bundle.files, now, after=after):
        return False
    kept = {"bundle": bundle.sha, "before": after, "files": len(bundle.files), **facts}
    ledger.append(tx, [ledger.entry(flow.clock.new_id(), now, "mapping.activated",
                                    bundle.sha[:32], actor=actor, facts=kept)])  # fmt: skip
    return True
