"""Where the mapping files that come with the hub are."""

from __future__ import annotations

from pathlib import Path

_HUB = Path(__file__).parents[1]


def shipped_folder() -> Path:
    """Return the folder of the shipped mapping files: read it, never write to it.

    Installed from a wheel it is `hub/_mappings`; in the source tree `mappings/` beside `hub/`,
    which is what a developer edits.
    """
    installed = _HUB / "_mappings"
    return installed if installed.is_dir() else _HUB.parent / "mappings"
