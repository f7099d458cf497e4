"""The picture of the afternoon at the car park: house and cars under the limit, and how each car filled up."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from ladewerk.demo.car_park import CarPark
from ladewerk.demo.car_park_run import Afternoon, Flow

_COLOURS: Final = ("#2f9e6e", "#1c7ed6", "#e8890c", "#7b5ea7", "#c2255c", "#0b7285")
_HOUSE: Final = "#9fb3c8"
_LIMIT: Final = "#d64545"


def draw_afternoon(scenario: CarPark, afternoon: Afternoon, *files: Path) -> None:
    """Draw it into ``files``; their endings choose the form."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.dates
    from matplotlib import pyplot as plt

    dates: Any = matplotlib.dates  # its classes have no types
    style: Any = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "svg.fonttype": "none"}
    style |= {"svg.hashsalt": "ladewerk"}
    with mpl.rc_context(style):
        figure, (power, energy) = plt.subplots(
            2, 1, sharex=True, figsize=(10, 7.5), height_ratios=(1.4, 1), layout="constrained"
        )
        _stack(power, scenario, afternoon)
        _filled(energy, scenario, afternoon.flows)
        for axes in (power, energy):
            axes.axvspan(scenario.at(scenario.cut_min), scenario.at(scenario.back_min), color="#00000012", linewidth=0)
        middle = scenario.at((scenario.cut_min + scenario.back_min) / 2)
        power.text(
            middle, 0.86, f"{scenario.cut_off} cut off", transform=power.get_xaxis_transform(), ha="center", fontsize=9
        )
        energy.xaxis.set_major_formatter(dates.DateFormatter("%H:%M", tz=scenario.start.tzinfo))
        for file in files:
            figure.savefig(file, dpi=110, metadata={"Date": None} if file.suffix == ".svg" else None)
        plt.close(figure)


def _stack(axes: Any, scenario: CarPark, afternoon: Afternoon) -> None:
    flows = afternoon.flows
    times = [flow.at for flow in flows]
    low = [flow.household_w / 1000 for flow in flows]
    axes.fill_between(times, low, step="post", color=_HOUSE, linewidth=0, label="house")
    for number, guest in enumerate(scenario.guests):
        high = [below + flow.cars_w[number] / 1000 for below, flow in zip(low, flows, strict=True)]
        axes.fill_between(times, low, high, step="post", color=_COLOURS[number], linewidth=0, label=guest.station)
        low = high
    moments, allowed_kw = [at for at, _ in afternoon.allowed], [allowed_w / 1000 for _, allowed_w in afternoon.allowed]
    axes.step(moments, allowed_kw, where="post", color="#1c2733", linewidth=0.7, label="could be drawn at most")
    axes.axhline(scenario.limit_w / 1000, color=_LIMIT, linewidth=1.2, linestyle="--", label="grid limit")
    axes.set_ylim(0, scenario.limit_w / 1000 * 1.25)
    axes.set_ylabel("kW")
    axes.margins(x=0)
    axes.set_title("House and cars", loc="left", fontweight="bold")
    axes.legend(loc="upper center", ncols=9, frameon=False, fontsize=8)


def _filled(axes: Any, scenario: CarPark, flows: Sequence[Flow]) -> None:
    times = [flow.at for flow in flows]
    for number, guest in enumerate(scenario.guests):
        total = [0.0]
        for flow, following in pairwise(flows):
            total.append(total[-1] + flow.cars_w[number] * (following.at - flow.at).total_seconds() / 3_600_000)
        axes.plot(times, total, color=_COLOURS[number], linewidth=1.8)
        leaves_at = scenario.at(guest.comes_min + guest.stays_min)
        axes.plot([leaves_at], [guest.energy_wh / 1000], marker="o", color=_COLOURS[number])
    axes.set_title("Energy in each car; a dot is what it was to have, and when", loc="left", fontweight="bold")
    axes.set_ylabel("kWh")
    axes.set_ylim(bottom=0)
