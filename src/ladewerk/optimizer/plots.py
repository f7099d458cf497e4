"""Pictures of a plan: the site without and with it under the grid limit, the price, each car's current and progress.

matplotlib is needed for this module alone. SVG keeps its text as text, so that Chinese needs no font here; a PNG does.
"""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib import dates, font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from ladewerk.electrical import energy_wh
from ladewerk.errors import LadewerkError
from ladewerk.optimizer.bounds import Taken, draw_w, rooms
from ladewerk.optimizer.phrases import number
from ladewerk.optimizer.problem import EvPlan, Need, Plan, Problem
from ladewerk.optimizer.single import at_once

BASE: Final = "#b8c0cc"
LIMIT: Final = "#c0392b"
PRICE: Final = "#6b5b95"
SOLAR: Final = "#e0b000"
NET: Final = "#2c3e50"
CARS: Final = ("#1f77b4", "#2ca02c", "#ff7f0e", "#17a2b8", "#8c564b", "#e377c2")
"""More cars than colours are drawn as one."""
CHINESE_FONTS: Final = ("Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "Microsoft YaHei", "PingFang SC")
_HEADROOM: Final = 1.35
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
    "svg.fonttype": "none",
    # A car may be called $1.
    "text.parse_math": False,
}

LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "before": "Charging at once, without a plan: peak {peak} kW",
        "after": "With the plan: peak {peak} kW",
        "after saves": "With the plan: peak {peak} kW, saves {saved} {currency}",
        "progress": "Progress and current",
        "power": "power, kW",
        "base": "base load",
        "pv": "PV",
        "net": "from the grid",
        "limit": "grid limit",
        "price": "price",
        "price unit": "price, {currency}/kWh",
        "cars": "{count} cars",
        "energy": "energy, % of the need",
        "soc": "state of charge, %",
        "of energy": "{car}, energy",
        "of soc": "{car}, state of charge",
        "of current": "{car}, current",
        "current": "current, A per phase",
        "all": "all cars, energy",
    },
    "de": {
        "before": "Sofort geladen, ohne Plan: Spitze {peak} kW",
        "after": "Mit dem Plan: Spitze {peak} kW",
        "after saves": "Mit dem Plan: Spitze {peak} kW, spart {saved} {currency}",
        "progress": "Fortschritt und Strom",
        "power": "Leistung, kW",
        "base": "Grundlast",
        "pv": "Solar",
        "net": "aus dem Netz",
        "limit": "Grenze des Netzanschlusses",
        "price": "Preis",
        "price unit": "Preis, {currency}/kWh",
        "cars": "{count} Autos",
        "energy": "Energie, % des Bedarfs",
        "soc": "Ladezustand, %",
        "of energy": "{car}, Energie",
        "of soc": "{car}, Ladezustand",
        "of current": "{car}, Strom",
        "current": "Strom, A je Phase",
        "all": "alle Autos, Energie",
    },
    "zh": {
        "before": "无计划立即充电：峰值 {peak} kW",
        "after": "按计划充电：峰值 {peak} kW",
        "after saves": "按计划充电：峰值 {peak} kW，节省 {saved} {currency}",
        "progress": "进度与电流",
        "power": "功率，kW",
        "base": "基础负荷",
        "pv": "光伏",
        "net": "取自电网",
        "limit": "电网接入限制",
        "price": "电价",
        "price unit": "电价，{currency}/kWh",
        "cars": "{count} 辆车",
        "energy": "电量，占需求的 %",
        "soc": "电池电量，%",
        "of energy": "{car}，电量",
        "of soc": "{car}，电池电量",
        "of current": "{car}，电流",
        "current": "电流，每相 A",
        "all": "全部车辆，电量",
    },
}


def plan_figure(problem: Problem, plan: Plan, files: Sequence[Path], language: str = "en") -> None:
    """Draw ``plan`` into each of ``files``, by its ending: .svg, .png.

    Raises OSError where one cannot be written, LadewerkError where Chinese has no font for a PNG.
    """
    with _style(language, files):
        figure = Figure(figsize=(10, 10), layout="constrained")
        _Picture(problem, plan, LABELS[language], language).draw(figure)
        for path in files:
            figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)


@contextmanager
def _style(language: str, files: Sequence[Path]) -> Iterator[None]:
    """The style of all pictures, in a font that knows the language."""
    style = dict(STYLE)
    if language == "zh":
        known = {font.name for font in font_manager.fontManager.ttflist}
        fonts = [name for name in CHINESE_FONTS if name in known]
        if not fonts and any(path.suffix.lower() != ".svg" for path in files):
            raise LadewerkError(
                f"a PNG in Chinese needs a font such as {CHINESE_FONTS[0]} (Debian: fonts-noto-cjk); an .svg needs none"
            )
        style["font.sans-serif"] = [*(fonts or CHINESE_FONTS), "DejaVu Sans"]
    with mpl.rc_context(style), warnings.catch_warnings():
        # Where the font here does not know a letter of a car's name, the one that shows the SVG may.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        log, level = logging.getLogger("matplotlib.font_manager"), logging.getLogger("matplotlib.font_manager").level
        log.setLevel(logging.ERROR)
        try:
            yield
        finally:
            log.setLevel(level)


