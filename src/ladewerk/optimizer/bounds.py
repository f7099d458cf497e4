"""What each slot lets one car draw, and which limit says so."""

from dataclasses import dataclass
from datetime import UTC, timedelta

from ladewerk.optimizer.problem import Need, Problem, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One slot as one car finds it: from ``start_s`` for ``length_s`` after the start of the problem."""

    start_s: float
    length_s: float
    most_a: float
    """Most current the limits allow, at least 0; below the car's minimum it can only be 0."""
    limit: Reason
    """The limit that says so."""
    surplus_w: float
    """PV that nothing else uses."""
    price_per_kwh: float
    export_price_per_kwh: float
    peak_price_per_kwh: float = 0.0
    """What more than is drawn would cost beside the price, for raising the peak; 0 below the peak."""

    @property
    def end_s(self) -> float:
        return self.start_s + self.length_s

    def money(self, power_w: float) -> float:
        """Money for ``power_w`` all along: what PV covers costs what it would earn, the rest the price."""
        covered_w = min(power_w, self.surplus_w)
        price_w = covered_w * self.export_price_per_kwh + (power_w - covered_w) * self.price_per_kwh
        return price_w / 1000 * self.length_s / 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What other cars draw already, per slot."""

    power_w: tuple[float, ...]
    phase_a: tuple[tuple[float, float, float], ...]

    @classmethod
    def nothing(cls, slots: int) -> "Taken":
        return cls(power_w=(0.0,) * slots, phase_a=((0.0, 0.0, 0.0),) * slots)

    def plus(self, need: Need, current_a: tuple[float, ...]) -> "Taken":
        """These and ``need`` drawing ``current_a``."""
        phase_a = []
        for phases, amps in zip(self.phase_a, current_a, strict=True):
            l1, l2, l3 = (a + (amps if phase in need.phases else 0.0) for phase, a in enumerate(phases, start=1))
            phase_a.append((l1, l2, l3))
        power_w = tuple(w + need.power_w(amps) for w, amps in zip(self.power_w, current_a, strict=True))
        return Taken(power_w=power_w, phase_a=tuple(phase_a))


def rooms(problem: Problem, need: Need, taken: Taken) -> tuple[Room, ...]:
    """Each slot's room for ``need`` beside what is ``taken``; where cars before it leave less than it could use, the limit
    is the priority."""
    out: list[Room] = []
    starts = [moment.astimezone(UTC) for moment in problem.slot_starts()]
    arrival = (need.arrival or problem.start).astimezone(UTC)
    departure = (need.departure or problem.slot_starts()[-1]).astimezone(UTC)
    for slot, length_s in enumerate(problem.slot_s):
        present = arrival <= starts[slot] and starts[slot + 1] <= departure
        most_a, limit = _most(problem, need, taken, slot) if present else (0.0, Reason.ABSENT)
        out.append(
            Room(
                start_s=(starts[slot] - starts[0]) / timedelta(seconds=1),
                length_s=length_s,
                most_a=max(0.0, float(most_a)),
                limit=limit,
                surplus_w=max(0.0, -draw_w(problem, slot) - taken.power_w[slot]),
                price_per_kwh=problem.price_per_kwh[slot],
                export_price_per_kwh=problem.site.export_price_per_kwh,
            )
        )
    return tuple(out)


def draw_w(problem: Problem, slot: int) -> float:
    """What the site draws without any car: base load less PV."""
    site = problem.site
    base_load_w = site.base_load_w[slot] if site.base_load_w is not None else 0.0
    return base_load_w - (site.pv_w[slot] if site.pv_w is not None else 0.0)


def _most(problem: Problem, need: Need, taken: Taken, slot: int) -> tuple[float, Reason]:
    """Most current of ``need`` and the limit that says so; the first named wins a tie."""
    alone = limits(problem, need, Taken.nothing(len(problem.slot_s)), slot)
    beside = limits(problem, need, taken, slot)
    most_a, limit = min(beside, key=lambda one: one[0])
    if most_a < min(one[0] for one in alone):
        return most_a, Reason.PRIORITY
    return most_a, limit


def limits(problem: Problem, need: Need, taken: Taken, slot: int) -> list[tuple[float, Reason]]:
    site = problem.site
    limits = [(need.max_current_a, Reason.CAR_LIMIT)]
    if site.limit_w is not None:
        room_w = site.limit_w[slot] - draw_w(problem, slot) - taken.power_w[slot]
        limits.append((room_w / need.power_w(1.0), Reason.SITE_LIMIT))
    if site.phase_limit_a is not None:
        base_load_w = site.base_load_w[slot] if site.base_load_w is not None else 0.0
        base_load_a = base_load_w / (3 * need.voltage_v)
        for phase in need.phases:
            room_a = site.phase_limit_a[phase - 1] - base_load_a - taken.phase_a[slot][phase - 1]
            limits.append((room_a, Reason.PHASE_LIMIT))
    return limits
