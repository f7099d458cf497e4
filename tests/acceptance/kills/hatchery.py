"""Starts ``ladewerk station`` as often as asked for: processes of their own, forked from one that has imported it.

A start this way takes a tenth of the processor time, and whoever is killed is the same program. One line of JSON in,
``{"arguments": [...], "log": "..."}``, is one process; its id is the line that comes out.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

import ladewerk.cli.station  # imported before the forks: this is what takes long
from ladewerk.cli import main


def hatch() -> None:
    # Nobody waits for the children: they are killed, and their parent has nothing to say about it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(order["arguments"], Path(order["log"]))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _become(arguments: list[str], log: Path) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(written, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    status = 1
    try:
        status = main(arguments)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    assert ladewerk.cli.station
    hatch()
