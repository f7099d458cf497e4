"""The command ``ladewerk``: one thin module a command, which reads its arguments, calls the program and prints.

Exit status: 0 done, 1 the work failed, 2 unusable arguments or input; the reason is one line on stderr. Start reading in
:func:`main`.
"""

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from ladewerk import __version__
from ladewerk.errors import ConfigError, LadewerkError, PlanError
from ladewerk.log_lines import operators_handler

COMMANDS: Final = (
    "demo",
    "csms",
    "csms backup",
    "csms restore",
    "station",
    "station provision",
    "station password",
    "station reset-meter",
    "station export",
    "simulate",
    "plan",
    "prices",
    "composite",
    "check",
)

_PROGRAMS: Final = ("csms", "station")
"""Commands that run for years and log what their operator cares about."""

_EXTRAS: Final = {
    "demo": "all",
    "csms": "csms",
    "csms backup": "csms",
    "csms restore": "csms",
    "station": "station",
    "station provision": "station",
    "station password": "station",
    "station reset-meter": "station",
    "station export": "station",
    "simulate": "station",
    "plan": "all",
    "composite": "all",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see '{self.prog} --help'\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    words = _joined(sys.argv[1:] if arguments is None else arguments)
    parser = _Parser(prog="ladewerk", description="Open smart charging of electric vehicles.")
    parser.add_argument("--version", action="version", version=f"ladewerk {__version__}")
    parser.add_argument(
        "--log",
        choices=("debug", "info", "warning", "error"),
        help="what is logged to stderr (default: info for csms and station, warning for the others)",
    )
    parser.add_argument("--log-json", action="store_true", help="log an object of JSON a line")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    wanted = next((word for word in words if word in COMMANDS), None)
    try:
        # Only the command that is asked for is imported, so that each starts fast and needs its own extra alone.
        for name in COMMANDS if wanted is None else (wanted,):
            importlib.import_module(f"ladewerk.cli.{name.replace(' ', '_').replace('-', '_')}").add_parser(commands)
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("ladewerk"):
            raise
        extra = _EXTRAS.get(wanted or "", "all")
        print(f"ladewerk: {missing.name} is not installed; run: pip install 'ladewerk[{extra}]'", file=sys.stderr)
        return 1
    options = parser.parse_args(words)
    _log_to_stderr(options.log or ("info" if options.command in _PROGRAMS else "warning"), as_json=options.log_json)
    try:
        status: int = options.run(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (ConfigError, PlanError) as refused:
        print(f"ladewerk {options.command}: {refused}", file=sys.stderr)
        return 2
    except LadewerkError as failed:
        print(f"ladewerk {options.command}: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # A reader who goes early, as ``head`` does, is no failure; Python would complain again when it closes the output.
        sys.stdout = None
        return 0
    return status


def _joined(words: Sequence[str]) -> list[str]:
    """``words`` with those two in one that are a command together."""
    found: list[str] = []
    for word in words:
        if found and f"{found[-1]} {word}" in COMMANDS:
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found


def _log_to_stderr(level: str, *, as_json: bool) -> None:
    logging.basicConfig(level=level.upper(), handlers=[operators_handler(sys.stderr, as_json=as_json)])
    for name in ("httpx", "httpcore"):  # a line for each poll of the meter
        logging.getLogger(name).setLevel(logging.WARNING)
    # Below that it tells headers and frames as they are, passwords and all; the CSMS tells frames by its API.
    wire = logging.getLogger("ladewerk.ocpp.websocket.wire")
    wire.setLevel(max(logging.INFO, logging.getLogger().level))
