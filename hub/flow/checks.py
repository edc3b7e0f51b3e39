"""Whether the files fit together: connections, mappings, what routes and reconciliations name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub import registry
from hub.connector import FieldSpec, Operation, Spec
from hub.errors import ConfigError, Fault, MappingError
from hub.language import say
from hub.mapping.bundle import Bundle, load_bundle, run_tests
from hub.mapping.faults import Faults, UnknownEnd, suggestion
from hub.mapping.gate import Gate
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.sides import Side as Party
from hub.mapping.route import Route, Step
from hub.mapping.shipped import shipped_folder
from hub.mapping.watch import Side, Watch
from hub.settings import Settings
from hub.yamlfile import Place


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of all files found."""

    faults: tuple[Fault, ...]
    #: The mapping files; None where one of them is wrong.
    bundle: Bundle | None
    #: Routes from connections that are not configured here: they wait for them.
    asleep: tuple[Route, ...] = ()


def require(settings: Settings) -> Bundle:
    """Return the mapping files in force; `MappingError` with every fault, inline tests included."""
    found = check(settings)
    faults = found.faults or (tuple(run_tests(found.bundle)) if found.bundle else ())
    if faults or found.bundle is None:
        raise MappingError(faults=faults)
    return found.bundle


def check(settings: Settings) -> Checked:
    """Check connections, mapping files and routes, and report every fault at once."""
    faults = registry.check(settings)
    try:
        bundle = load(settings)
    except MappingError as error:
        return Checked((*faults, *error.faults), None)
    found, asleep = fitting(settings, bundle)
    return Checked((*faults, *found), bundle, asleep)


def fitting(settings: Settings, bundle: Bundle) -> tuple[tuple[Fault, ...], tuple[Route, ...]]:
    """Return what does not fit between files and connections, and the routes that wait for some."""
    specs = _specs(settings)
    found = Faults()
    asleep = []
    for route in bundle.routes.values():
        if sleeps(route, settings):
            asleep.append(route)
        else:
            _check_route(route, bundle, settings, specs, found)
    for gate in bundle.gates.values():
        if not sleeps(gate, settings):
            _check_sources(gate.sources, gate.place, settings, found)
    for watch in bundle.watches.values():
        if not sleeps(watch.when, settings):
            _check_watch(watch, bundle, settings, specs, found)
    for one in bundle.reconciliations.values():
        if not next(_lacking(one, settings), None):
            for party in one.sides.values():
                _check_party(party, bundle, settings, specs, found)
    inbound = _inbound_faults(settings, bundle, specs)
    return (*inbound, *found.ordered()), tuple(asleep)


def warnings(settings: Settings, bundle: Bundle) -> Iterator[Fault]:
    """Yield a warning for each connection without which a reconciliation sleeps."""
    for one in bundle.reconciliations.values():
        for party in _lacking(one, settings):
            message = say(
                "hub.yaml has no connection {name}: the reconciliation {reconciliation} sleeps.",
                name=party.connection, reconciliation=one.name,
            )  # fmt: skip
            hint = suggestion(party.connection, settings.connections)
            yield party.place.fault("W105", message, hint)


