"""The sentence about a stored plan, made when it is read: nobody is told to wait for a time gone by."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ladewerk.csms.planning.site import Site
from ladewerk.csms.planning.zones import site_zone
from ladewerk.csms.records import StoredPlan
from ladewerk.electrical import current_a
from ladewerk.optimizer import LANGUAGES, EvPlan, Need, Plan, Problem, Reason, summarize
from ladewerk.optimizer import Mode as PlannedMode
from ladewerk.optimizer import Site as PlannedSite
from ladewerk.optimizer.problem import SitePlan

_FUSE: Final = {
    "en": "The fuse “{fuse}” leaves it no more.",
    "de": "Mehr lässt die Sicherung „{fuse}“ nicht zu.",
    "zh": "熔断器“{fuse}”不允许更多。",
}


@dataclass(frozen=True, slots=True)
class _Told:
    """What was said of the plan when it was made."""

    cost_if_at_once: float
    reasons: tuple[Reason, ...]
    complete_if_at_once: datetime | None = None

    def sentence(self, _ev: EvPlan) -> str:
        return ""


def read_at(plan: StoredPlan, site: Site, now: datetime) -> StoredPlan:
    """``plan`` with the sentences that somebody reads at ``now``, on the clocks of ``site``."""
    if not plan.slots:
        return plan
    problem, answer = _problem(plan, site), _answer(plan)
    sentences = {language: summarize(problem, answer, plan.station_id, language, now) for language in LANGUAGES}
    return dataclasses.replace(plan, summary=with_fuse(sentences, plan.fuse))


def with_fuse(sentences: Mapping[str, str], fuse: str | None) -> dict[str, str]:
    """``sentences`` by language, and after each which fuse it is that leaves the car no more."""
    if fuse is None:
        return dict(sentences)
    return {language: f"{said} {_FUSE[language].format(fuse=fuse)}" for language, said in sentences.items()}


def _problem(plan: StoredPlan, site: Site) -> Problem:
    slots = plan.slots
    full_a = current_a(max(plan.peak_w, *(slot.power_w for slot in slots)), phases=plan.phases, voltage_v=plan.voltage_v)
    return Problem(
        start=slots[0].start_at.astimezone(site_zone(site)),
        slot_s=tuple(slot.duration_s for slot in slots),
        price_per_kwh=tuple(slot.price_per_kwh for slot in slots),
        currency=plan.currency,
        site=PlannedSite(
            limit_w=tuple(slot.limit_w for slot in slots), base_load_w=tuple(slot.base_load_w for slot in slots)
        ),
        evs=(
            Need(
                id=plan.station_id,
                mode=PlannedMode(plan.mode),
                energy_wh=plan.energy_wh + plan.missing_wh,
                max_current_a=full_a if plan.max_current_a is None else plan.max_current_a,
                phases=tuple(range(1, plan.phases + 1)),
                voltage_v=plan.voltage_v,
            ),
        ),
    )


def _answer(plan: StoredPlan) -> Plan:
    ev = EvPlan(
        id=plan.station_id,
        current_a=tuple(slot.current_a for slot in plan.slots),
        power_w=tuple(slot.power_w for slot in plan.slots),
        energy_wh=plan.energy_wh,
        missing_wh=plan.missing_wh,
        complete_at=plan.complete_at,
        cost=plan.cost,
        account=_Told(plan.cost_if_at_once, tuple(Reason(slot.reason) for slot in plan.slots)),
    )
    drawn = tuple(slot.base_load_w + slot.power_w for slot in plan.slots)
    return Plan(
        evs=(ev,),
        site=SitePlan(power_w=drawn, peak_w=plan.peak_w),
        objective=plan.cost,
        bound=plan.cost,
        gap=plan.gap,
        solver=plan.solver,
    )
