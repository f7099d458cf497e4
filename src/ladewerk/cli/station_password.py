"""``ladewerk station password``: forget a lost password of the page; a running station takes the new code at once."""

import argparse
from pathlib import Path
from typing import Any

from ladewerk.station.config import load_config
from ladewerk.station.web.page_server import ACCESS_FILE
from ladewerk.web.access import reset_access


def add_parser(subparsers: Any) -> None:
    """Add the command to ``ladewerk``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "station password",
        help="forget the password of the station's page, and every login and token",
        description="Forget the password of a station's page with every login and token; prints the code to choose another.",
    )
    parser.add_argument("config", type=Path, metavar="CONFIG.toml", help="the station's settings")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0; the station may run or not."""
    config = load_config(args.config)
    code = reset_access(config.data_path / ACCESS_FILE)
    print("The password is forgotten, and everybody is logged out.")
    print(f"Open the page and choose another one; the code for that is {code}")
    return 0
