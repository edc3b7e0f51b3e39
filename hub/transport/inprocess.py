"""The transport of a hub that is one process: the bell has rung there already."""

from __future__ import annotations


class InProcess:
    """Carries nothing, as there is nobody else; needs no thread and no connection."""

    #: Nothing can be down.
    up = True

    def start(self) -> None:
        """Nothing to begin."""

    def publish(self, stage: str) -> None:
        """Nobody else to wake."""

    def close(self) -> None:
        """Nothing to stop."""
