"""``ladewerk composite``: what all charging profiles of a station together allow."""

import argparse
import sys
from pathlib import Path

from ladewerk.charging.request import answer_to_json, question_from_json
from ladewerk.errors import ConfigError


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``composite`` to the command line."""
    parser = subparsers.add_parser(
        "composite", help="the composite schedule of installed charging profiles: a request in, its periods out, both JSON"
    )
    parser.add_argument("request", nargs="?", metavar="REQUEST.json", help="the request; standard input by default")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Calculate and print; ConfigError flies to the caller."""
    print(answer_to_json(question_from_json(_read(args.request))).decode())
    return 0


def _read(name: str | None) -> bytes:
    if name is None:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as err:
        raise ConfigError(name, f"a readable file is expected ({err.strerror})") from err
