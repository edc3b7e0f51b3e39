"""Fonts: the one of hub.yaml, else the one that was installed; none is told with three ways."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from papers import content, printed, settings

from hub.documents import extra, fonts
from hub.documents.errors import DocumentError
from hub.errors import ConfigError

INSTALLED = fonts.find(()).path


def test_the_font_of_the_extra_has_chinese_and_rare_characters() -> None:
    font = fonts.find(())

    assert font.name == "Noto Sans SC"
    assert all(ord(one) in font.widths for one in "承诺㛃𬭼𬬭䶮aZ0·—…〔〕（）")
    assert font.widths[ord("承")] == 1


@pytest.mark.parametrize("folder", [False, True], ids=["file", "folder"])
def test_a_font_of_the_settings_goes_first(tmp_path: Path, folder: bool) -> None:
    own = tmp_path / "own.otf"
    shutil.copy(INSTALLED, own)

    assert fonts.find((tmp_path if folder else own,)).path == own


def test_a_document_is_printed_with_a_font_of_the_settings(tmp_path: Path) -> None:
    shutil.copy(INSTALLED, tmp_path / "own.otf")

    assert printed(
        content(), settings(tmp_path, documents={"fonts": (tmp_path / "own.otf",)})
    ).pages


def test_a_font_that_is_not_there_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"gone\.otf") as raised:
        fonts.find((tmp_path / "gone.otf",))

    assert raised.value.code == "E_DOC_FONT_MISSING"


def test_a_file_that_is_no_font_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "broken.otf").write_bytes(b"no font")

    with pytest.raises(DocumentError, match=r"broken\.otf") as raised:
        fonts.find((tmp_path / "broken.otf",))

    assert raised.value.code == "E_DOC_FONT_MISSING"


def test_no_font_at_all_is_told_with_three_ways_to_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "_PACKAGE", "no_package_of_this_name")
    monkeypatch.setattr(fonts, "_SYSTEM", tmp_path)

    with pytest.raises(DocumentError) as raised:
        fonts.find(())

    assert raised.value.code == "E_DOC_FONT_MISSING"
    for way in ("pip install", "apt-get install", "documents: {fonts:"):
        assert way in str(raised.value)


def test_a_library_that_is_missing_is_told_with_what_to_install() -> None:
    with pytest.raises(ConfigError, match=r'pip install "accord-hub\[documents\]"'):
        extra.require("no_module_of_this_name")
