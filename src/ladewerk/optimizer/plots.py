"""Pictures of a plan: the site without and with it under the grid limit, the price, each car's current and progress.

matplotlib is needed for this module alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ladewerk.electrical import energy_wh
from ladewerk.optimizer.bounds import Taken, rooms
from ladewerk.optimizer.problem import Need, Plan, Problem
from ladewerk.optimizer.single import at_once

BASE: Final = "#b8c0cc"
LIMIT: Final = "#c0392b"
PRICE: Final = "#6b5b95"
SOLAR: Final = "#e0b000"
CARS: Final = ("#1f77b4", "#2ca02c", "#ff7f0e", "#17a2b8", "#8c564b", "#e377c2")
STYLE: Final[Any] = {
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.grid": True,
    "grid.color": "#e6e8ec",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlesize": 10.5,
    "legend.frameon": False,
    "svg.hashsalt": "ladewerk",
}


def plan_figure(problem: Problem, plan: Plan, files: Sequence[Path]) -> None:
    """Draw ``plan`` into each of ``files``, by its ending: .svg, .png. Raises OSError where one cannot be written."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 10), layout="constrained")
        before, after, progress = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 2))
        hurried = {need.id: _hurried_w(problem, need) for need in problem.evs}
        _draw_site(before, problem, hurried, "Charging at once, without a plan")
        planned = {ev.id: ev.power_w for ev in plan.evs}
        saved = sum(ev.cost_if_at_once - ev.cost for ev in plan.evs)
        _draw_site(after, problem, planned, f"With the plan: saves {saved:.2f} {problem.currency}")
        # Room above everything for the legends.
        top = 1.12 * max(before.get_ylim()[1], after.get_ylim()[1])
        before.set_ylim(0, top)
        after.set_ylim(0, top)
        _draw_progress(progress, problem, plan)
        progress.set_xlim(_edges(problem)[0], _edges(problem)[-1])
        _date_axis(progress, problem.slot_starts())
        for path in files:
            figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)


def _hurried_w(problem: Problem, need: Need) -> tuple[float, ...]:
    """Power of a car that takes all it can from its arrival on, whatever the grid stands."""
    unlimited = replace(problem, site=replace(problem.site, limit_w=None, phase_limit_a=None))
    found = rooms(unlimited, need, Taken.nothing(len(problem.slot_s)))
    return tuple(need.power_w(amps) for amps in at_once(need, found))


def _draw_site(axes: Axes, problem: Problem, cars: dict[str, tuple[float, ...]], title: str) -> None:
    """Base load and cars stacked, under the limit, with the price on an axis of its own."""
    edges = _edges(problem)
    level = [0.0] * len(problem.slot_s)
    layers = [("base load", BASE, problem.site.base_load_w)]
    layers += [(name, CARS[index % len(CARS)], power_w) for index, (name, power_w) in enumerate(cars.items())]
    for name, colour, power_w in layers:
        if power_w is None:
            continue
        raised = [low + watts / 1000 for low, watts in zip(level, power_w, strict=True)]
        axes.stairs(raised, edges, baseline=level, fill=True, color=colour, alpha=0.9, label=name, linewidth=0)
        level = raised
    if problem.site.pv_w is not None:
        pv_kw = [watts / 1000 for watts in problem.site.pv_w]
        axes.stairs(pv_kw, edges, baseline=None, color=SOLAR, linewidth=1.6, label="PV")
    if problem.site.limit_w is not None:
        limit_kw = [watts / 1000 for watts in problem.site.limit_w]
        axes.stairs(limit_kw, edges, baseline=None, color=LIMIT, linewidth=1.6, linestyle="--", label="grid limit")
    axes.set_title(title)
    axes.set_ylabel("power, kW")
    axes.set_ylim(bottom=0)
    price = axes.twinx()
    price.stairs(list(problem.price_per_kwh), edges, baseline=None, color=PRICE, linewidth=1.3, label="price")
    price.set_ylabel(f"price, {problem.currency}/kWh", color=PRICE)
    price.tick_params(axis="y", colors=PRICE)
    price.set_ylim(min(0.0, 1.3 * min(problem.price_per_kwh)), 1.3 * max(*problem.price_per_kwh, 0.01))
    price.grid(visible=False)
    handles, labels = axes.get_legend_handles_labels()
    more, more_labels = price.get_legend_handles_labels()
    axes.legend(handles + more, labels + more_labels, loc="upper right", ncols=5, fontsize=8.5)


def _draw_progress(axes: Axes, problem: Problem, plan: Plan) -> None:
    """Energy reached over time, in percent of what was asked for, and the current."""
    edges = _edges(problem)
    current = axes.twinx()
    for index, ev in enumerate(plan.evs):
        colour = CARS[index % len(CARS)]
        reached = [0.0]
        for watts, length_s in zip(ev.power_w, problem.slot_s, strict=True):
            reached.append(reached[-1] + energy_wh(watts, length_s))
        wanted_wh = problem.need(ev.id).energy_wh or 1.0
        axes.plot(edges, [100 * wh / wanted_wh for wh in reached], color=colour, linewidth=2.0, label=f"{ev.id}, energy")
        current.stairs(
            list(ev.current_a), edges, baseline=None, color=colour, linewidth=1.1, linestyle=":", label=f"{ev.id}, current"
        )
    axes.set_title("Progress and current")
    axes.set_ylabel("energy, % of the need")
    axes.set_ylim(0, 108)
    current.set_ylabel("current, A per phase")
    current.set_ylim(0, 1.15 * max(need.max_current_a for need in problem.evs))
    current.grid(visible=False)
    handles, labels = axes.get_legend_handles_labels()
    more, more_labels = current.get_legend_handles_labels()
    axes.legend(handles + more, labels + more_labels, loc="lower right", ncols=2, fontsize=8.5)


def _edges(problem: Problem) -> list[float]:
    """Borders of the slots on matplotlib's axis of time."""
    return [float(dates.date2num(moment)) for moment in problem.slot_starts()]  # type: ignore[no-untyped-call]


def _date_axis(axes: Axes, moments: Sequence[datetime]) -> None:
    zone = moments[0].tzinfo
    locator = dates.AutoDateLocator(tz=zone, minticks=5, maxticks=12)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=zone))  # type: ignore[no-untyped-call]
