"""Read the codes of a real annex from fifty spoiled pictures of its last page.

Prints how many showed the short code and the seal, and how many texts were wrong.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from hub.documents.reading import Reader
from tests.unit.documents import degraded, outside


async def main() -> None:
    """Look at the pictures one after the other."""
    page = outside.page_of(outside.annex(), 1)
    async with Reader() as reader:
        print(json.dumps(asdict(await degraded.read_rate(reader, page))))


if __name__ == "__main__":
    asyncio.run(main())
