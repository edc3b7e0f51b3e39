"""The font documents are printed with: one, found once, without any fall-back."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.documents import extra
from hub.documents.errors import DocumentError
from hub.language import say

#: Package that comes with the extra, and its font without serifs.
_PACKAGE, _FILE = "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"
_SYSTEM = Path("/usr/share/fonts")
_PATTERNS = ("NotoSansSC-Regular*", "NotoSansCJK-Regular*", "LXGWWenKai-Regular*")
_SUFFIXES = (".otf", ".ttf", ".ttc")


@dataclass(frozen=True, slots=True)
class Font:
    """A font file: what it is called, and how wide each of its characters is."""

    path: Path
    #: Family, as the template names it.
    name: str
    sha256: str
    #: Character → its width, as a share of the size it is printed in.
    widths: Mapping[int, float] = field(repr=False)


def find(wanted: Sequence[Path]) -> Font:
    """Return the font to print with.

    The files and folders of hub.yaml come first, then the font of the extra, then one of the
    system. Raises `DocumentError` E_DOC_FONT_MISSING where there is none.
    """
    for path in _candidates(wanted):
        return _read(path)
    raise DocumentError(
        "E_DOC_FONT_MISSING",
        say(
            "There is no font to print documents with. Three ways to one: "
            'pip install "accord-hub[documents]"; apt-get install fonts-noto-cjk; or name a file '
            "in hub.yaml: documents: {{fonts: [fonts/NotoSansSC-Regular.otf]}}"
        ),
    )


def _candidates(wanted: Sequence[Path]) -> Iterator[Path]:
    for one in wanted:
        if one.is_file():
            yield one
        elif one.is_dir():
            yield from sorted(path for path in one.iterdir() if path.suffix.lower() in _SUFFIXES)
        else:
            raise DocumentError(
                "E_DOC_FONT_MISSING",
                say("documents.fonts in hub.yaml: {path} is not there.", path=one),
            )
    package = importlib.util.find_spec(_PACKAGE)
    if package is not None and package.origin is not None:
        yield Path(package.origin).with_name(_FILE)
    for pattern in _PATTERNS:
        yield from sorted(_SYSTEM.rglob(pattern))


# reading one takes a tenth of a second, and a file that is printed with stays as it is
@functools.lru_cache(maxsize=4)
def _read(path: Path) -> Font:
    tools = extra.require("fontTools.ttLib")
    try:
        # of a collection, its first font
        with path.open("rb") as file, tools.TTFont(file, fontNumber=0, lazy=True) as font:
            name, widths = font["name"].getBestFamilyName(), _widths(font)
    except (OSError, tools.TTLibError) as error:
        raise DocumentError(
            "E_DOC_FONT_MISSING",
            say("The font {path} cannot be read: {problem}.", path=path, problem=error),
        ) from None
    return Font(path, str(name), hashlib.sha256(path.read_bytes()).hexdigest(), widths)


def _widths(font: Any) -> dict[int, float]:
    advances, units = font["hmtx"].metrics, font["head"].unitsPerEm
    return {one: advances[glyph][0] / units for one, glyph in font.getBestCmap().items()}
