"""The best plan of one car, compiled: the same answers as ``single`` and ``exact`` give, hundreds of times sooner.

Plain C without Python's headers, so one library serves every Python; ``ctypes`` calls it with arrays of numbers. Whole
numbers decide (``value.h``), so ties fall by rule as in ``single``. What goes in: ``face.c`` takes the numbers,
``best.c`` goes through the completions (in the order of ``relaxed.c``), ``slots.c`` says what each slot costs, ``dual.c``
finds bounds and plans by prices per unit. Where those leave a gap ``grid.c`` goes through all energies in whole steps, and
``frontier.c`` and ``pieces.c`` search on where there are no steps or too many. Where no library was built everything here
says None, and the callers do it in Python.

For the joint optimisation: :func:`best_plans` plans thousands of cars by themselves at given prices in one call.
"""

import ctypes
import struct
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ladewerk.optimizer.bounds import Room
from ladewerk.optimizer.kernel.library import LIBRARY
from ladewerk.optimizer.problem import Mode, Need, Problem, Reason

IS_THERE: Final = LIBRARY is not None
"""Whether the compiled library is in use."""

_MODES: Final = {Mode.BALANCED: 0, Mode.SHORTEST: 1, Mode.CHEAPEST: 2}
_PHASE_SETS: Final = {
    phases: sum(1 << phase - 1 for phase in phases)
    for phases in [
        *[(a,) for a in (1, 2, 3)],
        *[(a, b) for a in (1, 2, 3) for b in (1, 2, 3) if a != b],
        *[(a, b, c) for a in (1, 2, 3) for b in (1, 2, 3) for c in (1, 2, 3) if len({a, b, c}) == 3],
    ]
}
_LIMIT, _BASE_LOAD, _PV, _PHASES, _LAST, _ARRIVAL, _DEPARTURE = 1, 2, 4, 8, 16, 32, 64
_ALL_SERIES: Final = _LIMIT | _BASE_LOAD | _PV | _LAST
_SERIES: Final = tuple(2 + (said & _ALL_SERIES).bit_count() for said in range(_ALL_SERIES + 1))
"""How many series there are for each combination of what was said."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_HEAD: Final = 20
_TAIL: Final = 7
_WISH: Final = 10


Buffer = Any
"""What has the buffer protocol; Python before 3.12 has no name for it."""


class Numbers(NamedTuple):
    """What the library found out for one car."""

    energy_wh: float
    missing_wh: float
    complete_s: float | None
    objective: float
    bound: float
    cost: float
    """Money for the energy."""
    peak_w: float
    current_a: tuple[float, ...]
    power_w: tuple[float, ...]
    site_w: tuple[float, ...]


@lru_cache(maxsize=64)
def _doubles(count: int) -> tuple[struct.Struct, Any]:
    """Packs and holds ``count`` numbers."""
    return struct.Struct(f"{count}d"), ctypes.c_double * count


def plan_alone(problem: Problem) -> Numbers | None:
    """The plan for a problem of one car without wishes for its battery and without a price of the peak.

    None where there is no library, where the numbers are too large for it, and where anything in the problem is not as
    ``checks`` wants it: the caller finds out.
    """
    if LIBRARY is None:
        return None
    try:
        packed = _packed(problem)
    except (struct.error, TypeError, ValueError, KeyError, AttributeError):
        return None
    if packed is None:
        return None
    count = len(problem.slot_s)
    power_at, site_at = _TAIL + count, _TAIL + 2 * count
    shape, array = _doubles(_TAIL + 3 * count)
    out = array()
    if LIBRARY.ladewerk_plan(packed, out) != 0:
        return None
    told = shape.unpack_from(out)
    return Numbers(
        told[0], told[1], told[2] if told[2] >= 0.0 else None, told[3], told[4], told[5], told[6],
        told[_TAIL:power_at], told[power_at:site_at], told[site_at:],
    )  # fmt: skip


def _packed(problem: Problem) -> bytes | None:
    """The numbers of a problem in the order of ``face.c``; None or what struct raises where it is not as it should be."""
    need, site, slot_s, price = problem.evs[0], problem.site, problem.slot_s, problem.price_per_kwh
    limit, base, pv, last = site.limit_w, site.base_load_w, site.pv_w, need.last_current_a
    count, said, length = len(slot_s), 0, len(price)
    if limit is not None:
        said, length = _LIMIT, length if len(limit) == count else -1
    if base is not None:
        said, length = said | _BASE_LOAD, length if len(base) == count else -1
    if pv is not None:
        said, length = said | _PV, length if len(pv) == count else -1
    if last is not None:
        said, length = said | _LAST, length if len(last) == count else -1
    if length != count or not need.id or problem.start.utcoffset() is None or need.current_step_a == 0.0:
        return None
    l1_a = l2_a = l3_a = arrival_us = departure_us = 0.0
    if site.phase_limit_a is not None:
        said, (l1_a, l2_a, l3_a) = said | _PHASES, site.phase_limit_a
    if need.arrival is not None:
        said, arrival_us = said | _ARRIVAL, _after_us(problem.start, need.arrival)
    if need.departure is not None:
        said, departure_us = said | _DEPARTURE, _after_us(problem.start, need.departure)
    shape, _ = _doubles(_HEAD + count * _SERIES[said & _ALL_SERIES])
    return shape.pack(
        count, _MODES[need.mode], said, need.energy_wh, need.max_current_a, need.min_current_a,
        need.current_step_a or 0.0, need.start_cost, need.value_of_time_per_h, need.voltage_v, len(need.phases),
        _PHASE_SETS[need.phases], site.export_price_per_kwh, l1_a, l2_a, l3_a, arrival_us, departure_us, need.priority,
        site.peak_price_per_kw, *slot_s, *price, *(limit or ()), *(base or ()), *(pv or ()), *(last or ()),
    )  # fmt: skip


def _after_us(start: datetime, moment: datetime) -> int:
    """Whole microseconds; TypeError where one of the two has no offset."""
    # Between two times of one zone datetime counts by the wall clock; between zones it does not.
    return (moment - _EPOCH) // _MICROSECOND - (start - _EPOCH) // _MICROSECOND


def plan_in_rooms(need: Need, rooms: Sequence[Room]) -> Numbers | None:
    """The plan of ``need`` in ``rooms``; power and site are left empty. None as in :func:`plan_alone`."""
    if LIBRARY is None:
        return None
    count, last = len(rooms), need.last_current_a
    wish = (
        count, _MODES[need.mode], last is not None and last[0] > 0.0, last is not None, need.energy_wh, need.power_w(1.0),
        need.min_current_a, need.current_step_a or 0.0, need.start_cost, need.value_of_time_per_h,
    )  # fmt: skip
    packed = _doubles(_WISH + (7 if last is None else 8) * count)[0].pack(
        *wish,
        *[room.start_s + room.length_s for room in rooms],
        *[room.length_s for room in rooms],
        *[room.most_a for room in rooms],
        *[room.surplus_w for room in rooms],
        *[room.price_per_kwh for room in rooms],
        *[room.export_price_per_kwh for room in rooms],
        *[room.limit is Reason.ABSENT for room in rooms],
        *(last or ()),
    )
    shape, array = _doubles(_TAIL + count)
    out = array()
    if LIBRARY.ladewerk_plan_in_rooms(packed, out) != 0:
        return None
    told = shape.unpack_from(out)
    return Numbers(
        told[0], told[1], told[2] if told[2] >= 0.0 else None, told[3], told[4], told[5], told[6], told[_TAIL:], (), ()
    )


class Batch(NamedTuple):
    """Results of :func:`best_plans`, a row per car, each an ``array('d')``."""

    current_a: "array[float]"
    """Cars x slots."""
    told: "array[float]"
    """Cars x (objective, bound, energy_wh, missing_wh, complete_s; the last below 0 where the energy is not reached)."""


def best_plans(slot_s: Buffer, cars: Buffer, price_per_kwh: Buffer, most_a: Buffer) -> Batch | None:
    """The best plan of each of many cars by itself, at prices of its own or of all: the pricing step of a joint plan.

    All four are C-contiguous buffers of doubles (``array('d')``, a numpy array of float64):

    - ``slot_s``: lengths of the S slots;
    - ``cars``: N x 8 numbers: energy_wh, watt_per_a (power of 1 A on all its phases), min_a (0: any current), step_a (0:
      none), start_cost, value_of_time_per_h, mode (0 balanced, 1 shortest, 2 cheapest), running (1: charges already, so
      going on is no start);
    - ``price_per_kwh``: N x S, or S for all; the dual prices of a joint plan go in here, converted to money per kWh;
    - ``most_a``: N x S, or S for all; 0 where the car is not there.

    Exact as :func:`plan_in_rooms` at these prices, rounded to a billionth, and with its rules for ties; energy that cannot
    be had is missing, and the rest is drawn. The bound is the objective where the plan is proven best, as it nearly always
    is. None without the library; ValueError where the lengths do not fit together. Cars whose numbers are too large end the
    work: OverflowError with the first one's number.
    """
    if LIBRARY is None:
        return None
    slots, count = memoryview(slot_s).nbytes // 8, memoryview(cars).nbytes // 64
    strides = []
    for name, series in (("price_per_kwh", price_per_kwh), ("most_a", most_a)):
        values = memoryview(series).nbytes // 8
        if values not in {slots, slots * count}:
            raise ValueError(f"{name}: {slots} values, or that for each of {count} cars, are expected, not {values}")
        strides.append(slots if values == slots * count and count > 1 else 0)
    current_a, told = array("d", bytes(8 * slots * count)), array("d", bytes(40 * count))
    done = LIBRARY.ladewerk_best_plans(
        ctypes.c_int64(count), ctypes.c_int64(slots), _address(slot_s), _address(cars), _address(price_per_kwh),
        ctypes.c_int64(strides[0]), _address(most_a), ctypes.c_int64(strides[1]), _address(current_a), _address(told),
    )  # fmt: skip
    if done < count:
        raise OverflowError(f"car {done}: numbers too large for the compiled search")
    return Batch(current_a, told)


def _address(buffer: Buffer) -> ctypes.c_void_p:
    view = memoryview(buffer).cast("B")
    if view.readonly:
        return ctypes.cast(ctypes.c_char_p(bytes(view)), ctypes.c_void_p)
    return ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(view)))
