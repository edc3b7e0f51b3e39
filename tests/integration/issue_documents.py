"""One machine among several: plans and issues what there is in the inbox, then ends.

    issue_documents.py HUB_YAML

Prints how many messages it took up.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hub import settings as hub_settings
from hub.flow.opening import open_flow
from hub.flow.route import route


async def main(path: Path) -> int:
    """Route until nothing is due."""
    flow = open_flow(hub_settings.load(path))
    flow.store.open()
    taken = 0
    try:
        while moved := await route(flow):
            taken += moved
    finally:
        await flow.close_tools()
        flow.store.close()
    return taken


if __name__ == "__main__":
    print(asyncio.run(main(Path(sys.argv[1]))))
