"""The joint plan of cars that take any current, by the compiled kernel: prices, energies, currents, a bound.

The kernel (``kernel/site_ipm.c``) is asked with arrays and answers in them; nothing here needs numpy. Where no kernel was
built for the machine :func:`library` is None, and others do its work.
"""

import ctypes
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Any, Final

from ladewerk.optimizer.bounds import draw_w
from ladewerk.optimizer.kernel.library import LIBRARY
from ladewerk.optimizer.site_bound import Prices, slot_pieces
from ladewerk.optimizer.site_model import SiteModel

SOLVED: Final = 0
MOST_STEPS: Final = 80
PHASE_KV: Final = 0.23
"""What makes a row of phase currents as large as one of energies, in kV."""

_DOUBLES = ctypes.POINTER(ctypes.c_double)
_INTS = ctypes.POINTER(ctypes.c_int32)
_LONGS = ctypes.POINTER(ctypes.c_int64)


class _Programme(ctypes.Structure):
    """``site_programme`` of site_ipm.h."""

    _fields_ = (
        *((name, ctypes.c_int32) for name in ("cars", "slots", "wirings", "kinds")),
        *((name, _INTS) for name in ("first", "last", "wiring")),
        ("at", _LONGS),
        *(
            (name, _DOUBLES)
            for name in ("most", "wanted", "may_miss", "missing_cost", "missing_square", "cost", "share", "room")
        ),
        ("tier", ctypes.c_int32),
        ("surcharge", _DOUBLES),
        ("peak", ctypes.c_int32),
        ("hours", _DOUBLES),
        *((name, ctypes.c_double) for name in ("peak_price", "gap")),
        ("most_steps", ctypes.c_int32),
        *((name, _DOUBLES) for name in ("x", "missing", "worth", "price")),
        *((name, ctypes.c_int32) for name in ("warm", "steps")),
        ("distance", ctypes.c_double),
    )


class _Plan(ctypes.Structure):
    """``site_plan`` of site_ipm.h."""

    _fields_ = (
        *((name, _DOUBLES) for name in ("amps_per_kwh", "watts_per_a", "most_a", "idle_w", "limit_w")),
        ("phases", _INTS),
        *((name, _DOUBLES) for name in ("phase_room_a", "money_per_kwh", "amps", "watts", "kw", "phase_a", "energy")),
        ("complete", _INTS),
        ("money", _DOUBLES),
    )


@cache
def library() -> ctypes.CDLL | None:
    """The compiled kernel; None where there is none for this machine."""
    if LIBRARY is not None:
        LIBRARY.ladewerk_site_bound.restype = ctypes.c_double
    return LIBRARY


def _point(values: "array[Any]") -> Any:
    kinds: dict[str, Any] = {"d": _DOUBLES, "i": _INTS, "q": _LONGS}
    return ctypes.cast(values.buffer_info()[0], kinds[values.typecode])


def _doubles(values: Sequence[float]) -> "array[float]":
    return array("d", values)


def _is_tiered(tiers: Sequence[tuple[float, float]]) -> bool:
    """Whether there is surplus, and a price beyond it."""
    return len(tiers) > 1 and tiers[1][0] > 0.0


@dataclass(frozen=True, slots=True)
class _Kind:
    """Cars that have the same most in each slot."""

    wiring: int
    kwh: list[float]
    come_and_go: list[int]
    """How many come in a slot, less how many are gone."""


