"""What the afternoon at the car park came to: judged, as a table, as ``car-park.json``, as a page and a picture."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

from ladewerk import __version__
from ladewerk.demo.car_park import MOST_A, CarPark
from ladewerk.demo.car_park_picture import draw_afternoon
from ladewerk.demo.car_park_run import Afternoon
from ladewerk.electrical import power_w

_PAGE: Final = Path(__file__).with_name("car_park.html")
_SHORT_WH: Final = 300.0
"""What a car may miss at the end: it draws a little less than it is offered, and a cheap plan ends with the departure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """``faults`` is empty where it went as it has to."""

    asked_wh: float
    drawn_wh: float
    peak_w: float
    may_peak_w: float
    at_once_w: float
    limit_w: float
    plans: int
    faults: tuple[str, ...]


def judge_afternoon(scenario: CarPark, afternoon: Afternoon) -> Judgement:
    """Judge what was recorded."""
    faults = []
    peak_w = max((flow.grid_w for flow in afternoon.flows), default=0.0)
    may_peak_w = max((allowed_w for _, allowed_w in afternoon.allowed), default=0.0)
    for what, most_w in (("carried", peak_w), ("might have carried", may_peak_w)):
        if most_w > scenario.limit_w:
            faults.append(f"the grid connection {what} {most_w:.0f} W, above its limit of {scenario.limit_w:.0f} W")
    for guest in scenario.guests:
        drawn_wh = afternoon.drawn_wh.get(guest.place, 0.0)
        if drawn_wh < guest.energy_wh - _SHORT_WH:
            faults.append(f"{guest.station}: {drawn_wh / 1000:.2f} kWh of {guest.energy_wh / 1000:.2f}")
    faults += [f"error logged by {line}" for line in afternoon.complaints]
    most_w = power_w(MOST_A, phases=3) * len(scenario.guests)
    return Judgement(
        asked_wh=sum(guest.energy_wh for guest in scenario.guests),
        drawn_wh=sum(afternoon.drawn_wh.values()),
        peak_w=peak_w,
        may_peak_w=may_peak_w,
        at_once_w=most_w + max((flow.household_w for flow in afternoon.flows), default=0.0),
        limit_w=scenario.limit_w,
        plans=len(afternoon.plans),
        faults=tuple(faults),
    )


def judged_rows(judgement: Judgement) -> Iterator[tuple[str, str, str]]:
    """(what, how it was, beside what) in words."""
    yield "energy", f"{judgement.drawn_wh / 1000:.1f} kWh", f"asked for {judgement.asked_wh / 1000:.1f} kWh"
    limit = f"limit {judgement.limit_w / 1000:.2f} kW, all at once {judgement.at_once_w / 1000:.1f} kW"
    yield "peak", f"{judgement.peak_w / 1000:.2f} kW", limit
    yield "most that was allowed", f"{judgement.may_peak_w / 1000:.2f} kW", "whatever had been late, lost or cut off"
    yield "plans", str(judgement.plans), "each with its reasons"


def write_afternoon(folder: Path, scenario: CarPark, afternoon: Afternoon, judgement: Judgement) -> None:
    """Write ``car-park.json``, ``car-park.svg``, ``car-park.png`` and ``report.html`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "car-park.json").write_text(json.dumps(_session(scenario, afternoon, judgement), indent=1), encoding="utf-8")
    draw_afternoon(scenario, afternoon, folder / "car-park.svg", folder / "car-park.png")
    (folder / "report.html").write_text(_page(folder, scenario, afternoon, judgement), encoding="utf-8")


def _session(scenario: CarPark, afternoon: Afternoon, judgement: Judgement) -> dict[str, Any]:
    return {
        "ladewerk": __version__,
        "guests": [asdict(guest) for guest in scenario.guests],
        "result": asdict(judgement),
        "happened": [{"at": at.isoformat(), "what": what} for at, what in afternoon.happened],
        "flows": [
            {
                "at": flow.at.isoformat(),
                "household_w": round(flow.household_w, 1),
                "cars_w": [round(car_w, 1) for car_w in flow.cars_w],
            }
            for flow in afternoon.flows
        ],
        "allowed": [{"at": at.isoformat(), "power_w": round(allowed_w, 1)} for at, allowed_w in afternoon.allowed],
        "plans": afternoon.plans,
    }


def _page(folder: Path, scenario: CarPark, afternoon: Afternoon, judgement: Judgement) -> str:
    picture = (folder / "car-park.svg").read_text(encoding="utf-8")
    zone = scenario.start.tzinfo
    told = [(at, escape(what)) for at, what in afternoon.happened]
    told += [
        (datetime.fromisoformat(plan["created_at"]), f"<i>{escape(plan['station_id'])}: {escape(plan['summary']['en'])}</i>")
        for plan in afternoon.plans
    ]
    told.sort(key=lambda line: line[0])
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        title=f"Six cars behind one connection of {scenario.limit_w / 1000:g} kW",
        verdict="Everything went as it has to." if not judgement.faults else escape("; ".join(judgement.faults)),
        state="good" if not judgement.faults else "bad",
        rows="".join(
            f"<tr><th>{escape(what)}<td>{escape(how)}<td>{escape(beside)}" for what, how, beside in judged_rows(judgement)
        ),
        picture=picture[picture.index("<svg") :],
        happened="".join(f"<tr><td>{at.astimezone(zone):%H:%M:%S}<td>{what}" for at, what in told),
        counts=escape(f"seed {scenario.seed}, Ladewerk {__version__}"),
    )
