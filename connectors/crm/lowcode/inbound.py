"""Webhooks: is it genuine, what does it say. No call is made here and nothing is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.crm.lowcode import signing, wire
from connectors.crm.lowcode.profile import Place, Profile
from connectors.crm.lowcode.settings import (
    JiandaoyunSignature,
    LowcodeSettings,
    StaticToken,
    TemplateSignature,
)
from hub import BadRequest, Event, Received, Reply, SignatureInvalid, WebhookRequest

#: A longer challenge is no challenge, and is not echoed.
MAX_CHALLENGE = 200


def receive(
    request: WebhookRequest, settings: LowcodeSettings, profile: Profile
) -> Received | Reply:
    """Verify and parse one webhook.

    A challenge in the query is echoed without a signature, as platforms send it before any
    secret is agreed; it is short printable text and changes nothing.
    """
    if request.method == "GET":
        name = profile.webhook.challenge.query
        return _echo(_query(request, name) if name else None, profile)
    verify(request, settings)
    push = wire.read_push(request.body)
    challenge = profile.webhook.challenge.body
    if challenge and challenge in push:
        return _echo(push[challenge], profile)
    return _events(request, push, settings, profile)


def _echo(challenge: Any, profile: Profile) -> Reply:
    if not (isinstance(challenge, str) and 0 < len(challenge) <= MAX_CHALLENGE):
        raise BadRequest("There is no challenge to answer; send pushes with POST.")
    if not (challenge.isascii() and challenge.isprintable()):
        raise BadRequest("The challenge is not plain printable text.")
    if profile.webhook.challenge.reply == "json":
        name = profile.webhook.challenge.body or profile.webhook.challenge.query
        return Reply(body=wire.encode({name: challenge}))
    return Reply(body=challenge.encode(), media_type="text/plain")


# ---- genuine? --------------------------------------------------------------------------------


def verify(request: WebhookRequest, settings: LowcodeSettings) -> None:
    """Raise `SignatureInvalid` unless the webhook proves itself; without a secret none can."""
    proof, secret = settings.proof(), settings.webhook_secret
    if proof is None or secret is None or not secret.get_secret_value():
        raise SignatureInvalid(
            "Webhooks of this connection are refused: set webhook_secret (and verification)."
        )
    match proof:
        case JiandaoyunSignature():
            _verify_jiandaoyun(request, secret.get_secret_value(), settings)
        case TemplateSignature():
            _verify_template(request, proof, secret.get_secret_value(), settings)
        case StaticToken():
            _compare(_value(request, proof.token), secret.get_secret_value(), proof.token)


def _verify_jiandaoyun(request: WebhookRequest, secret: str, settings: LowcodeSettings) -> None:
    nonce, timestamp = _query(request, "nonce"), _query(request, "timestamp")
    if nonce is None or timestamp is None:
        raise SignatureInvalid("The webhook has no nonce or no timestamp in its query.")
    expected = signing.jiandaoyun(request.body, secret=secret, nonce=nonce, timestamp=timestamp)
    _compare(request.headers.get("x-jdy-signature"), expected, "header:x-jdy-signature")
    _fresh(timestamp, 1, request.received_at, settings)


def _verify_template(
    request: WebhookRequest, proof: TemplateSignature, secret: str, settings: LowcodeSettings
) -> None:
    parts = {
        "method": request.method.encode(),
        "path": request.path.encode(),
        "body": request.body,
        "secret": secret.encode(),
        "timestamp": _needed(request, proof.timestamp),
        "nonce": _needed(request, proof.nonce),
    }
    signed = signing.fill(proof.template, parts)
    expected = proof.prefix + signing.sign(
        signed,
        algorithm=proof.algorithm,
        encoding=proof.encoding,
        key=secret.encode() if proof.keyed else None,
    )
    _compare(_value(request, proof.signature), expected, proof.signature)
    if proof.timestamp is not None:
        units = 1 if proof.unit == "s" else 1000
        _fresh(parts["timestamp"].decode(), units, request.received_at, settings)


def _compare(given: str | None, expected: str, place: Place) -> None:
    if given is None:
        raise SignatureInvalid(f"The webhook carries no proof at {place}.")
    if not signing.same(given, expected):
        raise SignatureInvalid(
            f"The proof at {place} does not fit. Check the secret on both sides."
        )


def _fresh(timestamp: str, units: int, now: datetime, settings: LowcodeSettings) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 13):
        raise SignatureInvalid("The time stamp of the webhook is no whole number.")
    try:
        sent = datetime.fromtimestamp(int(timestamp) / units, UTC)
    except (ValueError, OverflowError, OSError):
        raise SignatureInvalid("The time stamp of the webhook is no date.") from None
    if abs(now - sent) > timedelta(seconds=settings.replay_window):
        raise SignatureInvalid(
            f"The webhook was signed at {sent:%Y-%m-%d %H:%M:%S} UTC, more than"
            f" {settings.replay_window} s from now. Check both clocks; an old one is a replay."
        )


def _needed(request: WebhookRequest, place: Place | None) -> bytes:
    if place is None:
        return b""
    value = _value(request, place)
    if value is None:
        raise SignatureInvalid(f"The webhook carries nothing at {place}, which is signed.")
    return value.encode()


def _value(request: WebhookRequest, place: Place) -> str | None:
    kind, _, name = place.partition(":")
    return request.headers.get(name.lower()) if kind == "header" else _query(request, name)


def _query(request: WebhookRequest, name: str) -> str | None:
    values = [value for key, value in request.query if key == name]
    # two values of one name are read differently by different programs
    return values[0] if len(values) == 1 else None


# ---- what it says ----------------------------------------------------------------------------


def _events(
    request: WebhookRequest, push: Mapping[str, Any], settings: LowcodeSettings, profile: Profile
) -> Received | Reply:
    words = profile.webhook
    operation = push.get(words.operation)
    meaning = words.operations.get(wire.text(operation))
    if meaning == "ignored":
        return Reply()
    record = wire.identified(wire.dig(push, words.record), profile)
    if record is None:
        raise BadRequest(
            f"The push {wire.text(operation)[:50]!r} brings no record with a"
            f" {profile.system.id!r} under {words.record!r}; see webhook in the profile."
        )
    event = _event(request, push, record, settings, profile, removed=meaning == "removed")
    return Received(events=(event,))


def _event(
    request: WebhookRequest,
    push: Mapping[str, Any],
    record: Mapping[str, Any],
    settings: LowcodeSettings,
    profile: Profile,
    *,
    removed: bool,
) -> Event:
    if removed:
        # the record is gone and cannot be read again: the push is all there is
        deleted = record.get(profile.system.deleted) or push.get(profile.webhook.moment)
        record = {**record, profile.system.deleted: wire.text(deleted) or "unknown"}
    return Event(
        stream=_stream(record, settings, profile),
        external_id=_identity(request, record, profile),
        item=wire.item(record, settings),
        object_id=record[profile.system.id],
        hint=settings.reread and not removed,
        echo=_is_echo(record, settings, profile),
    )


def _stream(record: Mapping[str, Any], settings: LowcodeSettings, profile: Profile) -> str:
    app, entry = record.get(profile.system.app), record.get(profile.system.entry)
    stream = settings.stream_of(
        None if app is None else wire.text(app), None if entry is None else wire.text(entry)
    )
    if stream is None:
        known = ", ".join(form.entry_id for form in settings.forms.values())
        raise BadRequest(
            f"The push is of form {wire.text(entry)[:80] or 'without an id'!r}, which is not under"
            f" `forms` of the connection (known: {known}). Add it, or remove the push there."
        )
    return stream


def _identity(request: WebhookRequest, record: Mapping[str, Any], profile: Profile) -> str:
    for way in profile.webhook.identity:
        match way:
            case "deliver_id":
                found = _value(request, profile.webhook.deliver_id)
            case "change":
                found = wire.change_id(record, profile)
            case _:
                break
        if found:
            return found[:200]
    return hashlib.sha256(request.body).hexdigest()


def _is_echo(record: Mapping[str, Any], settings: LowcodeSettings, profile: Profile) -> bool:
    if settings.writer_id is not None and settings.writer_id in wire.writer(record, profile):
        return True
    return settings.hub_marker is not None and bool(wire.text(record.get(settings.hub_marker)))
