"""Celery's side of `deliver`: enqueue all tasks, then let one worker do them.

    deliver_celery.py POOL CONCURRENCY NUMBER      with BENCH_QUEUE, BENCH_DATABASE, BENCH_FAR_END

Prints {"enqueue": seconds, "deliver": seconds}; deliver is from the first to the last result row,
so the worker's start costs nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from celery_job import QUEUE, deliver
from job import promise
from sides import HERE, LIMIT, remove_queue


def enqueue(number: int) -> float:
    """Publish all tasks, each confirmed by the broker; return the seconds it took."""
    texts = [json.dumps(promise(one)) for one in range(number)]
    deliver.delay(-1, texts[0])  # opens the connection
    started = time.perf_counter()
    for one, text in enumerate(texts):
        deliver.delay(one, text)
    return time.perf_counter() - started


def work(database: psycopg.Connection[Any], pool: str, concurrency: str, number: int) -> float:
    """Run a worker until all results are there; return the seconds between first and last."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "celery_job", "worker",
         "-P", pool, "-c", concurrency, "-l", "warning",
         "--without-gossip", "--without-mingle", "--without-heartbeat"],
        cwd=HERE, stdout=sys.stderr,
    )  # fmt: skip
    try:
        until = time.monotonic() + LIMIT - 30
        while _count(database) <= number and time.monotonic() < until:
            time.sleep(0.2)
        return _span(database)
    finally:
        worker.terminate()
        try:
            worker.wait(10)
        except subprocess.TimeoutExpired:
            worker.kill()


def _count(database: psycopg.Connection[Any]) -> int:
    found = database.execute("SELECT count(*) FROM result").fetchone()
    return int(found[0]) if found else 0


def _span(database: psycopg.Connection[Any]) -> float:
    query = "SELECT extract(epoch FROM max(done_at) - min(done_at)) FROM result"
    found = database.execute(query).fetchone()
    return float(found[0]) if found else 0.0


def main(arguments: Sequence[str], database_url: str) -> None:
    """Measure once."""
    pool, concurrency, number = arguments
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute(
            "CREATE TABLE result (id bigint PRIMARY KEY, status int, answer text,"
            " done_at timestamptz)"
        )
        took = {
            "enqueue": enqueue(int(number)),
            "deliver": work(database, pool, concurrency, int(number)),
        }
    remove_queue(QUEUE)
    print(json.dumps(took))


if __name__ == "__main__":
    main(sys.argv[1:], os.environ["BENCH_DATABASE"])
