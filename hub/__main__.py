"""The command `hub`, also as `python -m hub`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line and return its exit code."""
    from hub.cli.app import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
