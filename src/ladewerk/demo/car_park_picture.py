"""The picture of the afternoon at the car park: house and cars under the limit, and who was where and got what."""

from itertools import groupby
from pathlib import Path
from typing import Any, Final

from ladewerk.demo.car_park import MOST_A, CarPark
from ladewerk.demo.car_park_recording import Afternoon, Flow, held_back
from ladewerk.electrical import power_w

_COLOURS: Final = ("#2f9e6e", "#1c7ed6", "#e8890c", "#7b5ea7", "#c2255c", "#0b7285")
_HOUSE: Final = "#9fb3c8"
_HERE: Final = "#e8edf2"
_LIMIT: Final = "#d64545"
_INK: Final = "#1c2733"
_LANE: Final = 0.68
"""How much of its lane the full power of a car fills."""


def draw_afternoon(scenario: CarPark, afternoon: Afternoon, *files: Path) -> None:
    """Draw it into ``files``; their endings choose the form."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.dates
    from matplotlib import pyplot as plt

    dates: Any = matplotlib.dates  # its classes have no types
    style: Any = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "svg.fonttype": "none"}
    style |= {"svg.hashsalt": "ladewerk", "text.color": _INK}
    flows = list(afternoon.flows())
    with mpl.rc_context(style):
        figure, (power, places) = plt.subplots(
            2, 1, sharex=True, figsize=(10, 8.5), height_ratios=(1.2, 1), layout="constrained"
        )
        _stack(power, scenario, afternoon, flows)
        _lanes(places, scenario, afternoon, flows)
        places.xaxis.set_major_formatter(dates.DateFormatter("%H:%M", tz=scenario.start.tzinfo))
        for file in files:
            figure.savefig(file, dpi=110, metadata={"Date": None} if file.suffix == ".svg" else None)
        plt.close(figure)


def _stack(axes: Any, scenario: CarPark, afternoon: Afternoon, flows: list[Flow]) -> None:
    times = [flow.at for flow in flows]
    low = [flow.household_w / 1000 for flow in flows]
    axes.fill_between(times, low, step="post", color=_HOUSE, linewidth=0, label="house")
    for station, colour in zip(scenario.stations, _COLOURS, strict=False):
        high = [below + flow.cars_w.get(station, 0.0) / 1000 for below, flow in zip(low, flows, strict=True)]
        axes.fill_between(times, low, high, step="post", color=colour, linewidth=0, label=station)
        low = high
    moments, allowed_kw = [at for at, _ in afternoon.allowed], [allowed_w / 1000 for _, allowed_w in afternoon.allowed]
    axes.step(moments, allowed_kw, where="post", color=_INK, linewidth=0.7, label="allowed at most")
    axes.axhline(scenario.limit_w / 1000, color=_LIMIT, linewidth=1.2, linestyle="--", label="limit")
    axes.set_ylim(0, scenario.limit_w / 1000 * 1.2)
    axes.set_ylabel("kW")
    axes.margins(x=0)
    axes.set_title("House and cars, one on the other", loc="left", fontweight="bold")
    axes.legend(loc="upper center", ncols=9, frameon=False, fontsize=8)


def _lanes(axes: Any, scenario: CarPark, afternoon: Afternoon, flows: list[Flow]) -> None:
    times, full_w = [flow.at for flow in flows], power_w(MOST_A, phases=3)
    lane_of = {station: len(scenario.stations) - 1 - number for number, station in enumerate(scenario.stations)}
    for visit in afternoon.visits:
        lane = lane_of[visit.guest.station]
        axes.fill_between([visit.came_at, visit.left_at], lane, lane + _LANE, color=_HERE, linewidth=0)
        had = f"{visit.drawn_wh / 1000:.1f} of {visit.guest.energy_wh / 1000:g} kWh, {visit.guest.mode}"
        axes.text(visit.came_at, lane + _LANE + 0.02, had, va="bottom", fontsize=7, color=_INK)
    for station, colour in zip(scenario.stations, _COLOURS, strict=False):
        base = lane_of[station]
        high = [base + _LANE * flow.cars_w.get(station, 0.0) / full_w for flow in flows]
        axes.fill_between(times, base, high, step="post", color=colour, linewidth=0)
    for station, spells in groupby(held_back(afternoon), key=lambda spell: spell.station):
        for spell in spells:
            axes.plot([spell.start, spell.end], [lane_of[station] - 0.06] * 2, color=_LIMIT, linewidth=2.5)
    if (away := afternoon.away()) is not None:
        lane = lane_of[scenario.cut_off]
        axes.fill_between(away, lane, lane + _LANE, facecolor="none", edgecolor=_INK, hatch="///", linewidth=0.6)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        axes.text(away[0] + (away[1] - away[0]) / 2, lane + _LANE / 2, "cut off", ha="center", va="center", bbox=box)
    axes.set_yticks([lane + _LANE / 2 for lane in lane_of.values()], lane_of)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_title(
        "Who was there (light) and what was drawn (dark); red: held back by the limit", loc="left", fontweight="bold"
    )
