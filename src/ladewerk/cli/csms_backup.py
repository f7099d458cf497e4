"""``ladewerk csms backup``: the whole database of a CSMS in one file, while it runs."""

import argparse
from pathlib import Path

from ladewerk.clock import SystemClock
from ladewerk.csms.config import CsmsConfig, load_config
from ladewerk.csms.store.backup import back_up


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its arguments."""
    text = "write the whole database of a CSMS into one file, while it runs"
    parser = subparsers.add_parser("csms backup", help=text, description=text)
    parser.add_argument("file", type=Path, metavar="FILE", help="the backup, such as csms.backup; nothing is overwritten")
    add_database(parser)
    parser.set_defaults(run=run)


def add_database(parser: argparse.ArgumentParser) -> None:
    """Arguments that say which database."""
    parser.add_argument("--config", type=Path, metavar="CONFIG.toml", help="the settings of the CSMS, where it has any")
    parser.add_argument("--database", metavar="URL", help="the database, where it is another than the settings say")


def database_url(args: argparse.Namespace) -> str:
    """What those arguments say. Raises ConfigError."""
    config = CsmsConfig() if args.config is None else load_config(args.config)
    url: str = args.database or config.database_url()
    return url


def run(args: argparse.Namespace) -> int:
    """Write the backup and say what is in it."""
    counts = back_up(database_url(args), args.file, SystemClock().now())
    print(f"{args.file}: {said(counts)}")
    return 0


def said(counts: dict[str, int]) -> str:
    """``counts`` as a line."""
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
