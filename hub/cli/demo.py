"""`hub demo`: a whole company on this machine, with far ends that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import output, session
from hub.cli.session import Session

if TYPE_CHECKING:
    from hub.demo.check import Verdict
    from hub.demo.processes import Stage
    from hub.demo.run import Plan

app = typer.Typer(name="demo", help="Watch the hub at work with three simulated systems.")

_Erp = Annotated[
    str, typer.Option(help="simulated, or the name of the ERP's connector to run the real one.")
]
#: Without a limit of its own, a run that does not end by itself is judged after so long.
_PATIENCE = 120.0
#: Seconds between two things people do, where somebody watches.
_PAUSE = 0.12


@app.callback(invoke_without_command=True)
def demo(
    ctx: typer.Context,
    commitments: Annotated[int, typer.Option(min=1, max=150, help="How many to ask for.")] = 20,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="End after so many seconds, whatever is going on.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed tells the same story.")] = 1,
    check: Annotated[
        bool, typer.Option("--check", help="No screen; exit 1 if anything is lost or done twice.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="The last line is the verdict as a JSON object.")
    ] = False,
    keep: Annotated[Path | None, typer.Option(help="Folder to make the demo in and keep.")] = None,
    erp: _Erp = "simulated",
) -> None:
    """Run a CRM, an ERP, a warehouse and the hub, let people ask for commitments, and watch."""
    if ctx.invoked_subcommand is not None:
        return
    from hub.demo import folder as folders
    from hub.demo.run import Plan

    here = session.of(ctx)
    real = _real(here, folders.connector_of("erp"), erp)
    watched = not (check or json) and sys.stdout.isatty()
    pause = _PAUSE if watched else 0.0
    plan = Plan(commitments, seed, seconds or _PATIENCE, pause, here.language)
    # a check that was broken off has found nothing right
    with _ended_by_hand(0 if watched else 130), _folder(keep) as folder:
        right = asyncio.run(
            _run(here, folder, plan, real, json=json, watched=watched, kept=keep is not None,
                 stays=watched and seconds is None)
        )  # fmt: skip
        if not right:
            raise typer.Exit(1)


@app.command()
def up(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder of a demo made with --keep.")],
    erp: _Erp = "simulated",
) -> None:
    """Start the far ends of a kept demo again, on the same ports, until Ctrl-C."""
    from hub.demo import folder as folders
    from hub.demo import texts

    here = session.of(ctx)
    settings = folders.read(folder)
    there = settings.connections.get("erp")
    real = _real(here, there.connector if there else "-", erp)
    addresses = ", ".join(f"{n} {a}" for n, a in folders.addresses(settings).items())
    output.line(texts.text(here.language, "up", folder=folder, addresses=addresses))
    sys.stdout.flush()
    with _ended_by_hand(0):
        asyncio.run(_serve(folder, real))


async def _serve(folder: Path, real: Sequence[str]) -> None:
    from hub.demo import servers

    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for received in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(received, stopping.set)
    await servers.serve(folder, real, stopping)


async def _run(
    here: Session, folder: Path, plan: Plan, real: Sequence[str], *,
    json: bool, watched: bool, kept: bool, stays: bool,
) -> bool:  # fmt: skip
    """Run the demo and say how it went; return whether all is as it should be."""
    from hub.demo import processes, run, texts

    _end_with_signals()
    quiet = json and not watched
    if not quiet:
        output.line(texts.text(here.language, "starting", folder=folder))
        if real:
            output.line(texts.text(here.language, "installing"))
    async with processes.staged(folder, real) as stage:
        if watched:
            verdict, wrong = await _watched(here, stage, plan)
        else:
            verdict, wrong = await run.perform(
                stage, plan, lambda key, number: None, lambda picture: None
            )
        if watched:
            number = _trace(here, stage)
        _say(here, verdict, wrong, json=json)
        if watched:
            _tell_what_next(here, stage, number, kept=kept)
        if stays:
            await asyncio.Event().wait()
    return not wrong


async def _watched(here: Session, stage: Stage, plan: Plan) -> tuple[Verdict, list[str]]:
    from hub.demo import run
    from hub.demo.screen import Screen

    with Screen(here.language, list(stage.settings.connections)) as screen:
        return await run.perform(stage, plan, screen.tell, screen.show)


def _say(here: Session, verdict: Verdict, wrong: Sequence[str], *, json: bool) -> None:
    from hub.demo import texts

    values = asdict(verdict)
    if wrong:
        output.line(texts.text(here.language, "verdict.wrong", **values), error=True)
        for line in wrong:
            output.line(f"  {line}", error=True)
    if json:
        output.as_json(values)
    elif not wrong:
        output.line(texts.text(here.language, "verdict.fine", **values))
        output.line(texts.text(here.language, "verdict.ignored", **values))
    sys.stdout.flush()


def _trace(here: Session, stage: Stage) -> str:
    """Tell the story of one commitment that went through trouble; return its number."""
    from hub.cli import tree
    from hub.demo import run, texts
    from hub.service import story

    with run.opened(stage) as store:
        number = store.read_now(run.most_tried)
        told = store.read_now(story.trace, stage.settings, number, personal=False)
    output.line(texts.text(here.language, "story", number=number))
    for record in told["records"]:
        output.draw(tree.of_record(record, here.text, here.language))
    return number


def _tell_what_next(here: Session, stage: Stage, number: str, *, kept: bool) -> None:
    from hub.demo import control, run, texts
    from hub.demo import folder as folders

    output.line(texts.text(here.language, "next"))
    for command in run.next_commands(stage.folder, number):
        output.line(f"  {command}")
    url = f"http://127.0.0.1:{stage.settings.web.port}/"
    token = folders.token_of(stage.folder, control.CLERK)
    output.line(texts.text(here.language, "console", url=url, token=token))
    key = "kept" if kept else "leave"
    output.line(texts.text(here.language, key, folder=stage.folder))


def _real(here: Session, known: str, erp: str) -> list[str]:
    """Return the connections that run the real product; `known` is the ERP's connector."""
    from hub import registry
    from hub.demo import texts
    from hub.errors import ConfigError

    if erp == "simulated":
        return []
    if erp != known or registry.load(known).spec.server is None:
        raise ConfigError(texts.text(here.language, "no_server", given=erp, known=known))
    return ["erp"]


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Make the folder of the demo; a temporary one is removed at the end."""
    from hub.demo import folder as folders

    folder = keep.resolve() if keep else Path(tempfile.mkdtemp(prefix="hub-demo-"))
    try:
        folders.make(folder)
        yield folder
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _ended_by_hand(code: int) -> Iterator[None]:
    """Exit with this code after Ctrl-C or SIGTERM; everything is stopped by then."""
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(code) from None


def _end_with_signals() -> None:
    """Let a signal unwind the demo, so that its processes end before it does."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None  # noqa: S101 (this is called inside one)
    for received in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(received, task.cancel)
