"""Run a real Tryton 8.0 with a small demo company, for tests and the demo.

Nothing is installed into the hub's own environment: the first start makes a virtual
environment below the given directory, installs the packages with pip and fills a template
database (two to four minutes). Every later start copies the template (a few seconds), so
each server begins with the same data and forgets everything when it stops.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import socket
import sqlite3
import subprocess  # runs our own virtual environment, arguments are constants and paths
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DATABASE = "demo"
USER = "admin"
#: The server listens on the loopback address and holds demo data only.
PASSWORD = "accord-demo-1"  # noqa: S105

#: The long-term series; the newest feature series has other field names.
PACKAGES = (
    "trytond~=8.0.0",
    "proteus~=8.0.0",
    "trytond-sale~=8.0.0",
    "trytond-production~=8.0.0",
)
MODULES = ("sale", "production")
START_SECONDS = 90
_DATA_SCRIPT = Path(__file__).with_name("server_data.py")
_DATA = Path(__file__).with_name("samples") / "demo.json"


class ServerError(RuntimeError):
    """The server could not be installed or started; the message names the log to read."""


@dataclass
class Server:
    """A running server; `stop` ends it and removes its data."""

    url: str
    database: str
    user: str
    password: str
    _process: subprocess.Popen[bytes] = field(repr=False)
    _directory: Path = field(repr=False)

    def stop(self) -> None:
        """End the server and remove its copy of the database."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)


def start(directory: Path, port: int = 0) -> Server:
    """Start a server on 127.0.0.1 with a fresh copy of the demo data; port 0 takes a free one.

    Installs and fills what is missing below `directory` first; several processes may call
    this at once, one of them builds. Raises `ServerError`.
    """
    directory = directory.resolve()
    template = _built(directory)
    run = Path(tempfile.mkdtemp(prefix="run-", dir=directory))
    shutil.copyfile(template, run / f"{DATABASE}.sqlite")
    port = port or _free_port()
    config = _write_config(run, port)
    with (run / "server.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            [str(_python(directory).with_name("trytond")), "-c", str(config), "-d", DATABASE],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(),
        )
    server = Server(f"http://127.0.0.1:{port}", DATABASE, USER, PASSWORD, process, run)
    try:
        _wait_until_ready(server, process, run / "server.log")
    except BaseException:
        process.kill()
        process.wait()
        raise
    return server


def is_built(directory: Path) -> bool:
    """Say whether a start needs no installation."""
    return _template(directory.resolve()).exists()


def _built(directory: Path) -> Path:
    template = _template(directory)
    directory.mkdir(parents=True, exist_ok=True)
    with _locked(directory / "build.lock"):
        if not _ready_mark(directory).exists():
            _install(directory)
        if not template.exists():
            _fill(directory, template)
    return template


def _template(directory: Path) -> Path:
    """Name the template after what it is made from, so that other data make another one."""
    texts = [path.read_text("utf-8") for path in (_DATA_SCRIPT, _DATA)]
    made_from = "\n".join([*PACKAGES, *MODULES, *texts])
    return directory / f"template-{hashlib.sha256(made_from.encode()).hexdigest()[:12]}.sqlite"


def _ready_mark(directory: Path) -> Path:
    packages = hashlib.sha256("\n".join(PACKAGES).encode()).hexdigest()[:12]
    return directory / "venv" / f"installed-{packages}"


def _python(directory: Path) -> Path:
    return directory / "venv" / "bin" / "python"


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(directory: Path) -> None:
    log = directory / "install.log"
    _run([sys.executable, "-m", "venv", "--clear", str(directory / "venv")], log)
    pip = [str(_python(directory)), "-m", "pip", "install", "--disable-pip-version-check"]
    _run([*pip, *PACKAGES], log)
    _ready_mark(directory).touch()


def _fill(directory: Path, template: Path) -> None:
    """Build in a directory of its own and move at the end: a broken run leaves no half file."""
    log = directory / "fill.log"
    with tempfile.TemporaryDirectory(prefix="fill-", dir=directory) as name:
        work = Path(name)
        config = _write_config(work, 0)
        database = work / f"{DATABASE}.sqlite"
        database.touch()  # trytond-admin wants an existing file
        password = work / "password"
        password.write_text(PASSWORD + "\n")
        admin = [str(_python(directory).with_name("trytond-admin")), "-c", str(config)]
        admin += ["-d", DATABASE, "-u", *MODULES]
        admin += ["--activate-dependencies", "--email", "admin@example.com"]
        _run(admin, log, TRYTONPASSFILE=str(password))
        _run([str(_python(directory)), str(_DATA_SCRIPT), str(config), DATABASE], log)
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode = DELETE")
        database.replace(template)


def _write_config(directory: Path, port: int) -> Path:
    path = directory / "trytond.conf"
    path.write_text(
        "[database]\n"
        "uri = sqlite://\n"
        f"path = {directory}\n"
        "[web]\n"
        f"listen = 127.0.0.1:{port}\n"
        # without a worker process queued tasks wait: a confirmed sale stays confirmed until
        # somebody processes it, as at a company whose worker runs every few minutes
        "[queue]\n"
        "worker = True\n",
        "utf-8",
    )
    return path


def _environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRYTON")}
    return {**kept, **more}


def _run(command: Sequence[str], log: Path, **environment: str) -> None:
    with log.open("ab") as output:
        done = subprocess.run(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_environment(**environment),
            check=False,
        )
    if done.returncode:
        raise ServerError(f"{Path(command[0]).name} failed, read {log}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    body = b'{"id": 0, "method": "common.server.version", "params": []}'
    request = urllib.request.Request(  # noqa: S310
        f"{server.url}/rpc/", data=body, headers={"Content-Type": "application/json"}
    )
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerError(f"the server ended by itself, read {log}")
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(request, timeout=5).close()  # noqa: S310
            return
        time.sleep(0.2)
    raise ServerError(f"the server did not answer within {START_SECONDS} s, read {log}")
