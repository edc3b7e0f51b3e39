"""What mappings cost of memory: load the job's file under many names, then map many documents.

Prints {"loaded": MB, "grown": MB}: one loaded mapping, and all documents together.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path

import mapping_job as job

from hub.mapping import Bundle, read_bundle

#: Mappings loaded at once, so that what one costs stands out.
MAPPINGS = 50
#: Documents mapped before the memory is read for the first time.
WARM = 2_000


def main(documents: int) -> None:
    """Measure both."""
    job.mapping().apply(job.good())  # what is loaded once is no mapping's
    before = _resident()
    bundle = _bundle()
    loaded = (_resident() - before) / MAPPINGS
    print(json.dumps({"loaded": loaded, "grown": _growth(bundle, documents)}))


def _bundle() -> Bundle:
    name = job.NAME.encode()
    data = job.FILE.read_bytes()
    names = [b"%s-%d" % (name, number) for number in range(MAPPINGS)]
    return read_bundle({f"own/{one.decode()}.yaml": data.replace(name, one) for one in names})


def _growth(bundle: Bundle, documents: int) -> float:
    mapping = next(iter(bundle.mappings.values()))
    for _ in range(WARM):
        mapping.apply(job.good())
    before = _resident()
    for _ in range(documents):
        mapping.apply(job.good())
    return _resident() - before


def _resident() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


if __name__ == "__main__":
    main(int(sys.argv[1]))
