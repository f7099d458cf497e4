"""``ladewerk csms``: the CSMS, until it is told to stop."""

import argparse
import asyncio
import gc
import logging
import resource
import signal
from pathlib import Path
from typing import Final

import msgspec

from ladewerk.cli.pace import Pace, add_follow, following
from ladewerk.csms.app import running_csms
from ladewerk.csms.config import CsmsConfig, load_config
from ladewerk.settings import split_address

_log = logging.getLogger(__name__)

_MOST_FILES: Final = 65_536

_OBJECTS_BETWEEN_LOOKS: Final = 10_000
"""How many more there are when cycles among them are looked for; messages make hardly any."""


_DESCRIPTION = """\
Serve charging stations of OCPP 2.1, 2.0.1 and 1.6, plan what their cars need, and show it on a page.

A station connects to ws://HOST:9000/IDENTITY. One that nobody knows waits on the page to be approved.
On the first start a link is printed with which somebody becomes the administrator; there is no default password."""

_EPILOG = """\
The command line wins over CONFIG.toml, whose settings docs/csms.md lists; a setting that cannot be used is one line
on stderr and exit status 2. SIGTERM or SIGINT: what stations have said is answered, then it exits with status 0.

  ladewerk check CONFIG.toml                look whether it would work here
  ladewerk csms backup FILE                 while it runs; ladewerk csms restore FILE brings it back
  ladewerk --log debug --log-json csms      what is logged to stderr, and how
  http://HOST:8080/healthz, /metrics        whether it is well, and its numbers for Prometheus
  http://HOST:8080/openapi.json             its API"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its arguments."""
    parser = subparsers.add_parser(
        "csms",
        help="serve charging stations",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("config", nargs="?", type=Path, metavar="CONFIG.toml", help="settings; none are needed")
    parser.add_argument(
        "--listen", metavar="HOST:PORT", help="where stations connect (127.0.0.1:9000; 0.0.0.0:9000 for every network)"
    )
    parser.add_argument("--web", metavar="HOST:PORT", help="where page and API are (127.0.0.1:8080)")
    parser.add_argument(
        "--database",
        metavar="URL",
        help="such as sqlite:////var/lib/ladewerk/csms.sqlite3 or postgresql://USER:PASSWORD@HOST/DATABASE "
        "(csms.sqlite3 in ~/.local/share/ladewerk)",
    )
    parser.add_argument(
        "--accept-unknown", action="store_true", help="serve every station at once, without approval or password"
    )
    parser.add_argument("--open", action="store_true", help="page and API without users: on this machine alone, for trials")
    add_follow(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    config = CsmsConfig() if args.config is None else load_config(args.config)
    config = _with_arguments(config, args)
    _allow_many_stations()
    pace = following(args.follow)
    with pace.runner() as runner:
        runner.run(_serve(config, pace))
    return 0


def _allow_many_stations() -> None:
    """Each station is an open file, of which a program that does not ask for more may have a thousand."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(_MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _with_arguments(config: CsmsConfig, args: argparse.Namespace) -> CsmsConfig:
    """``config`` with what the command line says instead."""
    if args.listen is not None:
        split_address("--listen", args.listen)
        config = msgspec.structs.replace(config, listen=args.listen)
    if args.web is not None:
        split_address("--web", args.web)
        config = msgspec.structs.replace(config, web=args.web)
    if args.database is not None:
        config = msgspec.structs.replace(config, database=args.database)
    if args.accept_unknown:
        config = msgspec.structs.replace(config, accept_unknown=True)
    if args.open:
        config = msgspec.structs.replace(config, open=True)
    return config


async def _serve(config: CsmsConfig, pace: Pace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with running_csms(config, pace.clock()) as csms:
        # Programs and settings stay as long as the process does: nobody need look through them again.
        gc.freeze()
        gc.set_threshold(_OBJECTS_BETWEEN_LOOKS)
        host, _ = split_address("csms.listen", config.listen)
        address = f"[{host}]" if ":" in host else host
        scheme = "ws" if config.tls is None else "wss"
        print(f"stations connect to  {scheme}://{address}:{csms.ocpp_port}/<identity>")
        print(f"page and API are at  {csms.web_url}", flush=True)
        if csms.setup_url is not None:
            print(f"nobody administers this yet; become its administrator with  {csms.setup_url}", flush=True)
        await stop.wait()
        _log.info("stopping: what stations have said is answered first")
