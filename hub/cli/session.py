"""What every command gets: the settings, the store to read, the way to act, the language."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from hub.cli import output
from hub.cli.texts import text
from hub.errors import ConfigError, ConnectorError, Outcome, StoreError, StoreLocked
from hub.language import Language

if TYPE_CHECKING:
    from hub.people import Caller
    from hub.settings import Connection, Settings
    from hub.store.engine import Store

_T = TypeVar("_T")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Show at most so many.")]
Personal = Annotated[bool, typer.Option("--personal", help="Show personal data unmasked.")]


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the command line."""

    config: Path | None
    language: Language

    @property
    def config_path(self) -> Path:
        """Return the settings file; `ConfigError` where there is none."""
        from hub import settings

        return settings.find(self.config, os.environ)

    def settings(self) -> Settings:
        """Return the settings; `ConfigError` with every fault otherwise."""
        from hub import settings

        return settings.load(self.config_path)

    def settings_for_files(self) -> Settings | None:
        """Return the settings as far as mapping files need them, None where there is no hub.yaml.

        Secrets and other references need not lead anywhere. A hub.yaml that is named and not
        there, or is wrong, is a `ConfigError` all the same.
        """
        from hub import settings

        named = self.config or os.environ.get("HUB_CONFIG")
        if not named and not Path("hub.yaml").exists():
            return None
        return settings.load(self.config_path, whole=False)

    def connection(self, name: str) -> Connection:
        """Return a configured connection; `ConfigError` with those there are otherwise."""
        configured = self.settings().connections
        if name not in configured:
            known = ", ".join(sorted(configured)) or "-"
            raise ConfigError(self.text("missing.connection", given=name, known=known))
        return configured[name]

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        """Open the store for reading; `StoreError` where it is not there or outdated."""
        from hub import settings

        # whoever only reads needs no secret but those of the store's own address
        found = settings.load(self.config_path, whole=False).store
        known = found != settings.NO_STORE
        with reading(found if known else self.settings().store, self.language) as store:
            yield store

    def read(self, function: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
        """Run one read query."""
        with self.store() as store:
            return store.read_now(function, *args, **kwargs)

    def act(self, action: str, **arguments: Any) -> Any:
        """Have an action done, by the running daemon where there is one."""
        from hub import admin, logs

        # what is logged meanwhile must not get between the lines of --json
        logs.configure("console", logging.WARNING)
        settings = self.settings()
        with reading(settings.store, self.language):
            pass  # writing would make an empty file of a store that is not there
        try:
            return admin.call(settings, action, arguments, caller())
        except admin.DaemonGone:
            raise ConnectorError(Outcome.UNKNOWN, self.text("daemon.gone")) from None
        except admin.NotOurDaemon:
            raise StoreLocked(self.text("daemon.not_ours")) from None

    def text(self, key: str, /, **values: object) -> str:
        """Return a text in the language of the session."""
        return text(self.language, key, **values)

    def say(self, key: str, /, **values: object) -> None:
        """Print a text."""
        output.line(self.text(key, **values))


def of(ctx: typer.Context) -> Session:
    """Return the session of a command."""
    session = ctx.obj
    assert isinstance(session, Session)  # noqa: S101 (the root command made it)
    return session


def caller() -> Caller:
    """Return who asks: the user of the operating system, and the token that proves a person.

    The token is that of HUB_TOKEN, else of the file `hub person token --save` writes. Raises
    `ConfigError` where it can be no token, or where others could read or have written the file.
    """
    import pwd

    from hub.cli import token_file
    from hub.people import Caller

    try:
        # not the environment: anybody may set LOGNAME
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        user = str(os.geteuid())
    return Caller(user[:64], token_file.shown(os.environ))


@contextlib.contextmanager
def reading(url: str, language: Language) -> Iterator[Store]:
    """Open a store for reading only; raises `StoreError` where it is not there or outdated."""
    from hub.store import engine, upkeep

    path = sqlite_path(url)
    # opening a SQLite file that is not there would make an empty one
    if path is not None and not path.exists():
        raise StoreError(text(language, "missing.store", path=path))
    store = engine.connect(url)
    try:
        upkeep.check_schema(store.engine)
        yield store
    finally:
        store.close()


def sqlite_path(url: str) -> Path | None:
    """Return the file of a SQLite store, None for a database server."""
    import sqlalchemy as sa

    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)
