"""Which steps wait for which, as the mapping files said when a delivery was planned."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from hub.errors import HubError
from hub.mapping.bundle import read_kept
from hub.store import bundles

#: Bundles that are remembered.
_MOST = 64


class Edges:
    """Reads each bundle once; of one that is no longer kept, nothing is known."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._known: dict[str, Mapping[tuple[str, str], Collection[str]]] = {}

    def before(self, route: str, step: str, bundle: str) -> Collection[str]:
        """Return the steps a step of a route waits for."""
        if bundle not in self._known:
            if len(self._known) == _MOST:
                self._known.clear()
            self._known[bundle] = self._read(bundle)
        return self._known[bundle].get((route, step), ())

    def _read(self, bundle: str) -> Mapping[tuple[str, str], Collection[str]]:
        try:
            files = bundles.files(self._tx, bundle)
            routes = read_kept(files).routes if files else {}
        except HubError:
            return {}
        return {
            (route.name, step.name): tuple(one.step for one in step.after)
            for route in routes.values()
            for step in route.steps
        }
