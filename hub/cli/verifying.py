"""`hub document verify`: whether numbers, codes, files and pictures are genuine and in force."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli import output, session
from hub.cli.session import Json, Session
from hub.errors import ConfigError

#: A later one is worse: fine, a person must look, not what it says it is.
_WORSE = (0, 3, 1)
#: What is told of a check, in this order.
_FACTS = (
    *("number", "copy", "page", "state", "superseded_by", "kind", "record", "revision"),
    *(
        "issued_at",
        "ended_at",
        "customer",
        "recipient",
        "recipient_hash",
        "name",
        "origin",
        "pages",
    ),
    *("lines", "amount", "content_sha256", "content", "sha256", "serial"),
)
#: Bytes of a file that are read.
_MOST = 256 * 1024**2
#: What stands before the text of a code, in any case.
_CODE = re.compile(r"(?:https?://|accord:)", re.IGNORECASE)


def verify(
    ctx: typer.Context,
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|NUMBER|CODE...", show_default=False,
            help="PDFs, photos or scans; numbers; texts of codes.",
        ),
    ],
    offline: Annotated[
        bool, typer.Option("--offline", help="Check only seals, without a hub; takes --keys.")
    ] = False,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Public keys, from /.well-known/hub-document-keys.json of the hub."
        ),
    ] = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Check documents: genuine, unaltered, in force, whose copy.

    Exit code 0: genuine and in force. 1: altered, unknown, superseded, revoked or contradictory.
    3: nothing readable, or a picture that a person must compare with the register. Of several the
    worst counts. A check by `--offline` tells of the seal only, not whether it was revoked since.
    """
    from hub.cli import offline_seals

    here = session.of(ctx)
    if offline != (keys is not None):
        raise ConfigError(here.text("verify.keys"))
    known = None if keys is None else offline_seals.keys_of(here, keys)
    found = [(one, _what(here, one)) for one in given]
    codes = []
    for name, what in found:
        if known is not None:
            told = offline_seals.check(what, known)
        else:
            told = here.act("document.check", **_arguments(what))
        _tell(here, {**told, "asked": name}, json=json)
        codes.append(code_of(told))
    raise typer.Exit(max(codes, key=_WORSE.index))


def code_of(told: Mapping[str, Any]) -> int:
    """Return the exit code of one check."""
    match told["verdict"]:
        case "genuine" | "bound" | "sealed":
            return 0
        case "unreadable":
            return 3
        case "record_only" if told["state"] == "issued":
            # a paper has to be compared by a person
            return 3 if told["given"] in ("file", "image") else 0
    return 1


def _what(here: Session, given: str) -> str | bytes:
    """Return a number or the text of a code, or the bytes of a file."""
    path = Path(given)
    try:
        # what is too long for a path is no file
        if path.exists():
            return _content(here, path)
    except OSError:
        pass
    if _CODE.match(given.strip()) or _is_number(given):
        return given
    raise ConfigError(here.text("verify.nothing", given=given))


def _is_number(given: str) -> bool:
    """Say whether it looks like a number, be it a mistyped one."""
    from hub.documents.number import BadNumber, parse

    try:
        parse(given)
    except BadNumber as error:
        return error.code == "check"
    return True


def _content(here: Session, path: Path) -> bytes:
    if path.is_dir():
        raise ConfigError(here.text("verify.folder", path=path))
    try:
        with path.open("rb") as opened:
            # no file that is looked at has so much, and a machine only so much memory
            return opened.read(_MOST)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise ConfigError(here.text("edit.unreadable", path=path, problem=problem)) from None


def _arguments(what: str | bytes) -> dict[str, str]:
    if isinstance(what, str):
        return {"given": what}
    return {"content": base64.b64encode(what).decode("ascii")}


def _tell(here: Session, told: Mapping[str, Any], *, json: bool) -> None:
    from hub.web.verify import texts

    if json:
        output.as_json(told)
        return
    verdict, language = told["verdict"], here.language
    if verdict == "record_only" and told["state"] != "issued":
        verdict = f"{verdict}.{told['state']}"
    heading = here.text("verify.sealed") if verdict == "sealed" else texts.text(language, verdict)
    output.line(f"{told['asked']}: {heading}")
    for line in (*_sentences(here, told), *_facts(here, told)):
        output.line(f"   {line}")


def _sentences(here: Session, told: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the verdict means, and why it is so."""
    from hub.web.verify import texts

    language, words = here.language, told.get("words")
    if told["verdict"] == "sealed":
        yield here.text("verify.sealed.says")
    else:
        yield words[language] if words else texts.text(language, f"{told['verdict']}.says")
    for one in told["reasons"]:
        yield (
            here.text("verify.no_seal")
            if one == "no_seal"
            else texts.text(language, f"reason.{one}")
        )


def _facts(here: Session, told: Mapping[str, Any]) -> Iterator[str]:
    for name in _FACTS:
        value = told.get(name)
        if value not in (None, ""):
            label = here.text(f"verify.fact.{name}")
            yield here.text("verify.fact", label=label, value=_shown(here, name, value))


def _shown(here: Session, name: str, value: Any) -> str:
    if name == "state":
        return here.text(f"annex.{value}")
    return output.cell("", datetime.fromisoformat(value) if name.endswith("_at") else value)
