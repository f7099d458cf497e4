"""``ladewerk prices``: published prices in, ``start``, ``slot_s`` and ``price_per_kwh`` of a planning problem out."""

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from math import isfinite
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ladewerk.errors import ConfigError
from ladewerk.optimizer.horizon import per_slot
from ladewerk.optimizer.price_forecast import LEAST_DAYS, forecast_prices
from ladewerk.optimizer.price_formats import FORMATS, PublishedPrices, guess_format, read_entsoe, read_prices, read_tibber
from ladewerk.optimizer.price_formats.intervals import of_this_century
from ladewerk.optimizer.prices import Surcharge, published_until
from ladewerk.optimizer.series_file import SAMPLE, parse_series, series_text
from ladewerk.timeline import Timeline, combine, first

_MOST_SLOTS = 100_000


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "prices",
        help="prices from a CSV file, aWATTar, ENTSO-E or Tibber as part of a problem for 'plan'",
        description="Price paid = (market price * (1 + SHARE) + PER_KWH) * (1 + TAX). Tibber says what is paid itself.",
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="what was published; standard input by default")
    parser.add_argument("--format", choices=FORMATS, help="how FILE is written; by default what it looks like")
    parser.add_argument("--start", metavar="TIME", help="begin of the first slot (default: that of the prices)")
    parser.add_argument(
        "--slots", metavar="N", type=partial(_whole, most=_MOST_SLOTS), help="how many (default: all there are)"
    )
    parser.add_argument(
        "--slot-s", metavar="S", type=partial(_whole, most=86_400), default=900, help="their length (default: 900)"
    )
    parser.add_argument(
        "--zone", metavar="NAME", help="time zone of times without an offset, and of the forecast: Europe/Berlin"
    )
    parser.add_argument("--share", metavar="X", type=float, default=0.0, help="margin on the market price; 0.03 is 3 %%")
    parser.add_argument(
        "--per-kwh", metavar="X", type=float, default=0.0, help="grid fee, levies and margin per kWh, without tax"
    )
    parser.add_argument("--tax", metavar="X", type=float, default=0.0, help="0.19 is 19 %%")
    parser.add_argument(
        "--sequence", metavar="N", type=partial(_whole, most=9), default=1, help="auction in an ENTSO-E document"
    )
    parser.add_argument("--home", metavar="ID", help="which home of a Tibber answer, where there are several")
    parser.add_argument(
        "--forecast", action="store_true", help="go on behind the published prices, from those of a week or more"
    )
    parser.add_argument("--csv", action="store_true", help="print a CSV file for the CSMS instead")
    parser.add_argument("--sample", action="store_true", help="print a CSV file to start from, and nothing else")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read and print; ConfigError and PlanError fly to the caller."""
    if args.sample:
        print(SAMPLE, end="")
        return 0
    source, document = _read(args.file)
    zone = None if args.zone is None else _zone(args.zone)
    published = _published(args, source, document, zone)
    line = _paid(published, args)
    start = line.starts[0] if args.start is None else _time(args.start, zone)
    until = published_until(line)
    slots = args.slots or _slots(start, until, args.slot_s)
    end = start + timedelta(seconds=slots * args.slot_s)
    if args.forecast and until is not None and until < end:
        line = _carried_on(line, until, end, zone or UTC)
    slot_s = (float(args.slot_s),) * slots
    prices = [round(price, 6) for price in per_slot(line, start, slot_s)]
    if not all(isfinite(price) for price in prices):
        raise ConfigError(source, "prices that a plan can reckon with are expected, not larger than all numbers")
    if args.csv:
        line = Timeline.from_slots(start, slot_s, prices)
        print(series_text("price_per_kwh", line, zone or start.tzinfo or UTC), end="")
        return 0
    answer = {
        "start": start.isoformat(),
        "slot_s": args.slot_s,
        "price_per_kwh": prices,
    }
    if published.currency is not None:
        answer["currency"] = published.currency
    print(json.dumps(answer))
    return 0


def _whole(text: str, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= most):
        raise argparse.ArgumentTypeError(f"a whole number from 1 to {most} is expected, not {text!r}")
    return int(text)


def _read(name: str | None) -> tuple[str, bytes]:
    if name is None:
        return "standard input", sys.stdin.buffer.read()
    try:
        return name, Path(name).read_bytes()
    except OSError as err:
        raise ConfigError(name, f"a readable file is expected ({err.strerror})") from err


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as err:
        raise ConfigError("--zone", f"a time zone such as Europe/Berlin is expected, not {name!r}") from err


def _time(text: str, zone: tzinfo | None) -> datetime:
    try:
        at = of_this_century(datetime.fromisoformat(text), "--start")
    except ValueError as err:
        raise ConfigError("--start", f"a time such as 2026-01-05T17:00:00+01:00 is expected, not {text!r}") from err
    if at.utcoffset() is not None:
        return at
    if zone is None:
        raise ConfigError("--start", f"{text!r} lacks an offset such as +01:00; or say --zone")
    local = at.replace(tzinfo=zone)
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at:
        raise ConfigError("--start", f"{text!r} does not exist in {zone}: the clocks are put forward past it")
    return datetime.fromisoformat(local.isoformat())


def _published(args: argparse.Namespace, source: str, document: bytes, zone: tzinfo | None) -> PublishedPrices:
    form = args.format or guess_format(document)
    if form == "csv":
        return PublishedPrices(market_per_kwh=Timeline.of(parse_series(document, "price_per_kwh", source, zone)))
    try:
        if form == "entsoe":
            return read_entsoe(document, sequence=args.sequence)
        if form == "tibber":
            return read_tibber(document, home_id=args.home)
        return read_prices(document, form)
    except ConfigError as err:
        raise ConfigError(f"{source}: {err.key}" if err.key else source, err.why) from err


def _paid(published: PublishedPrices, args: argparse.Namespace) -> Timeline[float]:
    """What the customer pays: as the source says it, or what the arguments make of the market's price."""
    try:
        surcharge = Surcharge(share=args.share, per_kwh=args.per_kwh, tax=args.tax)
    except ConfigError as err:
        raise ConfigError(f"--{err.key.replace('_', '-')}", err.why) from err
    if published.total_per_kwh is not None and surcharge == Surcharge():
        return published.total_per_kwh
    if published.market_per_kwh is None:
        raise ConfigError(
            "--share, --per-kwh, --tax", "a document with the market's prices (energy) is expected beside these"
        )
    return surcharge.on(published.market_per_kwh)


def _slots(start: datetime, until: datetime | None, slot_s: int) -> int:
    """As many whole slots as the prices reach for."""
    if until is None:
        raise ConfigError("--slots", "is expected: one price alone holds for ever")
    slots = int((until - start) / timedelta(seconds=slot_s))
    if not 1 <= slots <= _MOST_SLOTS:
        raise ConfigError(
            "--start", f"a time is expected that is at least a slot before the prices end, {until.isoformat()}"
        )
    return slots


def _carried_on(line: Timeline[float], until: datetime, end: datetime, zone: tzinfo) -> Timeline[float]:
    """The prices, then their forecast up to ``end``."""
    forecast = forecast_prices(line, until, end, zone)
    if forecast is None:
        raise ConfigError("--forecast", f"{LEAST_DAYS} days of prices are expected to forecast from")
    error = "unknown" if forecast.mae_per_kwh is None else f"{forecast.mae_per_kwh:.4f} per kWh"
    print(
        f"from {until.isoformat()} on the prices are a forecast; mean error on the last {forecast.tried_days} days: {error}",
        file=sys.stderr,
    )
    return combine(first, line.within(line.starts[0], until), forecast.price_per_kwh)
