"""The root command, and the edge where every error becomes a line and an exit code."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli import (
    alerts,
    connections,
    connectors,
    deliveries,
    documents,
    gates,
    health,
    ledger,
    links,
    maps,
    messages,
    output,
    persons,
    polling,
    reconcile,
    records,
    schedules,
    setup,
    store,
    texts,
    todo,
    watches,
)
from hub.cli.exits import exit_code
from hub.cli.help_zh import HELP_ZH
from hub.cli.session import Session
from hub.errors import ConfigError, HubError
from hub.language import Language, told, told_fault

#: Whoever reads more of them has lost sight of the first.
_MOST_FAULTS = 50


def _version(wanted: bool) -> None:
    if wanted:
        print(importlib.metadata.version("accord-hub"))
        raise typer.Exit


def _root(
    ctx: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="Settings file; otherwise HUB_CONFIG or ./hub.yaml.")
    ] = None,
    lang: Annotated[
        Language | None, typer.Option(help="Language; otherwise HUB_LANG or the locale.")
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an internal error.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version.")
    ] = False,
) -> None:
    """Accord Hub carries approved commitments to every system that must keep them."""
    del lang, debug, version  # needed before the command line is parsed: see `main`
    ctx.obj = Session(config, ctx.obj)


def build() -> typer.Typer:
    """Return the command line."""
    app = typer.Typer(
        name="hub",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        # its boxes cost a third of the time `hub --help` takes
        rich_markup_mode=None,
    )
    app.callback()(_root)
    for command in (setup.init, setup.run, setup.check, health.status, health.doctor, setup.backup):
        app.command()(command)
    app.command()(records.trace)
    app.command()(polling.poll)
    app.command()(todo.todo)
    for group in (
        alerts,
        connections,
        connectors,
        messages,
        deliveries,
        documents,
        gates,
        records,
        links,
        ledger,
        maps,
        persons,
        reconcile,
        schedules,
        store,
        watches,
    ):
        app.add_typer(group.app)
    if importlib.util.find_spec("hub.cli.demo") is not None:
        app.add_typer(importlib.import_module("hub.cli.demo").app)
    return app


def command(language: Language) -> Any:
    """Return the command line as Click sees it, its help in a language."""
    from typer.main import get_command

    found = get_command(build())
    _word(found, language)
    return found


def _word(node: Any, language: Language) -> None:
    """Put the help of a command and all below it into a language."""
    for part in (node, *node.params):
        english = getattr(part, "help", None) or ""
        if language is Language.ZH:
            part.help = HELP_ZH.get(english, english)
    # the first line as it is: what the library makes of it ends in the middle of a word
    node.short_help = (node.help or "").partition("\n")[0]
    for child in getattr(node, "commands", {}).values():
        _word(child, language)


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    language = texts.choose(arguments, os.environ)
    try:
        command(language)(args=list(arguments), prog_name="hub", obj=language)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except HubError as error:
        return _explain(error, language)
    except Exception as error:
        if "--debug" in arguments:
            raise
        return _internal(error, language)
    return 0


def _explain(error: HubError, language: Language) -> int:
    for words in _sentences(error, language):
        output.line(words, error=True)
    return exit_code(error)


def _sentences(error: HubError, language: Language) -> list[str]:
    from hub.store.views import NotFound

    if isinstance(error, NotFound):
        said = [texts.text(language, f"missing.{error.what}", given=error.given)]
        if error.near:
            said.append(texts.text(language, "error.near", near=", ".join(error.near)))
        return said
    if isinstance(error, ConfigError) and error.faults:
        key = "check.faults" if len(error.faults) <= _MOST_FAULTS else "check.faults_more"
        return [
            *(told_fault(fault, language) for fault in error.faults[:_MOST_FAULTS]),
            texts.text(language, key, count=len(error.faults), shown=_MOST_FAULTS),
        ]
    words = told(error.args[0], language) if error.args else str(error)
    message = error.say(language) if isinstance(error, texts.Worded) else words
    return [texts.text(language, "error", message=message)]


def _internal(error: Exception, language: Language) -> int:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    # the message stays out: it may hold what a person must not see
    words = texts.text(language, "error.internal", kind=type(error).__name__, place=place)
    print(words, file=sys.stderr)
    return 70