class SiteKernel:
    """One site's programme in the kernel's arrays, to be asked several times."""

    def __init__(self, model: SiteModel, kernel: ctypes.CDLL) -> None:
        self.model, self._kernel = model, kernel
        self._kept: dict[str, array[Any]] = {}
        self._wirings: dict[tuple[tuple[int, ...], float], int] = {}
        self._raw = _Programme()
        self._cars()
        self._limits()
        pairs, cars = self.at[-1], len(model.cars)
        self.x = self._put("x", array("d", bytes(8 * pairs)))
        self.missing = self._put("missing", array("d", bytes(8 * cars)))
        self.worth = self._put("worth", array("d", bytes(8 * cars)))
        self.price = self._put("price", array("d", bytes(8 * model.slots * len(self.kinds))))
        self._put("missing_square", array("d", bytes(8 * cars)))
        self._raw.most_steps = MOST_STEPS
        self.least = 0.0
        """The bound of the last question in which energy cost nothing."""
        self.dear = 10.0 * (1.0 + max(abs(one) for one in self._kept["cost"]) + model.peak_price)

    def _put(self, name: str, values: "array[float]") -> "array[float]":
        """Hand ``values`` to the kernel as ``name``, and keep them alive."""
        self._kept[name] = values
        setattr(self._raw, name, _point(values))
        return values

    def _cars(self) -> None:
        model, raw = self.model, self._raw
        first, last, wiring, most = array("i"), array("i"), array("i"), array("d")
        self.at = array("q", [0])
        self._kinds: dict[tuple[object, ...], _Kind] = {}
        for car in model.cars:
            need = car.need
            key = (car.phases, car.kw_per_a, need.max_current_a, need.min_current_a, need.current_step_a)
            kind = self._kinds.get(key)
            if kind is None:
                number = self._wirings.setdefault((car.phases, car.kw_per_a), len(self._wirings))
                kwh = [amps * car.kw_per_a * hours for amps, hours in zip(car.anytime_a, model.hours, strict=True)]
                kind = self._kinds[key] = _Kind(number, kwh, [0] * (model.slots + 1))
            kind.come_and_go[car.first] += 1
            kind.come_and_go[car.last] -= 1
            wiring.append(kind.wiring)
            first.append(car.first)
            last.append(car.last)
            most.extend(kind.kwh[car.first : car.last])
            self.at.append(len(most))
        raw.cars, raw.slots, raw.wirings = len(model.cars), model.slots, len(self._wirings)
        for name, values in (("first", first), ("last", last), ("wiring", wiring), ("at", self.at)):
            self._kept[name] = values
            setattr(raw, name, _point(values))
        self._put("most", most)
        self.wanted = self._put("wanted", _doubles([car.need.energy_wh / 1000 for car in model.cars]))

    def _limits(self) -> None:
        model, raw = self.model, self._raw
        by_wiring = self._reach()
        reach = (sum(kwhs) / hours for kwhs, hours in zip(zip(*by_wiring, strict=True), model.hours, strict=True))
        pieces = [slot_pieces(model, slot, max(min(model.room_kw[slot], kw), 1e-9)) for slot, kw in enumerate(reach)]
        self._put("cost", _doubles([tiers[0][1] for tiers in pieces]))
        self._put("hours", _doubles(model.hours))
        beyond = [tiers[1][1] - tiers[0][1] if _is_tiered(tiers) else 0.0 for tiers in pieces]
        self._put("surcharge", _doubles(beyond))
        covered = [tiers[0][0] if _is_tiered(tiers) else math.inf for tiers in pieces]
        rows = [row for row in self._rows(covered, by_wiring) if min(row[2]) < math.inf]
        if not rows:
            rows = [("site", [1.0] * len(self._wirings), [math.inf] * model.slots)]
        self.kinds = [kind for kind, _, _ in rows]
        raw.kinds = len(rows)
        raw.tier = self.kinds.index("surplus") if "surplus" in self.kinds else -1
        raw.peak = self.kinds.index("peak") if "peak" in self.kinds else -1
        raw.peak_price = model.peak_price
        self._put("share", _doubles([share[wiring] for wiring in range(len(self._wirings)) for _, share, _ in rows]))
        self._put("room", _doubles([room for _, _, rooms in rows for room in rooms]))

    def _rows(
        self, covered_kw: Sequence[float], by_wiring: Sequence[Sequence[float]]
    ) -> Iterator[tuple[str, list[float], list[float]]]:
        """Kind, share of each wiring and room per slot of every limit; infinite where it cannot bind."""
        model, ones = self.model, [1.0] * len(self._wirings)

        def binding(share: list[float], room: Sequence[float]) -> list[float]:
            reach = (sum(part * kwh for part, kwh in zip(share, kwhs, strict=True)) for kwhs in zip(*by_wiring, strict=True))
            rooms = (one * hours for one, hours in zip(room, model.hours, strict=True))
            return [one if one < most else math.inf for one, most in zip(rooms, reach, strict=True)]

        yield "site", ones, binding(ones, model.room_kw)
        for phase in range(3):
            share = [PHASE_KV / kw_per_a if phase in phases else 0.0 for phases, kw_per_a in self._wirings]
            yield f"phase {phase}", share, binding(share, [PHASE_KV * room for room in model.phase_room_a[phase]])
        yield "surplus", ones, binding(ones, covered_kw)
        if model.peak_price:
            idle_peak = model.idle_peak_kw
            rooms = [(idle_peak - idle) * hours for idle, hours in zip(model.idle_kw, model.hours, strict=True)]
            yield "peak", ones, rooms

    def _reach(self) -> list[list[float]]:
        """What the cars of each wiring could take at most, per slot."""
        by_wiring = [[0.0] * self.model.slots for _ in self._wirings]
        for kind in self._kinds.values():
            row = by_wiring[kind.wiring]
            for slot, cars in enumerate(accumulate(kind.come_and_go[:-1])):
                if cars:
                    row[slot] += cars * kind.kwh[slot]
        return by_wiring

    # --- questions

    def solve(
        self,
        *,
        may_miss: Sequence[float],
        missing_cost: Sequence[float],
        square: float = 0.0,
        free: bool = False,
        warm: bool = False,
        gap: float = 1e-5,
    ) -> bool:
        """Find energies and prices; whether they are near enough to the best. ``free``: energy and peak cost nothing."""
        raw, cost, surcharge, peak_price = self._raw, self._kept["cost"], self._kept["surcharge"], self._raw.peak_price
        self._put("may_miss", _doubles(may_miss))
        self._put("missing_cost", _doubles(missing_cost))
        self._put("missing_square", array("d", [square]) * len(self.model.cars))
        raw.gap, raw.warm = gap, int(warm)
        if free:
            raw.peak_price = 0.0
            for name, values in (("cost", cost), ("surcharge", surcharge)):
                self._put(name, array("d", bytes(8 * len(values))))
        found = bool(self._kernel.ladewerk_site_solve(ctypes.byref(raw)) == SOLVED)
        if free:
            self.least = self.bound(None)
            raw.peak_price = peak_price
            self._put("cost", cost)
            self._put("surcharge", surcharge)
        return found

    def forgive(self) -> None:
        """Take what is missing for nothing: the plan is to give every car what it wants."""
        for car in range(len(self.missing)):
            self.missing[car] = 0.0

    @property
    def steps(self) -> int:
        """Of the last question."""
        return int(self._raw.steps)

    def bound(self, least_kwh: Sequence[float] | None) -> float:
        """No plan in which each car gets at least ``least_kwh`` costs less; None: missing energy costs what was said."""
        least = None if least_kwh is None else _doubles(least_kwh)
        pointer = None if least is None else _point(least)
        return float(self._kernel.ladewerk_site_bound(ctypes.byref(self._raw), pointer))

    def prices(self) -> Prices:
        """What the shared limits cost."""
        slots = self.model.slots
        energy, phase = list(self._kept["cost"]), [[0.0] * slots for _ in range(3)]
        for number, kind in enumerate(self.kinds):
            row = self.price[number * slots : (number + 1) * slots]
            if kind.startswith("phase"):
                phase[int(kind[-1])] = [PHASE_KV * one for one in row]
            else:
                energy = [one + more for one, more in zip(energy, row, strict=True)]
        return Prices(tuple(energy), tuple(tuple(row) for row in phase))

    def kwh(self) -> list[tuple[float, ...]]:
        """Energy of each car in each slot of its stay."""
        return [tuple(self.x[begin:end]) for begin, end in zip(self.at, self.at[1:], strict=False)]

    def figures(self) -> "Figures":
        """The plan out of what was found: currents within every limit to the last digit, and what they come to."""
        model, slots, cars = self.model, self.model.slots, len(self.model.cars)
        site, plan = model.problem.site, _Plan()
        kept: dict[str, array[Any]] = {
            "amps_per_kwh": _doubles([1.0 / kw_per_a for _, kw_per_a in self._wirings]),
            "watts_per_a": _doubles([1000.0 * kw_per_a for _, kw_per_a in self._wirings]),
            "most_a": _doubles([car.need.max_current_a for car in model.cars]),
            "idle_w": _doubles([draw_w(model.problem, slot) for slot in range(slots)]),
            "limit_w": _doubles(site.limit_w or (math.inf,) * slots),
            "phases": array("i", [sum(1 << phase for phase in phases) for phases, _ in self._wirings]),
            "phase_room_a": _doubles([one for row in model.phase_room_a for one in row]),
            "money_per_kwh": array("d", bytes(8 * slots)),
            "complete": array("i", bytes(4 * cars)),
        }
        for name, count in (("amps", self.at[-1]), ("watts", self.at[-1]), ("kw", slots), ("phase_a", 3 * slots)):
            kept[name] = array("d", bytes(8 * count))
        kept["energy"], kept["money"] = array("d", bytes(8 * cars)), array("d", bytes(8 * cars))
        for name, values in kept.items():
            setattr(plan, name, _point(values))
        self._kernel.ladewerk_site_put(ctypes.byref(self._raw), ctypes.byref(plan))
        for slot, (kw, hours) in enumerate(zip(kept["kw"], model.hours, strict=True)):
            kept["money_per_kwh"][slot] = model.money(slot, kw) / (kw * hours) if kw > 0.0 else 0.0
        self._kernel.ladewerk_site_tell(ctypes.byref(self._raw), ctypes.byref(plan))
        phase_a = kept["phase_a"].tolist()
        return Figures(
            amps=self._series(kept["amps"]),
            watts=self._series(kept["watts"]),
            kw=kept["kw"].tolist(),
            phase_a=[phase_a[slots * phase : slots * (phase + 1)] for phase in range(3)],
            energy_kwh=kept["energy"].tolist(),
            complete=[None if slot < 0 else int(slot) for slot in kept["complete"]],
            money=kept["money"].tolist(),
        )

    def _series(self, values: "array[Any]") -> list[tuple[float, ...]]:
        """Of each car, one value per slot of the problem."""
        slots, at, out = self.model.slots, self.at, list[tuple[float, ...]]()
        everything = values.tolist()
        for car in self.model.cars:
            stay = everything[at[car.number] : at[car.number + 1]]
            out.append((0.0,) * car.first + tuple(stay) + (0.0,) * (slots - car.last))
        return out


@dataclass(frozen=True, slots=True)
class Figures:
    """A joint plan in numbers, per car but for ``kw`` and ``phase_a``."""

    amps: list[tuple[float, ...]]
    watts: list[tuple[float, ...]]
    kw: list[float]
    phase_a: list[list[float]]
    energy_kwh: list[float]
    complete: list[int | None]
    money: list[float]
