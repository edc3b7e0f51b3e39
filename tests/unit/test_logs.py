"""What is written to the log, what is kept out of it, and the figures."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from hub import logs

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def lines() -> Lines:
    """Log as JSON into a buffer; return what is in it."""
    stream = io.StringIO()
    logs.configure("json", stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_attempt_is_one_wide_line(lines: Lines) -> None:
    logs.attempted(
        logs.get_logger(),
        connection="erp",
        record="commitment CMT-1",
        attempt=2,
        outcome="applied",
        took=timedelta(milliseconds=12.4),
    )
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "delivery.attempted",
        "level": "info",
        "connection": "erp",
        "record": "commitment CMT-1",
        "attempt": 2,
        "outcome": "applied",
        "ms": 12,
    }


@pytest.mark.parametrize(
    ("outcome", "level"),
    [("applied", "info"), ("already_applied", "info"), ("rejected", "warning"),
     ("unknown", "warning")],
)  # fmt: skip
def test_an_attempt_without_effect_is_a_warning(lines: Lines, outcome: str, level: str) -> None:
    logs.attempted(
        logs.get_logger(), connection="e", record="r", attempt=1, outcome=outcome,
        took=timedelta(),
    )  # fmt: skip
    assert lines()[0]["level"] == level


async def test_the_correlation_id_is_on_every_line_of_its_block_only(lines: Lines) -> None:
    log = logs.get_logger()
    with logs.correlation("c-1"):
        log.info("inside")
        logging.getLogger("a.library").warning("its own")
        with logs.correlation("c-2"):
            log.info("deeper")
        log.info("back")
    log.info("outside")
    assert [line.get("correlation_id") for line in lines()] == ["c-1", "c-1", "c-2", "c-1", None]


@pytest.mark.parametrize(
    "name",
    [
        "password", "db_password", "appSecret", "access_token", "Authorization", "sign",
        "Set-Cookie", "signature", "X-Ca-Signature", "apiKey", "api_key", "phone", "receiverMobile",
        "mobile_no", "id_card", "idCardNo", "tel", "手机号", "身份证号",
    ],
)  # fmt: skip
def test_a_value_is_masked_by_the_name_it_stands_under(lines: Lines, name: str) -> None:
    logs.get_logger().info("x", **{name: "hidden-1"}, deep=[{name: {"more": "hidden-1"}}])
    assert "hidden-1" not in json.dumps(lines())


@pytest.mark.parametrize("name", ["design", "signed_on", "assigned", "hotel", "number", "key"])
def test_a_name_that_only_looks_alike_is_not_masked(lines: Lines, name: str) -> None:
    logs.get_logger().info("x", **{name: "shown"})
    assert lines()[0][name] == "shown"


@pytest.mark.parametrize(
    "value",
    [
        "amqp://hub:hidden-1@mq",
        "GET https://api.example/x?access_token=hidden-1&page=2",
        "https://api.example/x?app=1&sign=hidden-1",
        "Authorization: Bearer hidden-1.abc",
        SecretStr("hidden-1"),
        [SecretStr("hidden-1")],
        b"hidden-1",
        ValueError("postgresql://u:hidden-1@db"),
    ],
    ids=["password in url", "token", "sign", "bearer", "secret", "in list", "bytes", "error"],
)
def test_a_secret_inside_a_value_is_masked_whatever_its_name(lines: Lines, value: object) -> None:
    logs.get_logger().info("x", what=value)
    logs.get_logger().info("said %s", value) if isinstance(value, str) else None
    assert "hidden-1" not in json.dumps(lines())


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_traceback_shows_neither_tokens_nor_local_variables(style: Any) -> None:
    stream = io.StringIO()
    logs.configure(style, stream=stream)
    local = "-".join(["hidden", "2"])
    try:
        raise ValueError(f"no answer from https://x/?access_token={'hidden-' + str(len(local))}")
    except ValueError:
        logs.get_logger().exception("failed")
    text = stream.getvalue()
    assert "no answer from" in text
    assert "hidden-8" not in text
    assert "hidden-2" not in text


def test_http_clients_do_not_log_their_addresses(lines: Lines) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET https://x?code=1")
    logging.getLogger("uvicorn.access").info("GET /webhooks/x?code=1")
    assert lines() == []


def test_chinese_stays_readable() -> None:
    stream = io.StringIO()
    logs.configure("json", stream=stream)
    logs.get_logger().info("x", words="库存不足")
    assert "库存不足" in stream.getvalue()


# ---- figures


def figures(metrics: logs.Metrics) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        # a figure without labels is there from the first moment on, and says nothing then
        if sample.value and not sample.name.endswith(("_created", "_bucket"))
    }


def test_figures_are_counted_by_their_labels() -> None:
    metrics = logs.Metrics()
    metrics.messages_received.labels("crm").inc()
    metrics.deliveries.labels("erp", "applied").inc()
    metrics.delivery_seconds.labels("erp").observe(0.5)
    metrics.paused.labels("wms").set(1)
    assert figures(metrics) == {
        ("hub_messages_received_total", "crm"): 1,
        ("hub_deliveries_total", "erp", "applied"): 1,
        ("hub_delivery_seconds_count", "erp"): 1,
        ("hub_delivery_seconds_sum", "erp"): 0.5,
        ("hub_connection_paused", "wms"): 1,
    }


def test_queues_are_counted_when_the_figures_are_read() -> None:
    metrics = logs.Metrics()
    queue = {("delivery", "ready"): 3}
    metrics.watch_queues(lambda: queue)
    assert figures(metrics) == {("hub_queue", "delivery", "ready"): 3}
    queue[("message", "waiting")] = 1
    del queue[("delivery", "ready")]
    assert figures(metrics) == {("hub_queue", "message", "waiting"): 1}


def test_two_hubs_in_one_process_count_apart() -> None:
    first, second = logs.Metrics(), logs.Metrics()
    first.messages_received.labels("crm").inc()
    assert figures(second) == {}
