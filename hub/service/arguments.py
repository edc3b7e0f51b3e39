"""What an action is given, looked at before anything is done.

Whatever else is wrong the action says itself; here it is made sure that the ledger can keep what it
was about, and that no text is one the store cannot hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from hub.errors import ConfigError
from hub.language import say
from hub.service.bulk import Choice

#: Seconds that a time still has.
_MOST = int(timedelta.max.total_seconds())


def check(arguments: Mapping[str, Any]) -> None:
    """Let them pass; raises `ConfigError` with the first that no action takes so."""
    for name, value in arguments.items():
        if value is None or name not in _FIT:
            continue
        if not _FIT[name](value):
            raise ConfigError(
                say(
                    "{name} is not of the kind that this takes there, or out of bounds: {kind}.",
                    name=name, kind=type(value).__name__,
                )
            )  # fmt: skip
        _require_storable(name, value)


def _require_storable(name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for one in (*value.keys(), *value.values()):
            _require_storable(name, one)
    elif isinstance(value, list | tuple):
        for one in value:
            _require_storable(name, one)
    elif isinstance(value, str) and not _is_storable(value):
        raise ConfigError(
            say("{name} holds a character that cannot be kept: it is no UTF-8, or is NUL.",
                name=name)
        )  # fmt: skip


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MOST


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_text, value))


def _are_groups(value: Any) -> bool:
    """Say whether they are links as `link.import` takes them: connection, kind, pairs."""
    return isinstance(value, list) and all(
        isinstance(one, list) and len(one) == 3 and _are_texts(one[:2]) and _are_pairs(one[2])
        for one in value
    )


def _are_pairs(value: Any) -> bool:
    return isinstance(value, list) and all(_are_texts(one) and len(one) == 2 for one in value)


_TEXTS = (
    "id", "name", "number", "handle", "gate", "person", "kind", "connection", "external_id",
    "reason", "version", "decision", "since", "until", "sha256", "channel", "label", "os_user",
    "text", "recipient", "given",
)  # fmt: skip

#: Name → whether a value is of the kind that is meant.
_FIT: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_TEXTS, _is_text),
    **dict.fromkeys(("seconds", "keep_days", "revision"), _is_whole),
    **dict.fromkeys(("dry_run", "latest", "own"), _is_flag),
    "streams": _are_texts,
    "groups": _are_groups,
    "document": lambda value: isinstance(value, Mapping),
    "choice": lambda value: isinstance(value, Choice),
}
