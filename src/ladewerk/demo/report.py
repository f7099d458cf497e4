"""What an evening came to: a table for the terminal, ``session.json`` for a script, a page and pictures for people."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from ladewerk import __version__
from ladewerk.demo.page import Report, Table, write_page
from ladewerk.demo.pictures import draw
from ladewerk.demo.recording import Recording
from ladewerk.demo.scenario import Scenario
from ladewerk.demo.verdict import Verdict


def rows(scenario: Scenario, verdict: Verdict) -> Iterator[tuple[str, str, str]]:
    """(what, how it was, beside what) in words."""
    zone = scenario.start.tzinfo
    ready = "never" if verdict.complete_at is None else f"{verdict.complete_at.astimezone(zone):%H:%M}"
    saved = round(verdict.cost_at_once - verdict.cost, 2) + 0.0  # never minus zero
    yield "energy", f"{verdict.energy_wh / 1000:.2f} kWh", f"asked for {verdict.asked_wh / 1000:.2f} kWh"
    yield "complete", ready, f"asked for {verdict.depart_at.astimezone(zone):%H:%M}"
    yield (
        "cost",
        f"{verdict.cost:.2f} {verdict.currency}",
        f"at once {verdict.cost_at_once:.2f}, saves {saved:.2f} {verdict.currency}",
    )
    yield (
        "peak",
        f"{verdict.peak_w / 1000:.2f} kW",
        f"limit {verdict.limit_w / 1000:.2f} kW, at once {verdict.peak_at_once_w / 1000:.2f} kW",
    )


def write_report(folder: Path, scenario: Scenario, recording: Recording, verdict: Verdict) -> None:
    """Write ``session.json``, ``evening.svg``, ``evening.png`` and ``report.html`` into ``folder``, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "session.json").write_text(json.dumps(session(scenario, recording, verdict), indent=1), encoding="utf-8")
    draw(scenario, recording, folder / "evening.svg", folder / "evening.png")
    write_page(folder / "report.html", _report(scenario, recording, verdict, folder / "evening.svg"))


def session(scenario: Scenario, recording: Recording, verdict: Verdict) -> dict[str, Any]:
    """The evening for a script; times with an offset, ``_w``, ``_wh``, ``_a`` as everywhere."""
    return {
        "ladewerk": __version__,
        "scenario": {**scenario.site(), **scenario.needs(), "seed": scenario.seed, "start": scenario.start.isoformat()},
        "result": {**asdict(verdict), "complete_at": _iso(verdict.complete_at), "depart_at": _iso(verdict.depart_at)},
        "samples": [
            {
                "at": sample.at.isoformat(),
                "set_current_a": sample.offer_a,
                "planned_current_a": recording.planned_current_a(sample.at),
                "power_w": round(sample.ev_power_w, 1),
                "household_w": round(sample.household_w, 1),
                "energy_wh": round(sample.drawn_wh, 2),
                "soc": round(sample.soc, 5),
            }
            for sample in recording.samples
        ],
        "plans": recording.plans,
        "transactions": recording.transactions,
        "frames": recording.frames,
        "log": [asdict(complaint) for complaint in recording.complaints],
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _report(scenario: Scenario, recording: Recording, verdict: Verdict, picture: Path) -> Report:
    plan = recording.plans[0] if recording.plans else None
    return Report(
        title=f"{scenario.energy_wh / 1000:g} kWh by {scenario.depart_at:%H:%M}, {scenario.mode}",
        verdicts=tuple((False, fault) for fault in verdict.faults) or ((True, "Everything went as it has to."),),
        facts=rows(scenario, verdict),
        pictured="House and car, before and after",
        picture=picture,
        table=Table(
            title="The first plan",
            summary=plan["summary"]["en"] if plan else "There was no plan.",
            headings=("from", "car, A", "car, kW", "house, kW", "price per kWh", "why"),
            lines=tuple(_slot(scenario, slot) for slot in plan["slots"]) if plan else (),
        ),
        counts=(
            f"{len(recording.plans)} plans, {len(recording.frames)} OCPP frames, seed {scenario.seed}, "
            f"{len(recording.errors())} errors and {verdict.warnings} warnings in the log"
        ),
    )


def _slot(scenario: Scenario, slot: dict[str, Any]) -> tuple[str, ...]:
    start = datetime.fromisoformat(slot["start_at"]).astimezone(scenario.start.tzinfo)
    powers_w = (slot["power_w"], slot["base_load_w"])
    kilowatts = (f"{power_w / 1000:.2f}" for power_w in powers_w)
    return (f"{start:%H:%M}", f"{slot['current_a']:.1f}", *kilowatts, f"{slot['price_per_kwh']:.2f}", slot["reason"])