def sleeping(settings: Settings, bundle: Bundle) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each reconciliation that sleeps, and the connections hub.yaml has not."""
    for one in bundle.reconciliations.values():
        lacking = dict.fromkeys(party.connection for party in _lacking(one, settings))
        if lacking:
            yield one.name, tuple(lacking)


def load(settings: Settings) -> Bundle:
    """Return the mapping files in force; `MappingError` with every fault otherwise."""
    own = settings.mappings_folder
    return load_bundle(shipped_folder(), own if own.is_dir() else None, schema)


def schema(connector: str, name: str) -> Mapping[str, FieldSpec] | None:
    """Return the fields of a connector's stream or operation; None where nothing is known.

    Raises `UnknownEnd` where the connector is installed and has none of that name.
    """
    try:
        spec = registry.load(connector).spec
    except ConfigError:
        return None
    fields = {one.name: one.fields for one in spec.streams}
    fields |= {one.name: one.fields for one in spec.operations}
    if name not in fields:
        raise UnknownEnd(fields)
    return fields[name] or None


def fields_of(connector: str, name: str) -> Mapping[str, FieldSpec] | None:
    """Return the same, and None of a name the connector does not have."""
    try:
        return schema(connector, name)
    except UnknownEnd:
        return None


def _specs(settings: Settings) -> dict[str, Spec]:
    """Return connection → spec, for connections whose connector is there."""
    found = {}
    for name, connection in settings.connections.items():
        try:
            found[name] = registry.load(connection.connector).spec
        except ConfigError:
            continue
    return found


def sleeps(one: Route | Gate | Side, settings: Settings) -> bool:
    """Say whether it is of connections none of which is configured here."""
    return bool(one.sources) and not set(one.sources) & set(settings.connections)


def _check_sources(
    sources: Sequence[str], place: Place, settings: Settings, faults: Faults
) -> None:
    for source in sources:
        if source not in settings.connections:
            message = say("from: hub.yaml has no connection {name}.", name=source)
            hint = suggestion(source, settings.connections)
            faults.add("E111", place, message, hint=hint)


def _check_route(
    route: Route, bundle: Bundle, settings: Settings, specs: Mapping[str, Spec], faults: Faults
) -> None:
    _check_sources(route.sources, route.place, settings, faults)
    _check_steps(route.steps, bundle, settings, specs, faults)


def _check_watch(
    watch: Watch, bundle: Bundle, settings: Settings, specs: Mapping[str, Spec], faults: Faults
) -> None:
    for side in (watch.when, watch.unless):
        # nothing that is configured can clear it then: that is a warning
        if not sleeps(side, settings):
            _check_sources(side.sources, watch.place, settings, faults)
    steps = [one.delivery for one in watch.then if one.delivery is not None]
    _check_steps(steps, bundle, settings, specs, faults)
    companies = settings.calendar.companies
    if watch.calendar != "default" and watch.calendar not in companies:
        message = say("calendar: hub.yaml has no calendar of {name}.", name=watch.calendar)
        hint = suggestion(watch.calendar, companies)
        faults.add("E111", watch.place, message, hint=hint)


def _lacking(one: Reconciliation, settings: Settings) -> Iterator[Party]:
    """Yield the sides whose connection is not configured here: it sleeps until all of them are.

    What only some systems of a hub must agree on is nothing that is wrong with the hub.
    """
    for party in one.sides.values():
        if party.connection and party.connection not in settings.connections:
            yield party


def _check_party(
    party: Party, bundle: Bundle, settings: Settings, specs: Mapping[str, Spec], faults: Faults
) -> None:
    spec = specs.get(party.connection)
    if spec is None:
        return
    if party.stream:
        _check_stream(party, bundle, settings, spec, faults)
    known = [one.name for one in spec.operations]
    # where nothing else is written it is delivered by the operation it is read by
    by = party.delivered_by if party.delivered_by != party.operation else ""
    if party.operation and party.operation not in known:
        message = say(
            "operation: {connector} has no operation {name}.",
            connector=spec.name, name=party.operation,
        )  # fmt: skip
        faults.add("E111", party.place, message, hint=suggestion(party.operation, known))
    if by and by not in known:
        message = say("delivered_by: {connector} has no operation {name}.",
                      connector=spec.name, name=by)  # fmt: skip
        faults.add("E111", party.place, message, hint=suggestion(by, known))


def _check_stream(
    party: Party, bundle: Bundle, settings: Settings, spec: Spec, faults: Faults
) -> None:
    streams = [one.name for one in spec.streams]
    if party.stream not in streams:
        message = say("stream: {connector} has no stream {name}.",
                      connector=spec.name, name=party.stream)  # fmt: skip
        faults.add("E111", party.place, message, hint=suggestion(party.stream, streams))
        return
    mapping = bundle.mappings.get(party.mapping)
    end = (spec.name, party.stream)
    named = settings.connections[party.connection].mappings.get(party.stream)
    if mapping is not None and mapping.source != end and mapping.name != named:
        fitting = [
            one.name for one in bundle.mappings.values()
            if one.source == end and isinstance(one.target, str)
        ]  # fmt: skip
        message = say("map: {mapping} does not map from {stream} of {connector}.",
                      mapping=mapping.name, stream=party.stream, connector=spec.name)  # fmt: skip
        faults.add("E106", party.place, message, hint=suggestion(mapping.name, fitting))


def _check_steps(
    steps: Sequence[Step], bundle: Bundle, settings: Settings, specs: Mapping[str, Spec],
    faults: Faults,
) -> None:  # fmt: skip
    for step in steps:
        if step.to not in settings.connections:
            message = say("to: hub.yaml has no connection {name}.", name=step.to)
            faults.add("E111", step.place, message, hint=suggestion(step.to, settings.connections))
        elif step.to in specs:
            _check_step(step, bundle, specs[step.to], faults)


def _check_step(step: Step, bundle: Bundle, spec: Spec, faults: Faults) -> None:
    operation = next((one for one in spec.operations if one.name == step.operation), None)
    if operation is None:
        known = [one.name for one in spec.operations]
        message = say(
            "operation: {connector} has no operation {name}.",
            connector=spec.name,
            name=step.operation,
        )
        faults.add("E111", step.place, message, hint=suggestion(step.operation, known))
        return
    _check_options(step, operation, faults)
    mapping = bundle.mappings.get(step.mapping or "")
    if mapping is not None and mapping.target[0] != spec.name:
        message = say(
            "map: {mapping} is for {other}; {connection} is a {connector}.",
            mapping=mapping.name,
            other=mapping.target[0],
            connection=step.to,
            connector=spec.name,
        )
        faults.add("E106", step.place, message)


def _check_options(step: Step, operation: Operation, faults: Faults) -> None:
    for name, value in step.options.items():
        place = step.option_places[name]
        if name not in operation.options:
            message = say("{operation} has no option {name}.", operation=operation.name, name=name)
            faults.add("E102", place, message, hint=suggestion(name, operation.options))
        elif value not in operation.options[name]:
            message = say(
                "{name}: {operation} knows no {value}.",
                name=name,
                operation=operation.name,
                value=value,
            )
            hint = suggestion(value, operation.options[name])
            faults.add("E106", place, message, hint=hint)


def _inbound_faults(
    settings: Settings, bundle: Bundle, specs: Mapping[str, Spec]
) -> Iterator[Fault]:
    """Yield a fault for each stream whose mapping is not there, or not the only one."""
    for name, spec in specs.items():
        connection = settings.connections[name]
        for stream in spec.streams:
            override = connection.mappings.get(stream.name)
            try:
                bundle.inbound(spec.name, stream.name, override)
            except MappingError as error:
                source = connection.source
                place = ("connections", name, "mappings", stream.name)
                yield (
                    source.file.fault("E111", error.args[0], place)
                    if source
                    else Fault("E111", error.args[0])
                )
