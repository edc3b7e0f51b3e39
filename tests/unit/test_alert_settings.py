"""What hub.yaml says of alerts and channels, and what is told of it when it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from hub import settings
from hub.errors import ConfigError
from hub.settings import Email, Settings, Webhook

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MAIL = "host: mail.example, from: hub@acme.example, to: [ops@acme.example]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def load(folder: Path, words: str, environ: Mapping[str, str] | None = None) -> Settings:
    path = folder / "hub.yaml"
    path.write_text(f"tenant: ACME\n{words}\n", "utf-8")
    return settings.load(path, environ or {})


def faults(folder: Path, words: str, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, words, environ)
    return [f"{one.line} {one.code} {one.message}" for one in caught.value.faults]


def test_channels_are_found_under_alerts_and_by_names_of_their_own(folder: Path) -> None:
    found = load(
        folder,
        f"alerts: {{email: {{{MAIL}}}}}\n"
        "channels: {ops-hook: {webhook: {url: 'https://ops.example/hub', secret: '${env:KEY}'}}}",
        {"KEY": KEY},
    )
    ways = found.ways_to_people
    assert list(ways) == ["email", "ops-hook"]
    assert isinstance(ways["email"], Email)
    assert isinstance(ways["ops-hook"], Webhook)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("alerts: {to: [li.na]}", "alerts.to[0]: write role:NAME or person:ID; it says 'li.na'"),
        ("alerts: {digest: '8:30'}", "write a time of day in quotes, such as '08:30'"),
        ("alerts: {digest: '24:00'}", "write a time of day in quotes"),
        ("alerts: {flood: 0}", "alerts.flood"),
        ("alerts: {coalesce: soon}", "write a time such as 30s"),
        ("alerts: {disk_free: much}", "write a size such as"),
        ("alerts: {emial: {}}", "alerts.emial: unknown word. Did you mean email?"),
        ("alerts: {email: {host: m, to: [a@b.example]}}", "alerts.email.from is missing"),
        ("alerts: {email: {host: m, from: a@b.example, to: []}}", "alerts.email.to"),
        (
            "alerts: {email: {host: m, from: a@b.example, to: ['Ops <a@b.example>']}}",
            "must be a mail address such as ops@example.com",
        ),
        (f"alerts: {{email: {{{MAIL}, user: hub}}}}", "user and password go together"),
        (f"channels: {{Ops: {{email: {{{MAIL}}}}}}}", "must be a small letter"),
        ("channels: {ops: {}}", "channels.ops: write email or webhook, one of them"),
        (
            "channels: {ops: {webhook: {url: 'ftp://ops.example', secret: '${env:KEY}'}}}",
            "must begin with https:// or http://",
        ),
        (
            "channels: {ops: {webhook: {url: 'https://ops.example', secret: '${env:SHORT}'}}}",
            "must be whsec_ and then 24 to 64 random bytes in base64",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(folder: Path, words: str, told: str) -> None:
    found = faults(folder, words, {"KEY": KEY, "SHORT": "whsec_c2hvcnQ="})
    assert len(found) == 1
    assert found[0].startswith("2 ")
    assert told in found[0]


@pytest.mark.parametrize(
    ("words", "secret"),
    [
        (f"alerts: {{email: {{{MAIL}, user: hub, password: hunter2}}}}", "hunter2"),
        (f"channels: {{ops: {{webhook: {{url: 'https://o.example', secret: {KEY}}}}}}}", KEY),
        ("channels: {ops: {webhook: {url: 'https://o.example', secret: plain}}}", "plain"),
    ],
    ids=["password", "secret", "wrong secret"],
)
def test_a_secret_in_plain_text_is_refused_and_not_repeated(
    folder: Path, words: str, secret: str
) -> None:
    found = faults(folder, words)
    assert any("E505" in one and "write it as ${env:NAME}" in one for one in found)
    assert not any(secret in one for one in found)


def test_a_password_is_never_sent_without_encryption(folder: Path) -> None:
    words = f"alerts: {{email: {{{MAIL}, tls: off, user: hub, password: '${{env:P}}'}}}}"
    found = faults(folder, words, {"P": "hunter2"})
    assert found == ["2 E503 alerts.email: tls: off would send the password for all to read."]


def test_who_only_works_on_files_needs_no_secret_of_a_channel(folder: Path) -> None:
    path = folder / "hub.yaml"
    path.write_text(
        "tenant: ACME\n"
        f"alerts: {{flood: 9, email: {{{MAIL}, user: hub, password: '${{env:P}}'}}}}\n"
        "channels: {ops: {webhook: {url: 'https://o.example', secret: '${env:KEY}'}}}\n",
        "utf-8",
    )
    found = settings.load(path, {}, whole=False)
    assert found.alerts.flood == 9
    assert found.ways_to_people == {}


def test_secrets_of_channels_are_shown_nowhere(folder: Path) -> None:
    words = "channels: {ops: {webhook: {url: 'https://o.example/h-71c2', secret: '${env:KEY}'}}}"
    found = load(folder, words, {"KEY": KEY})
    assert KEY not in repr(found)
    assert "h-71c2" not in repr(found)
