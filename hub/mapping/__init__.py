"""The mapping language, routes and bundles: what an administrator writes in YAML.

Loading reports every fault of every file at once. A loaded bundle is immutable, and mapping
a document is a pure function: no clock, no network, no store.
"""

from __future__ import annotations

from hub.mapping.bundle import Bundle, load_bundle, read_bundle, run_tests
from hub.mapping.faults import CODES, MappingFault, RuleFault
from hub.mapping.field_mapping import FieldMapping
from hub.mapping.route import After, ApprovalRule, Condition, Route, Step
from hub.mapping.running.lookups import LinksMissing, LookUps, MissingLink, Namespace
from hub.mapping.running.run import Scope

__all__ = [
    "CODES",
    "After",
    "ApprovalRule",
    "Bundle",
    "Condition",
    "FieldMapping",
    "LinksMissing",
    "LookUps",
    "MappingFault",
    "MissingLink",
    "Namespace",
    "Route",
    "RuleFault",
    "Scope",
    "Step",
    "load_bundle",
    "read_bundle",
    "run_tests",
]
