"""What the afternoon at the car park came to: judged, as a table, as ``car-park.json``, as a page and a picture."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from ladewerk import __version__
from ladewerk.demo.car_park import MOST_A, CarPark
from ladewerk.demo.car_park_picture import draw_afternoon
from ladewerk.demo.car_park_recording import Afternoon, Flow, held_back, made_at, together
from ladewerk.demo.page import Report, Table, write_page
from ladewerk.electrical import power_w

_ENOUGH: Final = 0.95
"""Of what it asked for: a car draws a little less than it is offered, and who is cut off is told so by nobody."""

_TOLD_A: Final = 0.5
"""A plan that changes what a car gets at once by less than this is none to be told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that has to be, whether it was, and by what that is seen."""

    what: str
    passed: bool
    how: str

    def __str__(self) -> str:
        return f"{'PASS' if self.passed else 'FAIL'}: {self.what}: {self.how}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """``at_once`` is what would have been had each car drawn all it can from the moment it came."""

    asked_wh: float
    drawn_wh: float
    peak_w: float
    may_peak_w: float
    peak_at_once_w: float
    over_at_once_min: float
    held_back_min: float
    limit_w: float
    plans: int
    checks: tuple[Check, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """What was not as it has to be."""
        return tuple(str(check) for check in self.checks if not check.passed)


def judge_afternoon(scenario: CarPark, afternoon: Afternoon) -> Judgement:
    """Judge what was recorded."""
    flows = list(afternoon.flows())
    may_peak_w = max((allowed_w for _, allowed_w in afternoon.allowed), default=0.0)
    at_once_w = list(_at_once_w(scenario, flows))
    return Judgement(
        asked_wh=sum(guest.energy_wh for guest in scenario.guests),
        drawn_wh=sum(visit.drawn_wh for visit in afternoon.visits),
        peak_w=max((flow.grid_w for flow in flows), default=0.0),
        may_peak_w=may_peak_w,
        peak_at_once_w=max(at_once_w, default=0.0),
        over_at_once_min=float(sum(power > scenario.limit_w for power in at_once_w)),
        held_back_min=together(held_back(afternoon)),
        limit_w=scenario.limit_w,
        plans=len(afternoon.plans),
        checks=tuple(_checks(scenario, afternoon, flows, may_peak_w)),
    )


def _checks(scenario: CarPark, afternoon: Afternoon, flows: list[Flow], may_peak_w: float) -> Iterator[Check]:
    zone = scenario.start.tzinfo
    peak = max(flows, key=lambda flow: flow.grid_w, default=None)
    how = "nothing was recorded"
    if peak is not None:
        how = (
            f"house and cars drew {peak.grid_w / 1000:.2f} of {scenario.limit_w / 1000:.2f} kW at most, "
            f"at {peak.at.astimezone(zone):%H:%M}, summed up after each of {len(flows)} changes "
            "from what the simulated cars themselves drew"
        )
    yield Check(what="the limit held", passed=peak is not None and peak.grid_w <= scenario.limit_w, how=how)
    yield Check(
        what="what was allowed stayed below it, too",
        passed=0 < may_peak_w <= scenario.limit_w,
        how=f"{may_peak_w / 1000:.2f} kW at most, as the CSMS counts, with the station that was cut off in it",
    )
    short = [
        f"{visit.guest.station} {visit.drawn_wh / 1000:.2f} of {visit.guest.energy_wh / 1000:.2f} kWh"
        for visit in afternoon.visits
        if visit.drawn_wh < _ENOUGH * visit.guest.energy_wh
    ]
    missing = len(scenario.guests) - len(afternoon.visits)
    yield Check(
        what=f"every car left with at least {_ENOUGH:.0%} of what it asked for",
        passed=not short and not missing,
        how="; ".join(short) or f"{len(afternoon.visits)} of {len(scenario.guests)} cars",
    )
    away = afternoon.away()
    how = "it was never away, or not seen again"
    if away is not None:
        gone, back = (at.astimezone(zone) for at in away)
        how = f"out of reach from {gone:%H:%M:%S} to {back:%H:%M:%S}"
    anew = away is not None and any(
        plan["station_id"] == scenario.cut_off and made_at(plan) >= away[1] for plan in afternoon.plans
    )
    yield Check(what=f"{scenario.cut_off} dropped off, came back and got a plan", passed=anew, how=how)
    yield Check(
        what="no error was logged", passed=not afternoon.complaints, how="; ".join(afternoon.complaints) or "by any program"
    )


def _at_once_w(scenario: CarPark, flows: list[Flow]) -> Iterator[float]:
    """By the minute: the house as it was, and each car at all it can draw from the moment it comes."""
    full_w = power_w(MOST_A, phases=3)
    following, household_w = iter(flows), 0.0
    upcoming = next(following, None)
    for minute in range(scenario.lasts_min):
        while upcoming is not None and upcoming.at <= scenario.at(minute):
            household_w, upcoming = upcoming.household_w, next(following, None)
        charging = sum(0 <= minute - guest.comes_min < guest.energy_wh / full_w * 60 for guest in scenario.guests)
        yield household_w + charging * full_w


def judged_rows(judgement: Judgement) -> Iterator[tuple[str, str, str]]:
    """(what, how it was, beside what) in words."""
    at_once = f"charging at once {judgement.peak_at_once_w / 1000:.2f} kW"
    yield "energy", f"{judgement.drawn_wh / 1000:.1f} kWh", f"asked for {judgement.asked_wh / 1000:.1f} kWh"
    yield "peak", f"{judgement.peak_w / 1000:.2f} kW", f"limit {judgement.limit_w / 1000:.2f} kW, {at_once}"
    yield (
        "over the limit",
        "never" if judgement.peak_w <= judgement.limit_w else "yes",
        (f"charging at once {judgement.over_at_once_min:.0f} min"),
    )
    yield "a car was held back", f"{judgement.held_back_min:.0f} min", "by the limit, as the plans say"
    yield "plans", str(judgement.plans), "each with its reasons"


def write_afternoon(folder: Path, scenario: CarPark, afternoon: Afternoon, judgement: Judgement) -> None:
    """Write ``car-park.json``, ``car-park.svg``, ``car-park.png`` and ``report.html`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "car-park.json").write_text(json.dumps(_session(scenario, afternoon, judgement), indent=1), encoding="utf-8")
    draw_afternoon(scenario, afternoon, folder / "car-park.svg", folder / "car-park.png")
    told = sorted([*_told_happenings(afternoon), *_told_plans(scenario, afternoon)], key=lambda line: line[0])
    write_page(
        folder / "report.html",
        Report(
            title=f"{len(scenario.stations)} stations behind one connection of {scenario.limit_w / 1000:g} kW",
            verdicts=tuple((check.passed, str(check)) for check in judgement.checks),
            facts=judged_rows(judgement),
            pictured="What flowed",
            picture=folder / "car-park.svg",
            table=Table(
                title="What happened, and what was planned why",
                summary=(
                    "Every car is planned anew whenever another comes, ends or draws other than planned. "
                    "Here are the plans that changed what a car got from then on; "
                    f"all {judgement.plans} are in car-park.json."
                ),
                headings=("at", "station", "what", "gets", "why"),
                lines=tuple((f"{at.astimezone(scenario.start.tzinfo):%H:%M:%S}", *line) for at, *line in told),
            ),
            counts=f"seed {scenario.seed}",
        ),
    )


def _told_happenings(afternoon: Afternoon) -> Iterator[tuple[Any, ...]]:
    for one in afternoon.happened:
        yield one.at, one.station, one.what, "", ""


def _told_plans(scenario: CarPark, afternoon: Afternoon) -> Iterator[tuple[Any, ...]]:
    """Those plans that change what a car gets; none for a station that cannot be reached, which it never got."""
    away = afternoon.away()
    last: dict[str, dict[str, Any]] = {}
    for plan in afternoon.plans:
        at, station = made_at(plan), plan["station_id"]
        if station == scenario.cut_off and away is not None and away[0] <= at < away[1]:
            continue
        before = last.get(plan["transaction_id"])
        now_a, was_a = _current_a(plan, at), None if before is None else _current_a(before, at)
        last[plan["transaction_id"]] = plan
        if was_a is not None and abs(now_a - was_a) < _TOLD_A:
            continue
        gets = f"{now_a:.1f} A" if was_a is None else f"{now_a:.1f} A instead of {was_a:.1f}"
        yield at, station, plan["summary"]["en"], gets, _reason(plan, at)


def _slot_at(plan: dict[str, Any], at: datetime) -> dict[str, Any] | None:
    for slot in plan["slots"]:
        start = datetime.fromisoformat(slot["start_at"])
        if start <= at < start + timedelta(seconds=slot["duration_s"]):
            found: dict[str, Any] = slot
            return found
    return None


def _current_a(plan: dict[str, Any], at: datetime) -> float:
    slot = _slot_at(plan, at)
    return 0.0 if slot is None else float(slot["current_a"])


def _reason(plan: dict[str, Any], at: datetime) -> str:
    slot = _slot_at(plan, at)
    return "" if slot is None else str(slot["reason"])


def _session(scenario: CarPark, afternoon: Afternoon, judgement: Judgement) -> dict[str, Any]:
    return {
        "ladewerk": __version__,
        "guests": [asdict(guest) for guest in scenario.guests],
        "result": {**asdict(judgement), "passed": not judgement.faults},
        "visits": [
            {
                "station": visit.guest.station,
                "came_at": visit.came_at.isoformat(),
                "left_at": visit.left_at.isoformat(),
                "asked_wh": visit.guest.energy_wh,
                "drawn_wh": round(visit.drawn_wh, 1),
            }
            for visit in afternoon.visits
        ],
        "happened": [{"at": one.at.isoformat(), "station": one.station, "what": one.what} for one in afternoon.happened],
        "connected": [{"at": at.isoformat(), "connected": here} for at, here in afternoon.connected],
        "flows": [
            {
                "at": flow.at.isoformat(),
                "household_w": round(flow.household_w, 1),
                "cars_w": {station: round(car_w, 1) for station, car_w in flow.cars_w.items()},
            }
            for flow in afternoon.flows()
        ],
        "allowed": [{"at": at.isoformat(), "power_w": round(allowed_w, 1)} for at, allowed_w in afternoon.allowed],
        "plans": afternoon.plans,
    }
