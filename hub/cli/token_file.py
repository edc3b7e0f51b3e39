"""Where a command finds the token of whoever runs it: HUB_TOKEN, or a file of one's own."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hub.cli.texts import WordedConfig, text

#: Nothing longer is a token.
_LONGEST = 1000


def path(environ: Mapping[str, str]) -> Path:
    """Return the file a token is kept in."""
    return Path(environ.get("HOME") or Path.home()) / ".config" / "accord-hub" / "token"


def shown(environ: Mapping[str, str]) -> str | None:
    """Return the token; None where there is none. Raises `ConfigError` as `session.caller` says."""
    from hub.service.identity import is_token

    named = environ.get("HUB_TOKEN")
    if named:
        if not is_token(named):
            raise _refused("token.malformed", where="HUB_TOKEN", count=len(named))
        return named
    file = path(environ)
    kept = _kept(file)
    if kept is not None and not is_token(kept):
        raise _refused("token.malformed", where=file, count=len(kept))
    return kept


def _kept(file: Path) -> str | None:
    try:
        # whoever puts a link there chooses what is read
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _refused("token.unreadable", path=file, problem=error.strerror) from None
    try:
        _check(file, os.fstat(handle))
        return os.read(handle, _LONGEST).decode("ascii", "replace").removesuffix("\n")
    finally:
        os.close(handle)


def _check(file: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        raise _refused("token.not_ours", path=file)
    if found.st_mode & 0o077:
        raise _refused("token.mode", path=file, mode=f"{stat.S_IMODE(found.st_mode):04o}")


def save(token: str, environ: Mapping[str, str]) -> Path:
    """Keep a token so that only this user can read it, in place of an earlier one."""
    file = path(environ)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # made for the owner alone, and never seen half written
        handle, partial = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(token + "\n")
        Path(partial).replace(file)
    except OSError as error:
        raise _refused("token.unwritable", path=file, problem=error.strerror) from None
    return file


def _refused(key: str, **values: object) -> WordedConfig:
    return WordedConfig(lambda language: text(language, key, **values))
