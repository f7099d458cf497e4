"""Random sets of charging profiles, and whether both ways of working out their limits agree on them.

``make conformance ARGS=1000000`` looks at a million; a number behind it is the first seed. Each set is a request for
``ladewerk composite``: half of them have a short window that is compared second by second, half a long one that is compared
where the answer changes, one second before, and at random.
"""

import json
import random
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from ladewerk.charging.request import question_from_json
from tests.charging.per_second import Answers, Json

ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu")
ANCHORS = tuple(
    datetime.fromisoformat(text)
    for text in (
        "2024-01-17T18:00:00+00:00",
        "2023-12-31T23:59:30+00:00",  # the year ends, in UTC and on the wall
        "2023-12-31T22:59:30+00:00",
        "2024-02-28T23:59:40+00:00",  # a leap day
        "2024-03-31T00:59:40+00:00",  # Berlin: an hour less
        "2024-10-27T00:59:40+00:00",  # Berlin: an hour more, begins
        "2024-10-27T01:59:40+00:00",  # and ends
        "2024-03-10T05:29:40+00:00",  # St. John's
        "2024-11-03T04:29:40+00:00",
        "2024-10-05T15:29:40+00:00",  # Lord Howe moves by half an hour
        "2024-04-06T14:59:40+00:00",
    )
)
HORIZON_S = 12 * 86400


def random_request(seed: int) -> Json:
    """The set with this number."""
    draw = random.Random(seed)
    anchor = draw.choice(ANCHORS)
    now = anchor + timedelta(seconds=draw.randint(-40, 40), milliseconds=draw.choice((0, 0, 0, 250, 500)))
    short = seed % 2 == 0
    evses = draw.choice((1, 1, 2, 3))
    request: Json = {
        "now": _text(now),
        "version": "2.1",
        "evse_id": draw.randint(0, evses),
        "duration_s": draw.randint(0, 90) if short else draw.randint(90, HORIZON_S),
        "unit": draw.choice(("A", "W")),
        "station": {
            "evses": evses,
            "max_current_a": draw.choice((16, 32, 22.5)),
            "voltage_v": draw.choice((230, 120)),
            "phases": draw.choice((1, 3, 3)),
            "time_zone": draw.choice(ZONES),
        },
        "transactions": [_transaction(draw, evse_id, now) for evse_id in range(1, evses + 1) if draw.random() < 0.6],
        "profiles": [],
    }
    if draw.random() < 0.2:
        request["offline_s"] = draw.choice((0, 60, 600))
    running = [one["evse_id"] for one in request["transactions"]]
    taken: set[tuple[Any, ...]] = set()
    for number in range(draw.randint(0, 7)):
        entry = _entry(draw, number, anchor, evses, running, short=short)
        place = _place(entry)
        if place not in taken:
            taken.add(place)
            request["profiles"].append(entry)
    return request


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _transaction(draw: random.Random, evse_id: int, now: datetime) -> Json:
    start = now - timedelta(seconds=draw.choice((0, 7, 20, 45, 3600)))
    found: Json = {"evse_id": evse_id, "transaction_id": f"t-{evse_id}", "start": _text(start)}
    if draw.random() < 0.3:
        found["soc"] = draw.choice((20, 80, 95))
    if draw.random() < 0.3:
        found["priority"] = True
    return found


_PURPOSES = (
    *("TxDefaultProfile", "TxDefaultProfile", "TxProfile", "TxProfile", "ChargingStationMaxProfile"),
    *("ChargingStationExternalConstraints", "PriorityCharging", "LocalGeneration"),
)


def _place(entry: Json) -> tuple[Any, ...]:
    """No two may stand here (K01.FR.06, K01.FR.39, K01.FR.52)."""
    purpose = entry["profile"]["chargingProfilePurpose"]
    shared = purpose in ("TxDefaultProfile", "PriorityCharging")
    return (purpose, entry["profile"]["stackLevel"], None if shared else entry["evse_id"])


def _entry(draw: random.Random, number: int, anchor: datetime, evses: int, running: list[int], *, short: bool) -> Json:
    purpose = draw.choice(_PURPOSES)
    if purpose == "TxProfile" and not running:
        purpose = "TxDefaultProfile"
    if purpose == "TxProfile":
        evse_id = draw.choice(running)
    else:
        evse_id = 0 if purpose == "ChargingStationMaxProfile" else draw.randint(0, evses)
    kinds = ["Absolute", "Recurring", "Relative", "Dynamic"]
    kind = draw.choice(kinds[:2] if purpose == "ChargingStationMaxProfile" else kinds)
    profile: Json = {
        "id": number + 1,
        "stackLevel": draw.randint(0, 3),
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": [_schedule(draw, kind, purpose, anchor, short=short)],
    }
    if kind == "Recurring":
        profile["recurrencyKind"] = draw.choice(("Daily", "Weekly"))
    if purpose == "TxProfile":
        profile["transactionId"] = f"t-{evse_id}"
    if kind == "Dynamic" and draw.random() < 0.7:
        profile["dynUpdateTime"] = _text(anchor + timedelta(seconds=draw.randint(-60, 60)))
    for name, before in (("validFrom", -1), ("validTo", 1)):
        if draw.random() < 0.25:
            profile[name] = _text(anchor + timedelta(seconds=before * draw.choice((5, 30, 3600)) + draw.randint(-20, 20)))
    if draw.random() < 0.2:
        profile["maxOfflineDuration"] = draw.choice((0, 60, 300))
    return {"evse_id": evse_id, "profile": profile}


