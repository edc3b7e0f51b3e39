"""Whether documents can be issued as hub.yaml stands: numbers, keys, libraries and a font.

E510 documents cannot be issued
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from hub.documents import extra
from hub.documents.annex import Printer
from hub.documents.errors import DocumentError
from hub.documents.keys import DocumentKeys
from hub.documents.number import prefix_of
from hub.errors import ConfigError, Fault
from hub.flow import checks
from hub.mapping.bundle import Bundle
from hub.settings import Settings
from hub.yamlfile import Way, YamlFile

#: What is imported when a document is printed, or a paper is read.
_LIBRARIES = ("typst", "fontTools", "zxingcpp", "pypdfium2", "PIL")


def issuing(settings: Settings, bundle: Bundle) -> list[str]:
    """Return the names of routes that issue documents here."""
    return [
        name
        for name, route in bundle.routes.items()
        if route.document is not None and not checks.sleeps(route, settings)
    ]


def faults(settings: Settings, bundle: Bundle, file: YamlFile) -> Iterator[Fault]:
    """Yield a fault for each thing that keeps a route from issuing its document."""
    if not issuing(settings, bundle):
        return
    found: dict[str, Way] = {}
    for way, look in _LOOKS.items():
        try:
            look(settings)
        except (ConfigError, DocumentError) as error:
            # whoever prints needs keys and libraries too: each is told once
            found.setdefault(error.args[0], way)
    yield from (file.fault("E510", message, way) for message, way in found.items())


def _libraries(settings: Settings) -> None:
    for name in _LIBRARIES:
        extra.require(name)


def _print(settings: Settings) -> None:
    # made once, it has found font and logo
    Printer(settings, DocumentKeys.load(settings)).close()


#: Way in hub.yaml to what is looked at → how.
_LOOKS: Mapping[Way, Callable[[Settings], object]] = {
    ("documents", "prefix"): prefix_of,
    ("documents", "old_keys"): DocumentKeys.load,
    ("documents",): _libraries,
    ("documents", "fonts"): _print,
}
