"""Other libraries, and a reader who knows only what is published, confirm an annex by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pypdf
import pypdfium2
import pytest
import rfc8785
from papers import content, hash_of, line, printed, promise, settings

from hub.documents.annex import Printed
from hub.documents.keys import DocumentKeys
from hub.settings import Settings

#: What stands before 32 raw bytes of a public key in its usual form (RFC 8410).
_ED25519 = bytes.fromhex("302a300506032b6570032100")


@pytest.fixture(scope="module")
def of(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def frozen() -> dict[str, Any]:
    return content(document=promise([line(1, note="好 \U0001f44d"), line(2, quantity="0.30")]))


@pytest.fixture(scope="module")
def paper(of: Settings, frozen: dict[str, Any]) -> Printed:
    return printed(frozen, of)


def codes(paper: Printed, place: int = 0) -> list[str]:
    """Return the codes OpenCV reads from a page at 200 dots an inch, enlarged where it has to."""
    page = pypdfium2.PdfDocument(paper.pdf)[place].render(scale=200 / 72, grayscale=True).to_numpy()
    for scale in (1, 2):
        picture = cv2.resize(np.ascontiguousarray(page), None, fx=scale, fy=scale)
        found, texts, _, _ = cv2.QRCodeDetector().detectAndDecodeMulti(picture)
        if found and all(texts):
            return sorted(texts)
    return []


def test_pypdf_finds_number_and_content(paper: Printed, frozen: dict[str, Any]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(paper.pdf), strict=True)
    (attached,) = reader.attachments["annex.json"]
    told = json.loads(attached)

    assert reader.metadata is not None
    assert (reader.metadata.title or "").endswith(f"{told['number']}/C1")
    assert hashlib.sha256(attached).hexdigest() == hash_of(frozen)
    assert hashlib.sha256(rfc8785.dumps(told)).hexdigest() == hash_of(frozen)


def test_the_content_is_the_data_of_the_file(paper: Printed) -> None:
    root = pypdf.PdfReader(io.BytesIO(paper.pdf)).trailer["/Root"]

    (file,) = root["/AF"]
    assert file.get_object()["/AFRelationship"] == "/Data"
    assert file.get_object()["/UF"] == "annex.json"


def test_opencv_reads_the_code_and_its_token_is_reckoned_by_hand(
    paper: Printed, of: Settings, frozen: dict[str, Any]
) -> None:
    short = next(code for code in codes(paper) if "/V/" in code)
    found = re.fullmatch(r"HTTPS://HUB\.EXAMPLE\.COM/V/(HX\d{18})/C1P1\.([A-Z2-7]{16})", short)
    assert found is not None

    kid = DocumentKeys.load(of).current.kid
    key = hmac.new(b"5e" * 32, b"accord-hub/document/mac/1", hashlib.sha256).digest()
    said = f"accord-hub/v1|{kid}|HX|{found[1]}|2|1|1|{hash_of(frozen)}"
    mac = hmac.new(key, said.encode(), hashlib.sha256).digest()

    assert found[1] == frozen["number"].replace("-", "")
    assert base64.b32encode(mac[:10]).decode() == found[2]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("changed", [False, True], ids=["as printed", "one bit changed"])
def test_openssl_verifies_the_seal(
    paper: Printed, of: Settings, tmp_path: Path, changed: bool
) -> None:
    text = next(code for code in codes(paper, paper.pages - 1) if "/S/" in code).split("/S/")[1]
    raw = bytearray(base64.b32decode(text + "=" * (-len(text) % 8)))
    raw[10] ^= changed
    published = DocumentKeys.load(of).public()[0]["public_key"]
    files = {
        "key.der": _ED25519 + base64.urlsafe_b64decode(published + "="),
        "said": bytes(raw[:-64]), "signature": bytes(raw[-64:]),
    }  # fmt: skip
    for name, written in files.items():
        (tmp_path / name).write_bytes(written)

    asked = "openssl pkeyutl -verify -rawin -pubin -inkey key.der -keyform DER -in said"
    answer = subprocess.run(
        [*asked.split(), "-sigfile", "signature"], cwd=tmp_path, capture_output=True, check=False
    )

    assert (answer.returncode == 0) is not changed