def _schedule(draw: random.Random, kind: str, purpose: str, anchor: datetime, *, short: bool) -> Json:
    unit = draw.choice(("A", "W"))
    step_s = draw.choice((7, 20)) if short else draw.choice((20, 1800, 30000))
    starts = [0]
    if kind != "Dynamic":
        for _ in range(draw.randint(0, 4)):
            starts.append(starts[-1] + draw.randint(1, step_s))
    schedule: Json = {
        "id": 1,
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [_period(draw, start_s, unit) for start_s in starts],
    }
    if kind in ("Absolute", "Recurring"):
        away = timedelta(seconds=draw.randint(-60, 60), days=draw.choice((0, 0, -1, -7, 3, -200)))
        schedule["startSchedule"] = _text(anchor.astimezone(UTC) + away)
        if draw.random() < 0.3:
            schedule["useLocalTime"] = True
            schedule["startSchedule"] = _text(anchor + away + timedelta(hours=draw.choice((-3, 0, 1, 2, 10))))
    if draw.random() < 0.5 and purpose != "PriorityCharging":
        schedule["duration"] = draw.choice((0, 5, 30, starts[-1] + 1, 3600, 86400, 100_000))
    if draw.random() < 0.15:
        schedule["limitAtSoC"] = {"soc": 80, "limit": draw.choice((6, 1000))}
    return schedule


def _period(draw: random.Random, start_s: int, unit: str) -> Json:
    limits = (0, 6, 10, 16, 16, 24, 32) if unit == "A" else (0, 1380, 2300, 4140, 11040, 11040, 22000)
    period: Json = {"startPeriod": start_s, "limit": draw.choice(limits)}
    if draw.random() < 0.5:
        period["numberPhases"] = draw.choice((1, 1, 2, 3))
    if period.get("numberPhases", 3) == 3 and draw.random() < 0.08:
        period["limit_L2"] = draw.choice(limits)
        if draw.random() < 0.5:
            period["limit_L3"] = draw.choice(limits)
    return period


def disagreement(seed: int) -> str | None:
    """Where the two do not say the same about a set; None where they do."""
    request = random_request(seed)
    question = question_from_json(json.dumps(request).encode())
    limits = question.limits()
    starts = [start_s for start_s, _ in limits]
    if starts[0] != 0 or any(a >= b for a, b in pairwise(starts)):
        return f"seed {seed}: starts {starts}"
    if any(a[1] == b[1] for a, b in pairwise(limits)):
        return f"seed {seed}: neighbours alike"
    answers = Answers(request)
    for second in _seconds(seed, request["duration_s"], starts):
        found = next(limit for start_s, limit in reversed(limits) if start_s <= second)
        phases, wanted = answers.at(answers.now_ms + 1000 * second)
        same = len(found.limit) == len(wanted) and all(abs(a - b) <= 2e-6 for a, b in zip(found.limit, wanted, strict=False))
        if found.phases != phases or not same:
            return f"seed {seed}, second {second}: {found.limit} on {found.phases}, by the rules {wanted} on {phases}"
    return None


def _seconds(seed: int, duration_s: int, starts: list[int]) -> list[int]:
    if duration_s <= 90:
        return list(range(max(1, duration_s)))
    draw = random.Random(-seed)
    changes = draw.sample(starts, min(15, len(starts)))
    near = [second for start_s in changes for second in (start_s - 1, start_s) if 0 <= second < duration_s]
    return sorted({0, duration_s - 1, *near, *(draw.randrange(duration_s) for _ in range(15))})


def main(arguments: list[str]) -> int:
    """Compare as many sets as the first argument says; exit 1 at the first that differs."""
    count = int(arguments[0]) if arguments else 1000
    begin = int(arguments[1]) if len(arguments) > 1 else 0
    for done, seed in enumerate(range(begin, begin + count), 1):
        wrong = disagreement(seed)
        if wrong is not None:
            sys.stdout.write(f"{wrong}\n{json.dumps(random_request(seed))}\n")
            return 1
        if done % 10_000 == 0:
            sys.stdout.write(f"{done} sets agree\n")
            sys.stdout.flush()
    sys.stdout.write(f"{count} random sets of profiles agree with the rules looked up second by second\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
