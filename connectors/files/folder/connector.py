"""A folder: files that others leave there come in, rows go out as files.

    poll      row: the rows of the files in inbox/, oldest file first
    list      row: the rows of the newest file, in inbox/ or else in archive/
    deliver   write_row: one CSV file in out/
    find      what was written under our key, also after a reader took it away

Everything that waits for the disk runs in a thread.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any, ClassVar

from connectors.files.folder.disk import Disk, told
from connectors.files.folder.incoming import Cursor, Incoming
from connectors.files.folder.outgoing import Outgoing
from connectors.files.folder.settings import FolderSettings
from connectors.files.folder.spec import SPEC
from hub import (
    Command,
    ConfigError,
    Connector,
    ConnectorError,
    ConnectorSettings,
    Context,
    Found,
    Outcome,
    Page,
    Progress,
    Receipt,
    Spec,
)


class FolderConnector(Connector):
    """One folder."""

    Settings: ClassVar[type[ConnectorSettings]] = FolderSettings
    spec: ClassVar[Spec] = SPEC

    settings: FolderSettings

    def __init__(
        self, settings: FolderSettings, context: Context, disk: Disk | None = None
    ) -> None:
        super().__init__(settings, context)
        disk = disk or Disk()
        self._disk = disk
        self._incoming = Incoming(settings, context.connection, disk)
        self._outgoing = Outgoing(settings.folder, context.connection, disk)

    @classmethod
    def check_profile(cls, settings: Any) -> None:
        """Raise `ConfigError` where somebody overrides what a folder does not have."""
        if settings.profile:
            raise ConfigError("a folder has no profile; remove profile:")

    async def poll(self, stream: str, cursor: str | None) -> Page:
        """Return rows of the oldest file that is ready; what is wrong goes to quarantine/."""
        self.spec.stream(stream)
        place, now = Cursor.read(cursor), self.context.clock.now()
        return await asyncio.to_thread(self._incoming.poll, place, now)

    async def list(self, stream: str, cursor: str | None) -> Page:
        """Return rows of the newest file; nothing is moved."""
        self.spec.stream(stream)
        place = None if cursor is None else Cursor.read(cursor)
        now = self.context.clock.now()
        return await asyncio.to_thread(self._incoming.everything, place, now)

    async def count(self, stream: str) -> int:
        """Return how many rows the newest file has."""
        self.spec.stream(stream)
        return await asyncio.to_thread(self._incoming.count, self.context.clock.now())

    async def deliver(self, command: Command, progress: Progress) -> Receipt:
        """Write the file of a key, or take it back."""
        return await asyncio.to_thread(self._outgoing.deliver, command)

    async def find(self, command: Command) -> Found | None:
        """Return what was written under a key.

        None is a proof: what is written leaves a note, and its absence says that nothing was.
        """
        return await asyncio.to_thread(self._outgoing.find, command)

    async def check(self) -> str:
        """Look whether the folder is there and may be written."""
        return await asyncio.to_thread(self._check)

    def _check(self) -> str:
        root, name = self.settings.folder, self.context.connection
        waiting = {"inbox": 0, "quarantine": 0}
        with told(name, root):
            root.stat()
            for part in waiting:
                folder = root / part
                waiting[part] = len(self._disk.files(folder)) if folder.is_dir() else 0
        if not root.is_dir() or not os.access(root, os.R_OK | os.W_OK | os.X_OK):
            raise ConnectorError(
                Outcome.MISCONFIGURED, f"{name}: {root} is no folder that the hub may write"
            )
        refused = sum(
            one.name.endswith(".why.txt") for one in self._disk.files(root / "quarantine")
        ) if waiting["quarantine"] else 0  # fmt: skip
        return f"{root}: {waiting['inbox']} files in inbox/, {refused} refused in quarantine/"
