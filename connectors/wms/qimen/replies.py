"""What a reply of the warehouse means.

Only `<flag>` decides; a 200 without it is never success. The tables are in `profile.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.wms.qimen.profile import Kind, Meaning, Profile
from connectors.wms.qimen.wire import WireError, parse, text_of
from hub import Outcome


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply, read. `meaning` is None when the warehouse says success."""

    raw: bytes
    status: int
    content: Mapping[str, Any]
    meaning: Meaning | None
    code: str = ""
    words: str = ""


def read_answer(status: int, body: bytes, profile: Profile, *, write: bool) -> Answer:
    """Return what the reply says; what cannot be read is unknown on a write.

    On a read the same is `unavailable_not_applied`: nothing was to be applied, ask again later.
    """
    lost = Outcome.UNKNOWN if write else Outcome.UNAVAILABLE_NOT_APPLIED
    if (decided := profile.status.get(str(status))) is not None:
        return Answer(body, status, {}, decided, words=f"HTTP {status}")
    if status >= 500:
        return Answer(body, status, {}, lost, words=f"HTTP {status}")
    try:
        root, content = parse(body)
    except WireError as exc:
        return Answer(body, status, {}, lost, words=f"the answer {exc}")
    if root == "error_response":
        return _gateway(status, body, content, profile, lost)
    return _flagged(status, body, root, content, profile, lost)


def _flagged(
    status: int,
    body: bytes,
    root: str,
    content: Mapping[str, Any],
    profile: Profile,
    lost: Outcome,
) -> Answer:
    flag = text_of(content, "flag").lower()
    code, words = text_of(content, "code"), text_of(content, "message")
    if root != "response" or flag not in {"success", "failure"}:
        return Answer(body, status, {}, lost, code, "the answer has no flag success or failure")
    if flag == "success":
        return Answer(body, status, content, None, code, words)
    return Answer(body, status, content, _meaning(code, words, profile), code, words)


def _meaning(code: str, words: str, profile: Profile) -> Meaning:
    if code in profile.codes:
        return profile.codes[code]
    hits = (meaning for part, meaning in profile.words.items() if part in words)
    return next(hits, Outcome.REJECTED)


def _gateway(
    status: int, body: bytes, content: Mapping[str, Any], profile: Profile, lost: Outcome
) -> Answer:
    code, sub_code = text_of(content, "code"), text_of(content, "sub_code")
    words = " ".join(filter(None, (text_of(content, "msg"), sub_code, text_of(content, "sub_msg"))))
    meaning = profile.gateway.get(code)
    if meaning is None:
        hits = (found for head, found in profile.sub_codes.items() if sub_code.startswith(head))
        meaning = next(hits, lost)
    if meaning is Outcome.UNKNOWN:
        meaning = lost
    return Answer(body, status, content, meaning, code, words)


def outcome_of(meaning: Meaning) -> Outcome:
    """Return the outcome of a failure about which nothing more is to be found out."""
    return Outcome.REJECTED if isinstance(meaning, Kind) else meaning