@dataclass(frozen=True, slots=True)
class _Picture:
    """Three drawings, one above the other, over the same hours."""

    problem: Problem
    plan: Plan
    words: Mapping[str, str]
    language: str

    def draw(self, figure: Figure) -> None:
        before, after, progress = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 2))
        problem, plan = self.problem, self.plan
        hurried = {need.id: _hurried_w(problem, need) for need in problem.evs}
        planned = {ev.id: ev.power_w for ev in plan.evs}
        self._site(before, hurried, self.words["before"])
        saved = sum(ev.cost_if_at_once - ev.cost for ev in plan.evs)
        self._site(after, planned, self.words["after saves" if saved >= 0.005 else "after"], saved)
        # Room above everything for the legends.
        bottom = 1.08 * min(before.get_ylim()[0], after.get_ylim()[0])
        top = 1.15 * max(before.get_ylim()[1], after.get_ylim()[1])
        before.set_ylim(bottom, top)
        after.set_ylim(bottom, top)
        self._progress(progress)
        edges = self._edges()
        progress.set_xlim(edges[0], edges[-1])
        self._date_axis(progress, problem.slot_starts())

    def _site(self, axes: Axes, cars: Mapping[str, Sequence[float]], title: str, saved: float = 0.0) -> None:
        """Base load and cars stacked, under the limit, with the price on an axis of its own."""
        problem, words, edges = self.problem, self.words, self._edges()
        slots = range(len(problem.slot_s))
        net_kw = [(draw_w(problem, slot) + sum(watts[slot] for watts in cars.values())) / 1000 for slot in slots]
        level, below = [0.0] * len(slots), [0.0] * len(slots)
        for name, colour, power_w in self._layers(cars):
            raised = [low + max(0.0, watts) / 1000 for low, watts in zip(level, power_w, strict=True)]
            axes.stairs(raised, edges, baseline=level, fill=True, color=colour, alpha=0.9, label=name, linewidth=0)
            level = raised
            if min(power_w) < 0:
                sunk = [low + min(0.0, watts) / 1000 for low, watts in zip(below, power_w, strict=True)]
                axes.stairs(sunk, edges, baseline=below, fill=True, color=colour, alpha=0.55, linewidth=0)
                below = sunk
        if problem.site.pv_w is not None:
            pv_kw = [watts / 1000 for watts in problem.site.pv_w]
            axes.stairs(pv_kw, edges, baseline=None, color=SOLAR, linewidth=1.6, label=words["pv"])
        if problem.site.pv_w is not None or min(below) < 0:
            axes.stairs(net_kw, edges, baseline=None, color=NET, linewidth=1.4, label=words["net"])
        if problem.site.limit_w is not None:
            limit_kw = [watts / 1000 for watts in problem.site.limit_w]
            axes.stairs(limit_kw, edges, baseline=None, color=LIMIT, linewidth=1.6, linestyle="--", label=words["limit"])
        peak, money = number(max(net_kw), 1, self.language), number(saved, 2, self.language)
        axes.set_title(title.format(peak=peak, saved=money, currency=problem.currency))
        axes.set_ylabel(words["power"])
        axes.set_ylim(bottom=min(0.0, *below, *net_kw))
        self._price(axes)

    def _layers(self, cars: Mapping[str, Sequence[float]]) -> list[tuple[str, str, Sequence[float]]]:
        """Name, colour and power of what is stacked."""
        layers: list[tuple[str, str, Sequence[float]]] = []
        if self.problem.site.base_load_w is not None:
            layers.append((self.words["base"], BASE, self.problem.site.base_load_w))
        if len(cars) > len(CARS):
            total_w = [sum(watts) for watts in zip(*cars.values(), strict=True)]
            return [*layers, (self.words["cars"].format(count=len(cars)), CARS[0], total_w)]
        return [*layers, *((name, CARS[index], power_w) for index, (name, power_w) in enumerate(cars.items()))]

    def _price(self, axes: Axes) -> None:
        problem, edges = self.problem, self._edges()
        price = axes.twinx()
        prices = list(problem.price_per_kwh)
        price.stairs(prices, edges, baseline=None, color=PRICE, linewidth=1.3, label=self.words["price"])
        price.set_ylabel(self.words["price unit"].format(currency=problem.currency), color=PRICE)
        price.tick_params(axis="y", colors=PRICE)
        price.set_ylim(min(0.0, 1.3 * min(prices)), 1.3 * max(*prices, 0.01))
        price.grid(visible=False)
        for each in (axes, price):
            each.yaxis.set_major_formatter(FuncFormatter(self._tick))
        handles, labels = axes.get_legend_handles_labels()
        more, more_labels = price.get_legend_handles_labels()
        axes.legend(handles + more, labels + more_labels, loc="upper right", ncols=6, fontsize=8.5)

    def _tick(self, value: float, _position: int | None = None) -> str:
        text = f"{value:g}".replace("-", "\N{MINUS SIGN}")
        return text.replace(".", ",") if self.language == "de" else text

    def _progress(self, axes: Axes) -> None:
        """Energy reached over time, in percent of the need or of the battery, and the current."""
        edges, words = self._edges(), self.words
        by_soc = all(_soc(need) is not None for need in self.problem.evs)
        if len(self.plan.evs) > len(CARS):
            self._progress_of_many(axes)
        else:
            current = axes.twinx()
            for index, ev in enumerate(self.plan.evs):
                reached = self._reached_percent(ev, by_soc=by_soc)
                label = words["of soc" if by_soc else "of energy"].format(car=ev.id)
                axes.plot(edges, reached, color=CARS[index], linewidth=2.0, label=label)
                label = words["of current"].format(car=ev.id)
                amps = list(ev.current_a)
                current.stairs(amps, edges, baseline=None, color=CARS[index], linewidth=1.1, linestyle=":", label=label)
            most_a = max(need.max_current_a for need in self.problem.evs)
            least_a = min(0.0, *(min(ev.current_a) for ev in self.plan.evs))
            current.set_ylabel(words["current"])
            current.set_ylim(_HEADROOM * least_a, _HEADROOM * most_a)
            current.grid(visible=False)
            handles, labels = axes.get_legend_handles_labels()
            more, more_labels = current.get_legend_handles_labels()
            axes.legend(handles + more, labels + more_labels, loc="upper left", ncols=6, fontsize=8.5)
        axes.set_title(words["progress"])
        axes.set_ylabel(words["soc" if by_soc else "energy"])
        # Room above for the legend.
        axes.set_ylim(0, 100 * _HEADROOM)
        axes.set_yticks(range(0, 101, 20))

    def _progress_of_many(self, axes: Axes) -> None:
        edges = self._edges()
        for ev in self.plan.evs:
            axes.plot(edges, self._reached_percent(ev, by_soc=False), color=CARS[0], linewidth=0.6, alpha=0.35)
        wanted_wh = sum(need.energy_wh for need in self.problem.evs) or 1.0
        total = [0.0]
        for slot, length_s in enumerate(self.problem.slot_s):
            total.append(total[-1] + energy_wh(sum(ev.power_w[slot] for ev in self.plan.evs), length_s))
        percent = [100 * wh / wanted_wh for wh in total]
        axes.plot(edges, percent, color=NET, linewidth=2.2, label=self.words["all"])
        axes.legend(loc="upper left", fontsize=8.5)

    def _reached_percent(self, ev: EvPlan, *, by_soc: bool) -> list[float]:
        """Percent of the need, or of the battery where its charge is known, at each border of the slots."""
        need = self.problem.need(ev.id)
        battery = need.battery
        loss = battery.v2g.round_trip_efficiency if battery is not None and battery.v2g is not None else 1.0
        end = None if ev.complete_at is None or loss < 1.0 else ev.complete_at
        reached = [0.0]
        for starts_at, watts, length_s in zip(self.problem.slot_starts(), ev.power_w, self.problem.slot_s, strict=False):
            # What a full car is offered to stay awake does not fill it further.
            is_over = end is not None and starts_at >= end
            gained = 0.0 if is_over else energy_wh(watts if watts > 0 else watts / loss, length_s)
            reached.append(reached[-1] + gained)
        if by_soc and battery is not None and battery.capacity_wh is not None:
            return [100 * ((battery.soc or 0.0) + wh / battery.capacity_wh) for wh in reached]
        return [100 * wh / (need.energy_wh or 1.0) for wh in reached]

    def _date_axis(self, axes: Axes, moments: Sequence[datetime]) -> None:
        zone = moments[0].tzinfo
        locator = dates.AutoDateLocator(tz=zone, minticks=5, maxticks=12)  # type: ignore[no-untyped-call]
        formatter = dates.ConciseDateFormatter(locator, tz=zone)  # type: ignore[no-untyped-call]
        # Numbers alone: the names of months would be the machine's, not the reader's.
        day = "%d.%m." if self.language == "de" else "%m-%d"
        formatter.formats = ["%Y", "%m", day, "%H:%M", "%H:%M", "%H:%M:%S"]
        formatter.zero_formats = ["", "%Y", day, day, "%H:%M", "%H:%M"]
        formatter.offset_formats = ["", "%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%d", "%Y-%m-%d"]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(formatter)

    def _edges(self) -> list[float]:
        """Borders of the slots on matplotlib's axis of time."""
        return [float(dates.date2num(moment)) for moment in self.problem.slot_starts()]  # type: ignore[no-untyped-call]


def _soc(need: Need) -> float | None:
    """State of charge at the arrival, where the size of the battery is known too."""
    battery = need.battery
    return battery.soc if battery is not None and battery.capacity_wh is not None else None


def _hurried_w(problem: Problem, need: Need) -> tuple[float, ...]:
    """Power of a car that takes all it can from its arrival on, whatever the grid stands."""
    unlimited = replace(problem, site=replace(problem.site, limit_w=None, phase_limit_a=None))
    found = rooms(unlimited, need, Taken.nothing(len(problem.slot_s)))
    return tuple(need.power_w(amps) for amps in at_once(need, found))
