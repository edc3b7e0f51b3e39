"""Libraries only documents need: the extra `documents`."""

from __future__ import annotations

import importlib
from typing import Any

from hub.errors import ConfigError
from hub.language import say


def require(module: str) -> Any:
    """Return a module of the extra; `ConfigError` with what to install where it is missing."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ConfigError(
            say(
                'Documents need the library {name}: pip install "accord-hub[documents]"',
                name=error.name or module,
            )
        ) from None
