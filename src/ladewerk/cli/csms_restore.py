"""``ladewerk csms restore``: a backup into an empty database of either kind."""

import argparse
from pathlib import Path

from ladewerk.cli.csms_backup import add_database, database_url, said
from ladewerk.csms.store.backup import restore


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its arguments."""
    text = "fill an empty database from a backup; also the way from SQLite to PostgreSQL and back"
    parser = subparsers.add_parser("csms restore", help=text, description=text)
    parser.add_argument("file", type=Path, metavar="FILE", help="what ladewerk csms backup has written")
    add_database(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Restore and say what was restored."""
    counts = restore(database_url(args), args.file)
    print(f"restored {said(counts)}")
    return 0
