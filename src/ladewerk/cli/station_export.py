"""``ladewerk station export``: the history as CSV, out of the file that the station writes, whether it runs or not."""

import argparse
import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from ladewerk.errors import ConfigError, StoreError
from ladewerk.station.config import load_config
from ladewerk.station.database_file import open_database
from ladewerk.station.history import export
from ladewerk.station.history.archive import FOR_EVER_S, Archive, Span
from ladewerk.station.history.opening import NAME
from ladewerk.station.history.tables import SCHEMA


def add_parser(subparsers: Any) -> None:
    """Add the command to ``ladewerk``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "station export",
        help="the history as CSV; the station may run",
        description="Write what a station has kept to standard output, as CSV with headings that stay as they are.",
    )
    parser.add_argument("config", type=Path, metavar="CONFIG.toml", help="the station's settings")
    parser.add_argument("table", choices=export.TABLES, metavar="TABLE", help=", ".join(export.TABLES))
    parser.add_argument("--unit", help="readings of this unit alone")
    parser.add_argument("--from", dest="from_", metavar="TIME", help="ISO 8601 with an offset; by default the beginning")
    parser.add_argument("--to", metavar="TIME", help="ISO 8601 with an offset, not included; by default now")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 once all of it is written."""
    if args.unit is not None and args.table != "readings":
        raise ConfigError("--unit", f"is for readings; {args.table} have a column for it")
    span = Span(_epoch_s("--from", args.from_, 0.0), _epoch_s("--to", args.to, FOR_EVER_S))
    asyncio.run(_write(load_config(args.config).data_path, args.table, args.unit, span))
    return 0


async def _write(folder: Path, table: str, unit_id: str | None, span: Span) -> None:
    if not (folder / NAME).is_file():
        raise StoreError(f"there is no {folder / NAME}; the station makes it when it starts")
    async with open_database(folder, SCHEMA, name=NAME, durable=False) as database:
        archive = Archive(database, lambda _unit_id: [])
        known = await archive.unit_ids()
        if unit_id is not None and unit_id not in known:
            raise ConfigError("--unit", f"nothing was ever measured of a unit {unit_id!r}; of {', '.join(known) or 'none'}")
        async for line in export.lines(archive, table, known if unit_id is None else [unit_id], span):
            sys.stdout.buffer.write(line.encode())


def _epoch_s(option: str, text: str | None, otherwise_s: float) -> float:
    if text is None:
        return otherwise_s
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise ConfigError(option, f"{text!r} is not an ISO 8601 time with an offset, such as 2026-01-05T17:00+01:00")
    return moment.timestamp()
