"""All mapping files at one moment, content-addressed, swapped as a whole.

The user's folder overlays the shipped one by the *name* of the mapping or route, whatever
the file is called. Files keep where they came from in their path: `shipped/…` or `own/…`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from hub.errors import Fault, MappingError
from hub.language import Message, say
from hub.mapping.document import DocumentFile, read_document
from hub.mapping.document_fit import check_documents, check_papers
from hub.mapping.examples.document_tests import document_failures
from hub.mapping.examples.gate_tests import gate_failures
from hub.mapping.examples.inline import failures
from hub.mapping.examples.reconcile_tests import reconcile_failures
from hub.mapping.examples.watch_tests import watch_failures
from hub.mapping.faults import Faults, either
from hub.mapping.field_mapping import FieldMapping, Schemas, read_mapping, unknown_mapping
from hub.mapping.folder import MAX_FILES, files_in, read
from hub.mapping.gate import Gate, check_gates, read_gate
from hub.mapping.reconciliation.definition import Reconciliation, read_reconciliation
from hub.mapping.route import Route, Step, read_route
from hub.mapping.rule.table_files import OWN, YAML, Beside, referred
from hub.mapping.watch import Watch, check_watches, read_watch
from hub.records import KINDS
from hub.yamlfile import Entries, Node, Place
from hub.yamlreader import parse, unreadable

Origin: TypeAlias = Literal["shipped", "own"]

#: One of these words of a file says what it is; a route has the word `document` too.
_KINDS = ("mapping", "route", "gate", "watch", "document", "reconciliation")
#: Faults that only later versions find: files that were in force before they came still work.
_STRICTER = ("E114", "E3")


@dataclass(frozen=True, slots=True)
class Bundle:
    """Mapping files that belong together; every one of them was checked."""

    #: SHA-256 over paths and bytes, in hex: the same files have the same one everywhere.
    sha: str
    #: Path (`shipped/…`, `own/…`) → the file as it was read.
    files: Mapping[str, bytes] = field(repr=False)
    #: Path → where the file came from.
    origins: Mapping[str, Origin] = field(repr=False)
    mappings: Mapping[str, FieldMapping]
    routes: Mapping[str, Route]
    gates: Mapping[str, Gate] = field(default_factory=dict)
    watches: Mapping[str, Watch] = field(default_factory=dict)
    documents: Mapping[str, DocumentFile] = field(default_factory=dict)
    reconciliations: Mapping[str, Reconciliation] = field(default_factory=dict)
    #: What is no fault but may be a mistake (W1xx).
    warnings: tuple[Fault, ...] = field(default=(), repr=False)

    def inbound(
        self, connector: str, stream: str, override: str | None = None
    ) -> FieldMapping | None:
        """Return the mapping of what a stream brings, None where there is none.

        `override` names the one to take; `MappingError` where there is none of that name, or
        several fit and none is named.
        """
        if override is not None:
            if override not in self.mappings:
                raise MappingError(unknown_mapping(override, self.mappings))
            return self.mappings[override]
        fitting = [
            mapping for mapping in self.mappings.values() if mapping.source == (connector, stream)
        ]
        if len(fitting) > 1:
            names = ", ".join(sorted(mapping.name for mapping in fitting))
            message = say(
                "{connector}: several mappings read {stream}: {names}. "
                "Name one in hub.yaml: mappings: {{{stream}: {first}}}",
                connector=connector,
                stream=stream,
                names=names,
                first=fitting[0].name,
            )
            raise MappingError(message)
        return fitting[0] if fitting else None


def load_bundle(shipped: Path, own: Path | None = None, schemas: Schemas | None = None) -> Bundle:
    """Return the bundle of the folders' YAML files; `MappingError` with every fault otherwise.

    `schemas` tells the fields of a connector's stream or operation, so that paths into them
    can be checked.
    """
    folders: dict[Origin, Path] = {"shipped": shipped}
    if own is not None:
        folders["own"] = own
    files: dict[str, bytes] = {}
    labels: dict[str, str] = {}
    faults = Faults()
    for origin, folder in folders.items():
        for path in _files_in(folder, faults):
            name = f"{origin}/{path.relative_to(folder).as_posix()}"
            labels[name] = path.as_posix()
            try:
                files[name] = read(path)
            except OSError as error:
                faults.found.append(unreadable(path.as_posix(), error))
    return _bundle(files, labels, faults, schemas)


def read_bundle(
    files: Mapping[str, bytes], schemas: Schemas | None = None, *, own: str = OWN
) -> Bundle:
    """Return the bundle of stored files, as `Bundle.files` named them.

    `own` is the folder of own files where they go by another name.
    """
    return _bundle(files, {}, Faults(), schemas, own=own)


def read_kept(files: Mapping[str, bytes]) -> Bundle:
    """Return the bundle of files that were in force once, however much stricter checks are now."""
    return _bundle(files, {}, Faults(), None, forgiven=_STRICTER)


def run_tests(bundle: Bundle) -> list[Fault]:
    """Return a fault for each inline test that fails."""
    return [
        *(fault for mapping in bundle.mappings.values() for fault in failures(mapping)),
        *(fault for gate in bundle.gates.values() for fault in gate_failures(gate)),
        *(fault for watch in bundle.watches.values() for fault in watch_failures(watch)),
        *(fault for one in bundle.documents.values() for fault in document_failures(one)),
        *(fault for one in bundle.reconciliations.values() for fault in reconcile_failures(one)),
    ]


def _files_in(folder: Path, faults: Faults) -> list[Path]:
    if not folder.is_dir():
        message = say("There is no such folder. Name another one: mappings_folder: in hub.yaml")
        faults.add("E105", Place(folder.as_posix()), message)
        return []
    found = files_in(folder)
    if len(found) > MAX_FILES:
        message = say("More than {most} files.", most=MAX_FILES)
        faults.add("E005", Place(folder.as_posix()), message)
    return found[:MAX_FILES]


def _bundle(
    files: Mapping[str, bytes], labels: Mapping[str, str], faults: Faults,
    schemas: Schemas | None, forgiven: tuple[str, ...] = (), own: str = OWN,
) -> Bundle:  # fmt: skip
    mappings: dict[str, FieldMapping] = {}
    routes: dict[str, Route] = {}
    gates: dict[str, Gate] = {}
    watches: dict[str, Watch] = {}
    documents: dict[str, DocumentFile] = {}
    reconciliations: dict[str, Reconciliation] = {}
    nodes = _nodes(files, labels, faults)
    besides = {path: Beside(path, files, labels, own) for path in nodes}
    tables = {one for path, node in nodes.items() for one in referred(node, besides[path])}
    for (kind, name), (path, node) in sorted(_in_force(nodes, tables, labels, faults).items()):
        match kind:
            case "mapping":
                mappings[name] = read_mapping(node, path, faults, schemas, besides[path])
            case "route":
                routes[name] = read_route(node, path, faults)
            case "gate":
                gates[name] = read_gate(node, path, faults)
            case "watch":
                watches[name] = read_watch(node, path, faults)
            case "reconciliation":
                reconciliations[name] = read_reconciliation(
                    node, path, faults, mappings, besides[path]
                )
            case _:
                documents[name] = read_document(node, path, faults)
    for route in routes.values():
        _check_mappings(route, mappings, faults)
    check_gates(gates, routes, faults)
    check_watches(watches, mappings, faults)
    check_documents(documents, routes, faults)
    check_papers(mappings, routes, faults)
    if not all(fault.code.startswith(forgiven) for fault in faults.found):
        raise MappingError(faults=faults.ordered())
    kept = {path: data for path, data in files.items() if path in nodes or path in tables}
    return Bundle(
        _sha(kept), kept, _origins(kept), mappings, routes, gates, watches, documents,
        reconciliations, tuple(faults.warnings),
    )  # fmt: skip


def _nodes(
    files: Mapping[str, bytes], labels: Mapping[str, str], faults: Faults
) -> dict[str, Node | None]:
    """Return path → content of the YAML files, own ones last."""
    own_last = sorted(files, key=lambda path: (origin_of(path) == "own", path))
    return {
        path: _content(labels.get(path, path), files[path], faults)
        for path in own_last
        if path.endswith(YAML)
    }


def _in_force(
    nodes: Mapping[str, Node | None], tables: Collection[str], labels: Mapping[str, str],
    faults: Faults,
) -> Mapping[tuple[str, str], tuple[str, Node]]:  # fmt: skip
    """Return kind and name → path and content; an own file takes the place of a shipped one."""
    found: dict[tuple[str, str], tuple[str, Node]] = {}
    for path, node in nodes.items():
        if node is None or path in tables:
            continue
        name = kind_and_name(node)
        if name is None:
            kinds = either(f"{kind}: NAME" for kind in _KINDS)
            message = say("The file does not say what it is; it needs {kinds}.", kinds=kinds)
            faults.add("E105", node.place, message)
            continue
        other = found.get(name)
        if other is not None and origin_of(other[0]) == origin_of(path):
            message = say(
                "The {kind} {name} stands already in {file}.",
                kind=name[0],
                name=name[1],
                file=labels.get(other[0], other[0]),
            )
            faults.add("E112", node.place, message)
        found[name] = (path, node)
    return found


def _content(name: str, data: bytes, faults: Faults) -> Node | None:
    file = parse(data, name)
    faults.found += file.faults
    if file.root is None and not file.faults:
        message = say("The file is empty. Write a mapping or a route into it, or delete it.")
        faults.add("E105", Place(name), message)
    return file.root


def kind_and_name(node: Node | None) -> tuple[str, str] | None:
    """Return what a file is, such as `mapping` or `route`, and its name; None of others."""
    words = node.words if isinstance(node, Entries) else {}
    kind = next((kind for kind in _KINDS if kind in words), None)
    return None if kind is None else (kind, getattr(words[kind], "text", ""))


def origin_of(path: str) -> Origin:
    """Return where a file of a bundle came from."""
    return "shipped" if path.startswith("shipped/") else "own"


def _origins(files: Mapping[str, bytes]) -> Mapping[str, Origin]:
    return {path: origin_of(path) for path in files}


def _sha(files: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for path in sorted(files):
        # lengths first, so that no two bundles run together to the same bytes
        name = path.encode()
        whole.update(f"{len(name)} {len(files[path])} ".encode() + name + files[path])
    return whole.hexdigest()


def _check_mappings(route: Route, mappings: Mapping[str, FieldMapping], faults: Faults) -> None:
    for step in route.steps:
        if step.mapping is None:
            continue
        if step.mapping not in mappings:
            faults.add("E111", step.place, unknown_mapping(step.mapping, mappings))
            continue
        for message in _misfits(route, step, mappings[step.mapping]):
            faults.add("E106", step.place, message)


def _misfits(route: Route, step: Step, mapping: FieldMapping) -> Iterator[Message]:
    if route.record in KINDS and mapping.source != route.record:
        yield say(
            "{mapping} does not map from the record {record}.",
            mapping=mapping.name,
            record=route.record,
        )
    if not isinstance(mapping.target, tuple):
        yield say(
            "{mapping} makes records, not documents for {operation}.",
            mapping=mapping.name,
            operation=step.operation,
        )
    elif mapping.target[1] != step.operation:
        yield say(
            "{mapping} is for {other}, not for {operation}.",
            mapping=mapping.name,
            other=mapping.target[1],
            operation=step.operation,
        )
