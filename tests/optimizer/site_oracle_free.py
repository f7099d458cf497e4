"""What a joint plan must keep and what it costs, said a second time; in plain Python."""

from datetime import UTC

from ladewerk.optimizer import Plan, Problem


def violations(problem: Problem, plan: Plan) -> list[str]:
    """Every limit that ``plan`` passes."""
    found: list[str] = []
    moments = [moment.astimezone(UTC) for moment in problem.slot_starts()]
    site = problem.site
    for slot in range(len(problem.slot_s)):
        base_w = site.base_load_w[slot] if site.base_load_w else 0.0
        pv_w = site.pv_w[slot] if site.pv_w else 0.0
        drawn_w = sum(ev.power_w[slot] for ev in plan.evs)
        if abs(plan.site.power_w[slot] - (base_w - pv_w + drawn_w)) > 1e-6:
            found.append(f"slot {slot}: the site's power is not the sum")
        if site.limit_w is not None and drawn_w > 0 and plan.site.power_w[slot] > site.limit_w[slot]:
            found.append(f"slot {slot}: {plan.site.power_w[slot]!r} W above {site.limit_w[slot]!r}")
        for phase in (1, 2, 3):
            pairs = list(zip(problem.evs, plan.evs, strict=True))
            amps = sum(ev.current_a[slot] for need, ev in pairs if phase in need.phases)
            if site.phase_limit_a is not None and amps > 0:
                room_a = site.phase_limit_a[phase - 1] - base_w / (3 * problem.evs[0].voltage_v)
                if amps > room_a + 1e-9:
                    found.append(f"slot {slot}: {amps!r} A on L{phase} above {room_a!r}")
        for need, ev in zip(problem.evs, plan.evs, strict=True):
            one = ev.current_a[slot]
            if one and not need.min_current_a <= one <= need.max_current_a:
                found.append(f"slot {slot}: {need.id} draws {one!r}")
            outside = (need.arrival is not None and moments[slot] < need.arrival) or (
                need.departure is not None and moments[slot + 1] > need.departure
            )
            if one and outside:
                found.append(f"slot {slot}: {need.id} is not there")
    return found


def money(problem: Problem, plan: Plan) -> float:
    """Energy and peak of ``plan``, without start costs and the value of time."""
    total = 0.0
    for slot, length_s in enumerate(problem.slot_s):
        drawn_w = sum(ev.power_w[slot] for ev in plan.evs)
        total += slot_money(problem, slot, drawn_w / 1000) * length_s / 3600
    return total + problem.site.peak_price_per_kw * max(0.0, *plan.site.power_w) / 1000


def slot_money(problem: Problem, slot: int, kw: float) -> float:
    """Money per hour for ``kw`` of all cars."""
    surplus_kw = max(0.0, -idle_kw(problem, slot))
    covered = min(kw, surplus_kw)
    return covered * problem.site.export_price_per_kwh + (kw - covered) * problem.price_per_kwh[slot]


def idle_kw(problem: Problem, slot: int) -> float:
    """Base load less PV."""
    base_w = problem.site.base_load_w[slot] if problem.site.base_load_w else 0.0
    return (base_w - (problem.site.pv_w[slot] if problem.site.pv_w else 0.0)) / 1000
