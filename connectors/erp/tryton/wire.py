"""Tryton's JSON-RPC as it is on the wire: typed values, the envelope, errors.

Values that JSON lacks travel as objects with a `__class__` (trytond/protocols/jsonrpc.py):
Decimal, date, datetime (always UTC), timedelta, bytes. Quantities are floats.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hub import ConnectorError, Outcome, decode

#: HTTP status of a call that may have changed something → what happened. A call is one
#: transaction: what the dispatcher refused (trytond/protocols/dispatcher.py) did not run.
#: 503 is not among them: the server says it of any failure of its database, also when a COMMIT
#: was sent and its answer never came (trytond/wsgi.py).
STATUS: Mapping[int, Outcome] = {
    400: Outcome.MISCONFIGURED,  # malformed JSON
    401: Outcome.NOT_AUTHORIZED,  # session lost; at login: wrong password or unknown user
    403: Outcome.MISCONFIGURED,  # the method is not exposed
    404: Outcome.UNAVAILABLE_NOT_APPLIED,  # unknown database, or one being restored
    405: Outcome.MISCONFIGURED,
    413: Outcome.REJECTED,  # larger than [request] max_size_authenticated
    422: Outcome.MISCONFIGURED,  # missing context argument
    429: Outcome.RATE_LIMITED,  # login throttle
}

#: Class name in `error` → what happened: each is raised before the transaction is committed.
ERRORS: Mapping[str, Outcome] = {
    "UserError": Outcome.REJECTED,
    "UserWarning": Outcome.REJECTED,
    "ConcurrencyException": Outcome.CONFLICT,
    "LoginException": Outcome.NOT_AUTHORIZED,
    "RateLimitException": Outcome.RATE_LIMITED,
}

#: Any other first item of `error` is the text of an exception. That of a KeyError names a field
#: or model the server does not have: it was refused. Others may have been raised after the
#: COMMIT, such as those of a broken connection to the database.
_UNKNOWN_NAME = re.compile(r"'[A-Za-z_][\w.]*'")

_NEXT_STEP: Mapping[Outcome, str] = {
    Outcome.REJECTED: "Correct the document or the data in Tryton, then retry.",
    Outcome.CONFLICT: "Somebody else changed it meanwhile; it is read again and retried.",
    Outcome.NOT_AUTHORIZED: "Check username and password of the connection.",
    Outcome.MISCONFIGURED: "Check modules, access rights and the connection's profile.",
    Outcome.RATE_LIMITED: "The connection waits.",
    Outcome.UNAVAILABLE_NOT_APPLIED: "Check that server and database are up and named rightly.",
    Outcome.UNKNOWN: "It may have been processed: Tryton is asked before it is sent again.",
}


class Warned(ConnectorError):
    """Tryton asks for confirmation before it does what was called."""

    def __init__(self, message: str, name: str, words: str, answer: bytes) -> None:
        super().__init__(
            Outcome.REJECTED, message, code="UserWarning", words=words, status=200, answer=answer
        )
        #: `<hash>.<kind>`; the server remembers an acceptance by it.
        self.name = name


def encode(value: Any) -> Any:
    """Return the JSON form of a value; `TypeError` for what Tryton has no form for."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return {"__class__": "Decimal", "decimal": format(value, "f")}
        case dt.datetime():
            moment = value.astimezone(dt.UTC)
            names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
            parts = {name: getattr(moment, name) for name in names}
            return {"__class__": "datetime", **parts}
        case dt.date():
            return {
                "__class__": "date", "year": value.year, "month": value.month, "day": value.day,
            }  # fmt: skip
        case bytes():
            return {"__class__": "bytes", "base64": base64.b64encode(value).decode("ascii")}
        case Mapping():
            return {name: encode(item) for name, item in value.items()}
        case list() | tuple():
            return [encode(item) for item in value]
        case _:
            raise TypeError(f"{type(value).__name__} has no form in Tryton's JSON-RPC")


def _moment(value: Mapping[str, Any]) -> dt.datetime:
    day = dt.date(value["year"], value["month"], value["day"])
    time = dt.time(
        value["hour"], value["minute"], value["second"], value.get("microsecond", 0), dt.UTC
    )
    return dt.datetime.combine(day, time)


