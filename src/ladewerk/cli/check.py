"""``ladewerk check``: whether this installation would work, a line a thing, with the remedy."""

import argparse
import asyncio
import tomllib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from ladewerk.cli.checks.finding import Finding, Mark
from ladewerk.cli.checks.machine import look_at_machine
from ladewerk.clock import SystemClock


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its arguments."""
    parser = subparsers.add_parser(
        "check",
        help="look whether this installation works",
        description="Look at versions, ports, database, serial devices, meters, clock and the CSMS, and change nothing. "
        "Without a file: at what 'ladewerk csms' needs without one. Exit status 1 where something is wrong.",
    )
    parser.add_argument("configs", nargs="*", type=Path, metavar="CONFIG.toml", help="settings of a station or a CSMS")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what was found; 1 where something is wrong."""
    return asyncio.run(_run(args.configs))


async def _run(configs: Sequence[Path]) -> int:
    status = 0
    async for finding in _findings(configs):
        print(finding.line(), flush=True)
        status = 1 if finding.mark is Mark.WRONG else status
    return status


async def _findings(configs: Sequence[Path]) -> AsyncIterator[Finding]:
    kinds = {path: _kind(path) for path in configs}
    needed = set(kinds.values()) if configs else {"csms"}
    missing = False
    for finding in look_at_machine(needed):
        yield finding
        missing = missing or finding.mark is Mark.WRONG
    if missing:
        return  # what is looked at next is made of these packages
    for path, kind in kinds.items() if configs else [(None, "csms")]:
        async for finding in _of_kind(kind, path):
            yield finding


def _of_kind(kind: str, path: Path | None) -> AsyncIterator[Finding]:
    # Only what is asked for is imported: each needs an extra of its own.
    if kind == "station" and path is not None:
        from ladewerk.cli.checks.station import look_at_station

        return look_at_station(path, SystemClock())
    from ladewerk.cli.checks.csms import look_at_csms

    return look_at_csms(path, SystemClock().now())


def _kind(path: Path) -> str:
    """Of whom the settings at ``path`` are; what cannot be read is told when they are looked at."""
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "csms"
    return "station" if "station" in document or "units" in document else "csms"
