"""What a station can do with charging profiles, as its device model says: what it cannot is refused, not half done."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from ladewerk.charging.installation import Purpose
from ladewerk.charging.rates import Mode, Unit


class Replacing(Enum):
    """What a profile does to another one that stands at its stack level."""

    BY_ID = "2.x: it is refused, unless it has the same id"
    BY_LEVEL = "1.6: it takes its place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """By the variables of SmartChargingCtrlr and V2XChargingCtrlr; the defaults can everything that 2.1 knows.

    ``persistent`` are the purposes that survive a restart (K01.FR.27, K01.FR.55). ``most_*`` None is without bound.
    ``supply_phases`` None takes more phases than there are and uses fewer (K01.FR.45).
    ``strict`` False is for what some station holds already, not for what is to be installed: a setpoint outside its own
    limits is capped (V2X.05), a period may say nothing, and profiles of one place may take turns within one validity.
    """

    evse_ids: Collection[int]
    replacing: Replacing = Replacing.BY_ID
    rate_units: Collection[Unit] = tuple(Unit)
    supply_phases: int | None = None
    phase_switching: bool = True
    direct_current: bool = False
    dc_input_phase_control: bool = False
    most_stack_level: int | None = None
    most_periods: int | None = None
    most_profiles: int | None = None
    most_schedules: int = 3
    purposes: Collection[Purpose] = tuple(Purpose)
    operation_modes: Collection[Mode] = tuple(Mode)
    dynamic: bool = True
    local_time: bool = True
    random_delay: bool = True
    limit_at_soc: bool = True
    strict: bool = True
    external_ids_up_to: int | None = None
    update_rate_limit_s: float | None = None
    persistent: Collection[Purpose] = tuple(Purpose)
