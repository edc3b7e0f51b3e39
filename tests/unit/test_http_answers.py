"""What the HTTP seam reads off an answer, and what it hides of texts that hold secrets."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ConnectorError, Outcome
from hub.http import decode, redact, retry_after

NOW = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)


# ---- what an answer says ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("0", timedelta()),
        ("120", timedelta(seconds=120)),
        (" 7 ", timedelta(seconds=7)),
        ("1.5", timedelta(seconds=1.5)),
        ("86401", timedelta(hours=24)),
        ("9" * 400, timedelta(hours=24)),
        ("Mon, 01 Jun 2026 01:00:30 GMT", timedelta(seconds=30)),
        ("Mon, 01 Jun 2026 09:00:30 +0800", timedelta(seconds=30)),
        ("Mon, 01 Jun 2026 00:00:00 GMT", timedelta()),
        ("Tue, 01 Jun 2027 00:00:00 GMT", timedelta(hours=24)),
        ("-5", None),
        ("soon", None),
        ("1e9", None),
        ("١٢", None),
        ("Mon, 99 Jun 2026 01:00:30 GMT", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_within_a_day(value: str, wait: timedelta | None) -> None:
    answer = httpx.Response(429, headers=[(b"Retry-After", value.encode())])
    assert retry_after(answer, NOW) == wait


def test_no_retry_after_is_none() -> None:
    assert retry_after(httpx.Response(429), NOW) is None


@given(st.binary(max_size=60))
def test_retry_after_of_any_bytes_is_none_or_within_a_day(value: bytes) -> None:
    wait = retry_after(httpx.Response(503, headers=[(b"Retry-After", value)]), NOW)
    assert wait is None or timedelta() <= wait <= timedelta(hours=24)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_a_date_to_wait_for_is_read_to_the_second(naive: datetime) -> None:
    until = naive.replace(microsecond=0, tzinfo=UTC)
    text = email.utils.format_datetime(until, usegmt=True)
    now = until - timedelta(seconds=90)
    assert retry_after(httpx.Response(503, headers={"Retry-After": text}), now) == until - now


def test_numbers_are_read_exactly() -> None:
    read = decode(b'{"price": 1.10, "big": 123456789012345678901, "n": 1e2}')
    assert str(read["price"]) == "1.10"
    assert read["big"] == 123456789012345678901
    assert isinstance(read["n"], Decimal)


def test_a_byte_order_mark_is_skipped() -> None:
    assert decode(b"\xef\xbb\xbf[]") == []


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>Zhang San</html>", b'{"name": "Zhang San"', b'"Zhang San\xff"', b"[NaN]",
     b"[" * 100_000, b'["Zhang San", 1e99999]', "张三".encode("gbk")],
    ids=["empty", "html", "cut", "not-utf8", "nan", "deep", "huge", "gbk"],
)  # fmt: skip
def test_an_answer_that_is_not_json_is_unknown_kept_and_not_shown(answer: bytes) -> None:
    with pytest.raises(ConnectorError, match="is not JSON") as raised:
        decode(answer)
    assert raised.value.outcome is Outcome.UNKNOWN
    assert raised.value.answer == answer
    assert "Zhang San" not in str(raised.value)


# ---- secrets ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("GET https://h/x?access_token=geheim&page=2", "GET https://h/x?access_token=***&page=2"),
        ("sign=geheim&app_key=geheim&v=2.0", "sign=***&app_key=***&v=2.0"),
        ("Authorization: Bearer geheim\nAccept: a/b", "Authorization: ***\nAccept: a/b"),
        ("Set-Cookie: sid=geheim; Path=/", "Set-Cookie: ***"),
        ('{"app_secret": "ge heim", "n": 1}', '{"app_secret": ***, "n": 1}'),
        ("{'Password': 'geheim'}", "{'Password': ***}"),
        ("https://user:geheim@proxy:8080/", "https://***@proxy:8080/"),
        ("customer C-1042 has no link", "customer C-1042 has no link"),
    ],
)
def test_values_of_secrets_are_masked_in_text(text: str, masked: str) -> None:
    assert redact(text) == masked


def test_headers_named_like_secrets_are_masked() -> None:
    headers = {"Authorization": "a", "X-Api-Key": "b", "Cookie": "c", "X-Sign": "d", "Accept": "e"}
    assert redact(headers) == {**dict.fromkeys(headers, "***"), "Accept": "e"}


@given(
    st.sampled_from(["token", "X-Secret", "sign", "api_key", "password"]),
    st.text("ab12-_", min_size=6),
)
def test_no_query_value_of_a_secret_survives(name: str, value: str) -> None:
    assert value not in redact(f"https://h.test/p?a=1&{name}={value}&z=2")
