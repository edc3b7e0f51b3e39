"""The HTTP seam: every call to a far end goes through here, and a failure says what it proves.

    nothing was written (connect phase)      unavailable_not_applied, repeated inside the attempt
    something may have been written, effect  unknown, never repeated
    something may have been written, read    unavailable_not_applied, repeated once

Which exception belongs where is `NOT_SENT`; whatever is not in it counts as written. HTTP/1.1
only; no redirects, cookie jar, environment proxies or netrc: a connector says all it sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import functools
import logging
import re
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, overload

import httpx
import msgspec
import tenacity

from hub import http11, netcheck
from hub.clock import Clock
from hub.errors import ConfigError, ConnectorError, Outcome

#: Largest answer that is read, unpacked; more ends the call.
ANSWER_LIMIT = 32 * 1024 * 1024

#: Raised before the first byte of the request was written. `ConnectError` includes TLS
#: handshakes, `ProxyError` a refused CONNECT, `LocalProtocolError` a header HTTP does not allow.
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)

#: What a call can end with. `OSError`: TLS alerts after the handshake pass httpx unwrapped.
_FAILURES = (httpx.RequestError, OSError)
#: Seconds before the second and the third try inside one attempt.
_PAUSES = (0.2, 0.8)
_REPEAT_WITHIN_SECONDS = 3.0
#: Waiting for the pool, DNS, TCP and TLS together end before the total time-out does, so that
#: a connect phase that hangs is told from a request that was written.
_CONNECT_SHARE = 1 / 5
#: Codings whose unpacked size stays within bounds per chunk; zstd's does not.
_CODINGS = frozenset({"", "identity", "gzip", "deflate"})
#: Headers of the transfer, untrue once the body is unpacked.
_TRANSFER_HEADERS = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
#: A number written out in plain digits must not fill the memory.
_LARGEST_EXPONENT = 1000
_LONGEST_WAIT = timedelta(hours=24)

_HEADERS = httpx.Headers(
    {
        "Accept": "*/*",
        "Accept-Encoding": "gzip, deflate",
        "Connection": "keep-alive",
        "User-Agent": "accord-hub",
    }
)
_JSON_HEADERS = httpx.Headers({**_HEADERS, "Content-Type": "application/json"})
_ENCODER = msgspec.json.Encoder(decimal_format="number")


# ---- the right to write ----------------------------------------------------------------------

_may_write: ContextVar[Callable[[], None] | None] = ContextVar("may_write", default=None)


@contextlib.contextmanager
def guard_writes(check: Callable[[], None]) -> Iterator[None]:
    """Call `check` right before each request of this task that has an effect.

    It raises when the caller no longer has the right to write, as its lease has run out.
    """
    before = _may_write.set(check)
    try:
        yield
    finally:
        _may_write.reset(before)


# ---- the client ------------------------------------------------------------------------------


class AnswerTooLarge(ConnectorError):
    """A far end answered with more than is read; asking again brings the same."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One call of `HttpClient.request`, over all its tries."""

    clock: Clock
    effect: bool
    started: float
    seconds: float

    def seconds_left(self) -> float:
        return self.seconds - (self.clock.monotonic() - self.started)

    def may_repeat(self, state: tenacity.RetryCallState) -> bool:
        """Say whether the try that just failed proves that one more is harmless."""
        failure = state.outcome.exception() if state.outcome else None
        if isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout):
            tries = 1 + len(_PAUSES)
        elif self.effect or not isinstance(failure, _FAILURES):
            return False
        else:
            tries = 2
        if state.attempt_number >= tries or isinstance(failure, httpx.DecodingError):
            return False
        elapsed = self.seconds - self.seconds_left() + _PAUSES[state.attempt_number - 1]
        return elapsed <= min(_REPEAT_WITHIN_SECONDS, self.seconds / 2)


