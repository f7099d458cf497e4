"""The picture of an evening: what would have been without a plan, what was, and how the car filled up."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ladewerk.demo.recording import Recording
from ladewerk.demo.scenario import Scenario
from ladewerk.demo.verdict import charging_at_once

_HOUSE: Final = "#9fb3c8"
_CAR: Final = "#2f9e6e"
_OVER: Final = "#d64545"
_LIMIT: Final = "#d64545"
_PRICE: Final = "#7b5ea7"
_INK: Final = "#1c2733"


def draw(scenario: Scenario, recording: Recording, *files: Path) -> None:
    """Draw the evening into ``files``; their endings choose the form."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    style: Any = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "svg.fonttype": "none"}
    # The same evening is the same file: no random ids, no date of drawing.
    style |= {"svg.hashsalt": "ladewerk", "text.color": _INK, "axes.labelcolor": _INK}
    with mpl.rc_context(style):
        figure, (before, after, progress) = plt.subplots(
            3, 1, sharex=True, figsize=(10, 8.2), height_ratios=(1, 1, 0.7), layout="constrained"
        )
        at_once = list(charging_at_once(scenario, recording.samples))
        _stacked(before, [at for at, _, _ in at_once], [w for _, w, _ in at_once], [w for _, _, w in at_once], scenario)
        before.set_title("Charging at once", loc="left", fontweight="bold")
        samples = recording.samples
        _stacked(
            after,
            [sample.at for sample in samples],
            [sample.household_w for sample in samples],
            [sample.ev_power_w for sample in samples],
            scenario,
        )
        after.set_title(f"With Ladewerk, {scenario.mode}", loc="left", fontweight="bold")
        _price(after, scenario, [sample.at for sample in samples])
        _progress(progress, scenario, recording)
        top = max(before.get_ylim()[1], after.get_ylim()[1])
        before.set_ylim(0, top)
        after.set_ylim(0, top)
        before.legend(loc="upper right", ncols=4, frameon=False)
        for file in files:
            figure.savefig(file, dpi=110, metadata={"Date": None} if file.suffix == ".svg" else None)
        plt.close(figure)


def _stacked(
    axes: Any, times: Sequence[datetime], house_w: Sequence[float], car_w: Sequence[float], scenario: Scenario
) -> None:
    house = [w / 1000 for w in house_w]
    total = [(a + b) / 1000 for a, b in zip(house_w, car_w, strict=True)]
    limit = scenario.limit_w / 1000
    axes.fill_between(times, house, step="post", color=_HOUSE, linewidth=0, label="house")
    axes.fill_between(times, house, total, step="post", color=_CAR, linewidth=0, label="car")
    over = [max(w, limit) for w in total]
    if max(over) > limit:
        axes.fill_between(times, limit, over, step="post", color=_OVER, linewidth=0, label="over the limit")
    axes.axhline(limit, color=_LIMIT, linewidth=1.2, linestyle="--", label="grid limit")
    axes.set_ylabel("kW")
    axes.margins(x=0)


def _price(axes: Any, scenario: Scenario, times: Sequence[datetime]) -> None:
    beside = axes.twinx()
    beside.step(times, [scenario.price_per_kwh(at) for at in times], where="post", color=_PRICE, linewidth=1.2)
    beside.set_ylim(0, 0.7)
    beside.set_ylabel("EUR per kWh", color=_PRICE)
    beside.tick_params(axis="y", colors=_PRICE)


def _progress(axes: Any, scenario: Scenario, recording: Recording) -> None:
    import matplotlib.dates

    dates: Any = matplotlib.dates  # its classes have no types
    times = [sample.at for sample in recording.samples]
    axes.plot(times, [sample.drawn_wh / 1000 for sample in recording.samples], color=_CAR, linewidth=2)
    axes.axhline(scenario.energy_wh / 1000, color=_INK, linewidth=0.8, linestyle=":")
    axes.axvline(scenario.depart_at, color=_INK, linewidth=0.8, linestyle=":")  # type: ignore[arg-type,unused-ignore]
    axes.set_title("Energy in the car", loc="left", fontweight="bold")
    axes.set_ylabel("kWh")
    axes.set_ylim(bottom=0)
    axes.margins(x=0)
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M", tz=scenario.start.tzinfo))
    axes.xaxis.set_major_locator(dates.HourLocator(tz=scenario.start.tzinfo))
