"""Whose time a command runs in: the machine's, a faster one, or that of a simulator on this machine."""

import asyncio
import json
import urllib.error
import urllib.request
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ladewerk.clock import Clock, LoopClock, SystemClock
from ladewerk.errors import ConfigError
from ladewerk.paced_loop import ScaledLoop

_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Makes the loop a command runs on, and the clock that belongs to it once it runs."""

    loop: Callable[[], asyncio.AbstractEventLoop] | None
    origin: datetime | None

    def runner(self) -> asyncio.Runner:
        """A runner on this pace."""
        return asyncio.Runner(loop_factory=self.loop)

    def clock(self) -> Clock:
        """The clock of the loop that is running."""
        return SystemClock() if self.origin is None else LoopClock(asyncio.get_running_loop(), self.origin)


REAL_TIME = Pace(None, None)


def faster(speed: float, origin: datetime) -> Pace:
    """``speed`` times as fast as the machine's clock, from ``origin`` on."""
    return Pace(lambda: ScaledLoop(speed), origin)


def add_follow(parser: ArgumentParser) -> None:
    """Declare ``--follow``."""
    parser.add_argument("--follow", metavar="URL", help="run in the time of the simulator with this panel")


def following(url: str | None) -> Pace:
    """The time of the simulator whose panel is at ``url``; None is real time. Raises ConfigError."""
    if url is None:
        return REAL_TIME
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/api/clock", timeout=_PATIENCE_S) as answer:
            told = json.load(answer)
        speed, loop_s, real_s = float(told["speed"]), float(told["loop_s"]), float(told["real_monotonic_s"])
        origin = datetime.fromisoformat(told["origin"])
    except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError) as err:
        reason = getattr(err, "reason", err)
        raise ConfigError("--follow", f"{url} is no panel of a running `ladewerk simulate`: {reason}") from err
    return Pace(lambda: ScaledLoop(speed, anchor_loop_s=loop_s, anchor_real_s=real_s), origin)


def speed(text: str) -> float:
    """An argument that is a speed."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ArgumentTypeError(f"a speed is a number above 0, not {text!r}")
    return value
