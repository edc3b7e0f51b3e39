"""The same job on Celery, as its experts would write it.

Late acknowledgement, publisher confirms, one pooled httpx client and one PostgreSQL connection
for each thread, the result as a row. Read by the Celery worker and by `deliver_celery.py`.
"""

from __future__ import annotations

import json
import os
import threading

import httpx
import psycopg
from celery import Celery
from job import by_hand
from sides import AMQP

QUEUE = os.environ["BENCH_QUEUE"]
_local = threading.local()

app = Celery("benchmark", broker=AMQP)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_default_queue=QUEUE,
    worker_prefetch_multiplier=4,
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"confirm_publish": True},
)


@app.task(autoretry_for=(httpx.HTTPError,), retry_backoff=True, max_retries=5)  # type: ignore[untyped-decorator]
def deliver(number: int, text: str) -> None:
    """Map, post, and keep what came of it."""
    if not hasattr(_local, "http"):
        _local.http = httpx.Client()
        _local.database = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)
    response = _local.http.post(
        os.environ["BENCH_FAR_END"] + "/orders", content=by_hand(json.loads(text)),
        headers={"Content-Type": "application/json", "Idempotency-Key": str(number)},
    )  # fmt: skip
    response.raise_for_status()
    _local.database.execute(
        "INSERT INTO result (id, status, answer, done_at) VALUES (%s, %s, %s, clock_timestamp())"
        " ON CONFLICT (id) DO NOTHING",
        (number, response.status_code, response.json()["id"]),
    )
