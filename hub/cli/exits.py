"""Exit codes of errors: what a script can do about them."""

from __future__ import annotations

from hub.errors import ConfigError, ConnectorError, HubError, Outcome, StoreError

#: Outcomes after which the far end may still be reached another time.
_UNREACHABLE = frozenset({Outcome.UNAVAILABLE_NOT_APPLIED, Outcome.RATE_LIMITED})


def exit_code(error: HubError) -> int:
    """Return 2 for configuration, 3 where nobody knows, 4 for what cannot be reached, else 1."""
    match error:
        case ConfigError():
            return 2
        case StoreError():
            return 4
        case ConnectorError(outcome=Outcome.UNKNOWN):
            return 3
        case ConnectorError(outcome=outcome):
            return 4 if outcome in _UNREACHABLE else 1
    return 1