class HttpClient:
    """The HTTP client of one connection; made by `connect`, closed with `aclose`."""

    def __init__(
        self,
        connection: str,
        base_url: httpx.URL,
        hosts: frozenset[str],
        transport: httpx.AsyncBaseTransport,
        timeout: timedelta,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._base_url = base_url
        self._hosts = hosts
        self._transport = transport
        self._timeout = timeout
        self._clock = clock

    async def request(
        self,
        method: str,
        url: str,
        *,
        effect: bool,
        params: Sequence[tuple[str, str]] | Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        files: Any = None,
        timeout: timedelta | None = None,
    ) -> httpx.Response:
        """Send one request and return the answer, whatever its status, read to its end.

        `url` is absolute, or a path below the connection's base_url; `params` are added to its
        query. `effect` says that the call changes something at the far end. `json` may hold
        `Decimal`: digits are sent as they are. `timeout` bounds the whole call.

        Raises `ConnectorError`: `misconfigured` when the host is not one of the connection's or
        the request cannot be written, otherwise as the module's table says.
        """
        target = self._target(method, url)
        if params:
            pairs = params.items() if isinstance(params, Mapping) else params
            target = target.copy_merge_params(list(pairs))
        try:
            sent_headers = httpx.Headers(_HEADERS if json is None else _JSON_HEADERS)
            sent_headers.update(headers)
            request = httpx.Request(
                method,
                target,
                headers=sent_headers,
                content=content if json is None else _ENCODER.encode(json),
                data=data,
                files=files,
            )
        except UnicodeError:
            # The error holds the value, which may be a secret: it is not kept as the cause.
            raise self._misconfigured(
                method, target, "a header holds a character other than ASCII"
            ) from None
        seconds = (timeout or self._timeout).total_seconds()
        return await self._try(
            request, _Attempt(self._clock, effect, self._clock.monotonic(), seconds)
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    def _target(self, method: str, url: str) -> httpx.URL:
        base = str(self._base_url)
        if "://" not in url.partition("?")[0]:
            url = f"{base.rstrip('/')}/{url.lstrip('/')}" if url else base
        try:
            target = _address(url)
        except httpx.InvalidURL as exc:
            raise self._misconfigured(method, self._base_url, "the address is malformed") from exc
        if target.scheme not in ("http", "https"):
            raise self._misconfigured(method, target, "only http and https are spoken")
        if target.host not in self._hosts:
            known = ", ".join(sorted(self._hosts))
            raise self._misconfigured(
                method, target, f"the host is none of this connection's ({known})"
            )
        return target

    def _misconfigured(self, method: str, target: httpx.URL, reason: str) -> ConnectorError:
        return ConnectorError(
            Outcome.MISCONFIGURED,
            f"{self._connection}: {method} {_place(target)}: {reason}; nothing was sent. "
            "Correct the connection's settings.",
        )

    async def _try(self, request: httpx.Request, attempt: _Attempt) -> httpx.Response:
        trying = tenacity.AsyncRetrying(
            sleep=self._clock.sleep,
            wait=tenacity.wait_chain(*map(tenacity.wait_fixed, _PAUSES)),
            retry=attempt.may_repeat,
        )
        try:
            return await trying(self._send, request, attempt)
        except httpx.LocalProtocolError as exc:
            # Its text quotes the header, which may be a secret: it is not kept as the cause.
            raise self._failed(request, exc, attempt) from None
        except _FAILURES as exc:
            raise self._failed(request, exc, attempt) from exc

    async def _send(self, request: httpx.Request, attempt: _Attempt) -> httpx.Response:
        if attempt.effect and (check := _may_write.get()) is not None:
            check()
        seconds = attempt.seconds_left()
        share = seconds * _CONNECT_SHARE
        request.extensions["timeout"] = httpx.Timeout(seconds, connect=share, pool=share).as_dict()
        try:
            async with asyncio.timeout(seconds):
                response = await self._transport.handle_async_request(request)
                response.request = request
                try:
                    return await _read(response)
                finally:
                    await response.aclose()
        except TimeoutError as exc:
            raise httpx.ReadTimeout(f"no whole answer within {seconds:.3g} s") from exc

    def _failed(
        self, request: httpx.Request, failure: Exception, attempt: _Attempt
    ) -> ConnectorError:
        outcome = Outcome.UNAVAILABLE_NOT_APPLIED
        if isinstance(failure, NOT_SENT):
            next_step = (
                "Nothing was sent. Check that the far end is up and can be reached from here"
            )
        elif attempt.effect:
            outcome = Outcome.UNKNOWN
            next_step = "It may have been processed: ask the far end before it is sent again"
        else:
            next_step = "Nothing was changed. Try again later"
        place = f"{request.method} {_place(request.url)}"
        kind = AnswerTooLarge if isinstance(failure, http11.TooLarge) else ConnectorError
        return kind(outcome, f"{self._connection}: {place}: {_reason(failure)}. {next_step}.")


async def _read(response: httpx.Response) -> httpx.Response:
    """Read the body within bounds; the answer returned is whole and unpacked."""
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding not in _CODINGS:
        raise httpx.DecodingError(f"the answer has a coding nobody asked for ({coding[:40]})")
    if not coding and response.is_closed:
        return response
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > ANSWER_LIMIT:
            raise http11.TooLarge(ANSWER_LIMIT)
    headers = [pair for pair in response.headers.raw if pair[0].lower() not in _TRANSFER_HEADERS]
    return httpx.Response(
        response.status_code, headers=headers, content=bytes(body), request=response.request
    )


# ---- making one ------------------------------------------------------------------------------


def connect(
    connection: str,
    base_url: str,
    *,
    hosts: Sequence[str] = (),
    proxy: str | None = None,
    ca_file: Path | None = None,
    timeout: timedelta = timedelta(seconds=30),
    concurrency: int = 4,
    clock: Clock,
    transport: httpx.AsyncBaseTransport | None = None,
    resolver: netcheck.Resolve = netcheck.resolve,
) -> HttpClient:
    """Return the client of one connection; it opens nothing before the first request.

    `hosts` are allowed beside base_url's own. With a `proxy` the proxy resolves names, so only
    the name is checked. `ca_file` adds a private authority to the usual ones. `transport` and
    `resolver` replace the network in tests. Raises `ConfigError` for settings that cannot work.
    """
    base = _base_url(connection, base_url)
    # httpx logs whole addresses and httpcore whole headers below WARNING: tokens among them.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    if transport is None:
        context = _tls(connection, ca_file)
        transport = (
            http11.Transport(connection, concurrency, context, resolver, ANSWER_LIMIT)
            if proxy is None
            else _proxied(connection, proxy, concurrency, context)
        )
    named = frozenset({base.host, *(host.lower() for host in hosts)})
    return HttpClient(connection, base, named, transport, timeout, clock)


def _tls(connection: str, ca_file: Path | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    context.set_alpn_protocols(["http/1.1"])
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as exc:  # an SSLError is one
            raise ConfigError(
                f"{connection}: ca_file {ca_file} cannot be read as PEM certificates: {exc}"
            ) from exc
    return context


def _proxied(
    connection: str, proxy: str, size: int, context: ssl.SSLContext
) -> httpx.AsyncBaseTransport:
    if not proxy.startswith(("http://", "https://")):
        raise ConfigError(f"{connection}: proxy must start with http:// or https://")
    limits = httpx.Limits(max_connections=size, keepalive_expiry=http11.KEEP_ALIVE_SECONDS)
    return httpx.AsyncHTTPTransport(verify=context, trust_env=False, proxy=proxy, limits=limits)


@functools.lru_cache(512)
def _address(text: str) -> httpx.URL:
    """Return the address: most calls go to few, and taking one apart costs a fifth of a call."""
    return httpx.URL(text)


def _base_url(connection: str, text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host or url.query:
        raise ConfigError(
            f"{connection}: base_url {redact(text)!r} is no address such as "
            "https://erp.example.com/api (without a query)"
        )
    return url


# ---- what an answer says ---------------------------------------------------------------------


def retry_after(response: httpx.Response, now: datetime) -> timedelta | None:
    """Return how long the far end asks to wait (`Retry-After`), within 0 and 24 hours.

    None when there is no such header or it holds neither seconds nor a date (RFC 9110, 10.2.3).
    """
    text = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        wait = timedelta(seconds=float(text))
    elif re.fullmatch(r"[0-9]+", text):
        wait = _LONGEST_WAIT
    else:
        try:
            until = email.utils.parsedate_to_datetime(text)
            wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
        except (ValueError, OverflowError):
            return None
    return min(max(wait, timedelta()), _LONGEST_WAIT)


def _number(text: str) -> Decimal:
    value = Decimal(text)
    if abs(value.adjusted()) > _LARGEST_EXPONENT:
        raise OverflowError
    return value


_DECODER = msgspec.json.Decoder(float_hook=_number)


def decode(response_bytes: bytes) -> Any:
    """Return the JSON of an answer, numbers with a point or exponent as exact `Decimal`.

    A byte order mark is skipped. Raises `ConnectorError` (`unknown`) when it is not JSON: what
    the far end did cannot be read from it. The message holds no part of the answer.
    """
    try:
        return _DECODER.decode(response_bytes.removeprefix(b"\xef\xbb\xbf"))
    except UnicodeDecodeError as exc:
        reason = f"it is not UTF-8 (byte {exc.start})"
    except msgspec.DecodeError as exc:
        reason = str(exc)
    except RecursionError:
        reason = "it is nested too deeply"
    except ArithmeticError:
        reason = "it holds a number without measure"
    raise ConnectorError(
        Outcome.UNKNOWN,
        f"the answer of {len(response_bytes)} bytes is not JSON: {reason}. "
        "Look at the attempt's raw answer: a proxy or a login page may have answered.",
        answer=response_bytes,
    )


# ---- secrets ---------------------------------------------------------------------------------

_NAME = r"[\w.-]{0,40}(?:authorization|cookie|token|secret|sign|key|passw)[\w.-]{0,40}"
_SECRET_VALUE = re.compile(
    # name= up to the next parameter; name: up to the end of the line; or what is in quotes
    rf"""({_NAME}["']?\s*[:=]\s*)("[^"]*"?|'[^']*'?|(?<==)[^&\s]+|[^\n]+)""",
    re.IGNORECASE,
)


@overload
def redact(what: str) -> str: ...
@overload
def redact(what: Mapping[str, str]) -> dict[str, str]: ...
def redact(what: str | Mapping[str, str]) -> str | dict[str, str]:
    """Return the text or the headers with the values of secrets masked.

    Secret is what is named authorization, cookie, …token…, …secret…, …sign…, …key…, passw…,
    and a user and password in an address.
    """
    if isinstance(what, str):
        return _SECRET_VALUE.sub(r"\1***", re.sub(r"://[^/\s@]+@", "://***@", what))
    return {
        name: "***" if re.search(_NAME, name, re.IGNORECASE) else value
        for name, value in what.items()
    }


def _place(url: httpx.URL) -> str:
    """Return host and path: the query may hold tokens and personal data."""
    return (url.netloc + url.raw_path.partition(b"?")[0]).decode("ascii")


def _reason(failure: Exception) -> str:
    """Return what went wrong, without the bytes of request or answer that h11 quotes."""
    text = re.sub(r"(bytearray\()?\bb['\"].*", "…", str(failure), flags=re.DOTALL)
    name = type(failure).__name__
    return f"{name}: {redact(text)}" if text else name
