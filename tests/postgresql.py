"""A PostgreSQL server for tests: a cluster of its own in a temporary folder, on a free port, stopped at the end."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Final

import pytest

_DEBIAN: Final = Path("/usr/lib/postgresql")
_OWNER: Final = "postgres"
"""The server refuses to run as root; the distribution's package brings this user."""


def programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``, the newest there is."""
    debian = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which("initdb")
    return None if found is None else Path(found).resolve().parent


@dataclass
class PostgreSql:
    """A running server, which can be killed and started again."""

    folder: Path
    port: int
    _process: "subprocess.Popen[bytes] | None" = None
    _made: int = 0

    def new_database(self) -> str:
        """The URL of an empty database."""
        self._made += 1
        name = f"test_{self._made}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", _OWNER, name)
        return f"postgresql://{_OWNER}@127.0.0.1:{self.port}/{name}"

    def initialise(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self.folder, _OWNER)
        self._run("initdb", "-D", str(self.folder / "data"), "-U", _OWNER, "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = [
            "-c",
            f"port={self.port}",
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            f"unix_socket_directories={self.folder}",
        ]
        quick = ["-c", "shared_buffers=16MB", "-c", "max_connections=40"]
        self._process = subprocess.Popen(
            [self._program("postgres"), "-D", str(self.folder / "data"), *options, *quick],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=_OWNER if os.geteuid() == 0 else None,
            cwd=self.folder,
        )
        waiting = [self._program("pg_isready"), "-h", "127.0.0.1", "-p", str(self.port), "-t", "1"]
        for _ in range(300):
            if self._process.poll() is not None:
                raise RuntimeError("PostgreSQL did not start")
            if subprocess.run(waiting, stdout=subprocess.DEVNULL, check=False).returncode == 0:
                return
            sleep(0.1)
        raise RuntimeError("PostgreSQL does not answer")

    def stop(self) -> None:
        """Stop it as a power cut does: what it has not committed is gone."""
        if self._process is not None and self._process.poll() is None:
            self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
            self._process.wait()

    def _run(self, name: str, *arguments: str) -> None:
        user = _OWNER if os.geteuid() == 0 else None
        subprocess.run([self._program(name), *arguments], user=user, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    @staticmethod
    def _program(name: str) -> str:
        folder = programs()
        if folder is None:
            pytest.fail("needs PostgreSQL: install the package postgresql")
        return str(folder / name)


@contextmanager
def running_postgresql() -> Iterator[PostgreSql]:
    """A server on a free port until the context ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="ladewerk-postgresql-"))
    server = PostgreSql(folder, port)
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
