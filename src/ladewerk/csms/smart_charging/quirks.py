"""How one station differs from what OCPP lets a CSMS expect: data, found out by asking it or said by an operator.

Each of them is one that stations in the field have: watts alone or amps alone, stack level 0 alone, no TxProfile, no
Absolute profile, few periods, no 0 A, a memory that cannot be written every minute or that is empty after a reboot, a
composite schedule that is not what it follows. What nobody says is as OCPP has it.
"""

from dataclasses import dataclass, fields
from typing import Annotated, Final, Literal

import msgspec

from ladewerk.csms.planning.site import Fault

MOST_PERIODS: Final = 1024
"""How many periods a schedule may have at all (OCPP 2.1 schemas)."""

RateUnit = Literal["A", "W"]
PlanPurpose = Literal["TxProfile", "TxDefaultProfile"]
PlanKind = Literal["Absolute", "Relative"]
StackLevel = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class QuirksSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What somebody says of a station, an operator or the station itself; see :class:`Quirks`. None: not said.

    ``max_stack_level`` is the highest that the station takes.
    """

    rate_unit: RateUnit | None = None
    purpose: PlanPurpose | None = None
    kind: PlanKind | None = None
    stack_level: StackLevel | None = None
    max_stack_level: StackLevel | None = None
    max_periods: Annotated[int, msgspec.Meta(ge=1, le=MOST_PERIODS)] | None = None
    least_limit_a: Annotated[float, msgspec.Meta(ge=0, le=80)] | None = None
    min_interval_s: Annotated[float, msgspec.Meta(ge=0, le=86_400)] | None = None
    keeps_profiles: bool | None = None
    follows_profiles: bool | None = None
    tells_composite: bool | None = None
    lenient: bool | None = None


NOTHING_SAID: Final = QuirksSaid()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """What to reckon with.

    ``rate_unit`` is what limits are said in, ``purpose`` that of the profile which carries a plan, ``kind`` how its periods
    are placed in time. ``stack_level`` is that of the fallback, and of plans that are TxProfiles. A limit below
    ``least_limit_a`` is not taken; 0 is: every one is. Between two profiles lie ``min_interval_s``, unless the second one
    lowers something before.

    A station that does not keep its profiles over a reboot may draw its rating at any time, and so may one that follows none
    because its smart charging is switched off. ``tells_composite``: what it
    answers to GetCompositeSchedule is to be believed. ``lenient``: it is forgiven everything that can be, from its next
    connection on.
    """

    rate_unit: RateUnit = "A"
    purpose: PlanPurpose = "TxProfile"
    kind: PlanKind = "Absolute"
    stack_level: int = 0
    max_periods: int = MOST_PERIODS
    least_limit_a: float = 0.0
    min_interval_s: float = 0.0
    keeps_profiles: bool = True
    follows_profiles: bool = True
    tells_composite: bool = True
    lenient: bool = False

    @property
    def plan_stack_level(self) -> int:
        """A plan that is a TxDefaultProfile lies above the fallback, which is one too and holds when the plan is over."""
        return self.stack_level if self.purpose == "TxProfile" else self.stack_level + 1


NO_QUIRKS: Final = Quirks()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownQuirks:
    """Of one station: what it answered when it was asked, and what an operator said, whose word counts."""

    found: QuirksSaid = NOTHING_SAID
    said: QuirksSaid = NOTHING_SAID

    def used(self) -> Quirks:
        """What to reckon with."""
        known = {}
        for field in fields(Quirks):
            mine, its = getattr(self.said, field.name), getattr(self.found, field.name)
            value = its if mine is None else mine
            if value is not None:
                known[field.name] = value
        return Quirks(**known)

    def faults(self) -> list[Fault]:
        """What does not go together; empty is good."""
        most = self.found.max_stack_level if self.said.max_stack_level is None else self.said.max_stack_level
        used = self.used()
        if most is None or used.plan_stack_level <= most:
            return []
        if used.stack_level > most:
            text = f"the station takes stack levels up to {most}"
            return [Fault(field="stack_level", code="stack-level", params={"most": most}, text=text)]
        text = (
            f"a plan as TxDefaultProfile needs a stack level above the fallback's, and the station takes none above {most}"
        )
        return [Fault(field="purpose", code="no-level-above", params={"most": most}, text=text)]
