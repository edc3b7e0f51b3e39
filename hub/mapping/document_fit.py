"""How document files fit to routes and mappings: names, kinds of records, copies, files to send."""

from __future__ import annotations

from collections.abc import Mapping

from hub.language import say
from hub.mapping.document import DocumentFile
from hub.mapping.faults import Faults, suggestion
from hub.mapping.field_mapping import FieldMapping
from hub.mapping.route import Route

_HINT = say("Add document: NAME to the route.")


def check_documents(
    documents: Mapping[str, DocumentFile], routes: Mapping[str, Route], faults: Faults
) -> None:
    """Add a fault for each document or copy a route names that is not there or does not fit."""
    for route in routes.values():
        if route.document is None:
            _check_without(route, faults)
        elif route.document not in documents:
            message = say("There is no document {name}.", name=route.document)
            hint = suggestion(route.document, documents)
            faults.add("E111", route.document_place, message, hint=hint)
        else:
            _check_fit(route, documents[route.document], faults)


def _check_without(route: Route, faults: Faults) -> None:
    for step in route.steps:
        if step.copy is not None:
            message = say("{step} takes a copy along, but the route has no document:.",
                          step=step.name)  # fmt: skip
            faults.add("E110", step.place, message)


def _check_fit(route: Route, document: DocumentFile, faults: Faults) -> None:
    if route.record and document.record not in ("", route.record):
        message = say("{name} is for {record}, not for {other}.", name=document.name,
                      record=document.record, other=route.record)  # fmt: skip
        faults.add("E106", route.document_place, message)
    names = [one.name for one in document.copies]
    for step in route.steps:
        if step.copy is not None and step.copy not in names:
            message = say("{document} has no copy {name}.", document=document.name, name=step.copy)
            faults.add("E111", step.place, message, hint=suggestion(step.copy, names))


def check_papers(
    mappings: Mapping[str, FieldMapping], routes: Mapping[str, Route], faults: Faults
) -> None:
    """Add a fault for each step whose mapping sends the file of a document its route has not.

    A mapping of one's own that reads anything else of `$document`, which no route of it has, is a
    warning: what it reads is empty.
    """
    for mapping in mappings.values():
        steps = [
            (route, step)
            for route in routes.values()
            for step in route.steps
            if step.mapping == mapping.name
        ]
        without = [(route, step) for route, step in steps if route.document is None]
        if "file" in mapping.document:
            for route, step in without:
                message = say("{mapping} sends the file of a document, and {route} has none.",
                              mapping=mapping.name, route=route.name)  # fmt: skip
                faults.add("E110", step.place, message, hint=_HINT)
        elif steps and without == steps and not mapping.file.startswith("shipped/"):
            for name, place in mapping.document.items():
                message = say("No route of {mapping} has a document, so $document.{name} is empty.",
                              mapping=mapping.name, name=name)  # fmt: skip
                faults.warn("W105", place, message, hint=_HINT)