_TYPED: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "Decimal": lambda value: Decimal(value["decimal"]),
    "date": lambda value: dt.date(value["year"], value["month"], value["day"]),
    "datetime": _moment,
    "timedelta": lambda value: dt.timedelta(seconds=float(value["seconds"])),
    "bytes": lambda value: base64.b64decode(value["base64"]),
}  # fmt: skip


def typed(value: Any) -> Any:
    """Return decoded JSON with Tryton's typed objects as Python values."""
    if isinstance(value, list):
        return [typed(item) for item in value]
    if not isinstance(value, dict):
        return value
    make = _TYPED.get(value.get("__class__", ""))
    return make(value) if make else {name: typed(item) for name, item in value.items()}


def plain(value: Any) -> Any:
    """Return a read value as a document of the hub: dates as ISO text, `"party."` as `party`."""
    match value:
        case dt.datetime():
            return value.isoformat().replace("+00:00", "Z")
        case dt.date():
            return value.isoformat()
        case dict():
            nested = {name.rstrip("."): item for name, item in value.items() if name[-1] == "."}
            return {
                name: plain(item) for name, item in {**value, **nested}.items() if name[-1] != "."
            }
        case list():
            return [plain(item) for item in value]
        case _:
            return value


def quantity(value: Decimal) -> float:
    """Return a quantity as Tryton keeps it; `ValueError` when a float cannot hold its digits."""
    number = float(value)
    if Decimal(repr(number)) != value:
        raise ValueError(f"quantity {value} has more digits than Tryton keeps (about 15)")
    return number


def envelope(method: str, params: Sequence[Any]) -> bytes:
    """Return the body of a call.

    All three keys are needed: without `id` the server answers in another form.
    """
    body = {"id": 1, "method": method, "params": encode(list(params))}
    return json.dumps(body, ensure_ascii=False).encode()


def result(place: str, status: int, body: bytes, *, effect: bool) -> Any:
    """Return the result of an answered call, typed.

    `place` names connection and method for the message; `effect` says that the call may have
    changed something. Raises `ConnectorError`, and `Warned` when Tryton asks for confirmation.
    """
    unclear = Outcome.UNKNOWN if effect else Outcome.UNAVAILABLE_NOT_APPLIED
    if status != 200:
        outcome = STATUS.get(status, unclear)
        raise failure(place, outcome, f"HTTP {status}", status=status, answer=body)
    try:
        answer = decode(body)
    except ConnectorError as exc:
        raise failure(place, unclear, str(exc), status=status, answer=body) from exc
    if isinstance(answer, dict) and isinstance(answer.get("error"), list):
        raise _refusal(place, answer["error"], body, unclear)
    if not isinstance(answer, dict) or "result" not in answer:
        raise failure(place, unclear, "the answer has no result", status=status, answer=body)
    return typed(answer["result"])


def failure(place: str, outcome: Outcome, what: str, **more: Any) -> ConnectorError:
    """Return an error whose message says place, what happened and what to do."""
    return ConnectorError(outcome, f"{place}: {what.rstrip('. ')}. {_NEXT_STEP[outcome]}", **more)


def _refusal(place: str, error: Sequence[Any], body: bytes, unclear: Outcome) -> ConnectorError:
    name = str(error[0]) if error else ""
    details = error[1] if len(error) > 1 else ""
    # UserError: message, description, domain; the domain is no text for a person
    texts = details if isinstance(details, list) else [details]
    texts = [text for text in texts[:3] if isinstance(text, str)]
    if name == "UserWarning" and texts:
        words = _joined(texts[1:])
        return Warned(f"{place}: Tryton asks: {words}", texts[0], words, body)
    refused = Outcome.MISCONFIGURED if _UNKNOWN_NAME.fullmatch(name) else unclear
    outcome = ERRORS.get(name, refused)
    # the second item of a server exception is its traceback, that of a login its questions
    words = _joined(texts) if name in ERRORS and name != "LoginException" else name
    return failure(place, outcome, words, code=name, words=words, status=200, answer=body)


def _joined(texts: Sequence[str]) -> str:
    return " ".join(text for text in texts if text)
