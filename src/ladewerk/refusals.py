"""What was turned away, and why: counted for the operator, logged once for each burst of it."""

import logging
from collections import Counter, OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from ladewerk.clock import Clock

_log = logging.getLogger(__name__)

BURST_ENDS_AFTER_S: Final = 60.0
"""What comes again sooner belongs to the same burst."""

MOST_LINES: Final = 20
"""Lines in the log about one reason within a minute, from however many addresses; what is beyond is counted alone."""

_MOST_BURSTS: Final = 1000


class Why(StrEnum):
    """Every reason there is: labels of a counter must not grow with what attackers think of."""

    CROWDED = "crowded"
    """More connections than there is room for, of one address or in all."""
    SLOW = "slow"
    """A handshake or request that did not end in time."""
    NO_REQUEST = "no_request"
    """What was sent is none of HTTP, or says its length in two ways."""
    TOO_LARGE = "too_large"
    UNKNOWN_STATION = "unknown_station"
    """Nobody knows it, or its path is no identity at all."""
    WRONG_CREDENTIALS = "wrong_credentials"
    """Of a station: its password, its certificate, or that it shows none."""
    TOO_MANY_TRIES = "too_many_tries"
    WRONG_PASSWORD = "wrong_password"
    """Of a user, or a code or key that is none."""
    FOREIGN_ORIGIN = "foreign_origin"
    FOREIGN_HOST = "foreign_host"
    NOT_LOGGED_IN = "not_logged_in"
    FOREIGN_TRANSACTION = "foreign_transaction"
    """A station spoke of one that runs at another; it is kept as its own."""
    BAD_FRAMES = "bad_frames"
    """A station sent what is no message, or more than one may be, until it was put out."""
    UPLOAD_ADDRESS = "upload_address"
    """A station was to be sent to an address inside, or to one that can be read in two ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """The same thing again and again from one address.

    The newest burst of it ``began_at`` and had so many ``times``; with those before it is ``in_all`` since ``first_at``.
    ``number`` is that of the last of all refusals that belongs to it.
    """

    number: int
    why: Why
    remote: str
    what: str
    first_at: datetime
    began_at: datetime
    last_at: datetime
    times: int
    in_all: int


class Refusals:
    """``counts`` is by reason, ``since`` the start; of bursts the newest are remembered."""

    def __init__(self, clock: Clock) -> None:
        self.since: datetime = clock.now()
        self._clock = clock
        self._counts: Counter[Why] = Counter()
        self._bursts: OrderedDict[tuple[Why, str, str], tuple[Burst, float]] = OrderedDict()
        self._lines: dict[Why, deque[float]] = {}

    @property
    def counts(self) -> Mapping[Why, int]:
        """How often, by reason."""
        return self._counts

    @property
    def bursts(self) -> list[Burst]:
        """The newest, newest first."""
        return [burst for burst, _ in reversed(self._bursts.values())]

    def note(self, why: Why, remote: str, what: str) -> None:
        """Something was turned away that came from ``remote``; ``what`` is one line for people, without secrets."""
        self._counts[why] += 1
        now, now_s = self._clock.now(), self._clock.monotonic()
        known = self._bursts.pop((why, remote, what), None)
        before = None if known is None else known[0]
        goes_on = known is not None and now_s - known[1] < BURST_ENDS_AFTER_S
        burst = Burst(
            number=self._counts.total(),
            why=why,
            remote=remote,
            what=what,
            first_at=now if before is None else before.first_at,
            began_at=before.began_at if before is not None and goes_on else now,
            last_at=now,
            times=before.times + 1 if before is not None and goes_on else 1,
            in_all=1 if before is None else before.in_all + 1,
        )
        if not goes_on:
            self._say(burst, 0 if before is None else before.times, now_s)
        self._bursts[why, remote, what] = (burst, now_s)
        while len(self._bursts) > _MOST_BURSTS:
            self._bursts.popitem(last=False)

    def _say(self, burst: Burst, before: int, now_s: float) -> None:
        lines = self._lines.setdefault(burst.why, deque(maxlen=MOST_LINES))
        if len(lines) == MOST_LINES and now_s - lines[0] < BURST_ENDS_AFTER_S:
            return
        lines.append(now_s)
        last = f" (the last time {before} in a row)" if before > 1 else ""
        _log.warning(
            "refused (%s): %s, from %s; %d so far%s", burst.why, burst.what, burst.remote, self._counts[burst.why], last
        )
