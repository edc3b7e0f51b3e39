"""Asks the far end of a connection whether it is there, within a time."""

from __future__ import annotations

import asyncio

from hub import registry
from hub.cli import output
from hub.clock import SystemClock
from hub.errors import ConnectorError, Outcome
from hub.settings import Connection, Settings


async def probe(settings: Settings, connection: Connection, seconds: float, late: str) -> str:
    """Return the connector's line about its far end.

    Raises `ConnectorError`, with the far end's own words, or `late` where no answer came in time,
    or `ConfigError`.
    """
    connector = registry.build(connection, SystemClock(), public_url=settings.public_url)
    try:
        async with asyncio.timeout(seconds):
            return await connector.check()
    except TimeoutError:
        raise ConnectorError(Outcome.UNAVAILABLE_NOT_APPLIED, late) from None
    except ConnectorError as error:
        if not error.words or error.words in str(error):
            raise
        told = f"{error} ({output.clean(error.words)})"
        raise ConnectorError(error.outcome, told, code=error.code, words=error.words) from error
    finally:
        await connector.context.http.aclose()
