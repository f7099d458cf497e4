"""What can be set about a vehicle: all of it, a change of some of it, and the makes that come with the simulator."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from math import inf
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ladewerk.simulator.battery import Battery
from ladewerk.simulator.vehicle import VehicleModel, WokenBy

Fraction = Annotated[float, Meta(ge=0, le=1)]
InsideFraction = Annotated[float, Meta(gt=0, lt=1)]
Seconds = Annotated[float, Meta(ge=0, le=60)]
LongSeconds = Annotated[float, Meta(ge=0, le=1_000_000)]
Amps = Annotated[float, Meta(ge=6, le=80)]
ShortfallAmps = Annotated[float, Meta(ge=0, le=5)]
ReactionSeconds = Annotated[float, Meta(ge=0, le=5)]
Capacity = Annotated[float, Meta(gt=0, le=1_000_000)]
Efficiency = Annotated[float, Meta(gt=0, le=1)]
StandbyWatts = Annotated[float, Meta(ge=0, le=10_000)]
Pauses = Annotated[int, Meta(ge=0)]
Phases = Literal[1, 2, 3]


class VehicleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One vehicle with its battery; the names of ``vehicle.VehicleModel`` and ``battery.Battery``."""

    phases: Phases = 3
    min_current_a: Amps = 6.0
    max_current_a: Amps = 16.0
    shortfall_a: ShortfallAmps = 0.2
    wake_up_s: Seconds = 2.0
    reaction_s: ReactionSeconds = 2.0
    fall_back_s: Seconds = 3.0
    sleeps_after_s: LongSeconds | None = None
    """None: never."""
    woken_by: WokenBy = WokenBy.PAUSE
    wake_pause_s: LongSeconds = 5.0
    most_pauses: Pauses | None = None
    """None: any number."""
    standby_w: StandbyWatts = 0.0
    top_up_gap: Fraction = 0.02
    ventilation: bool = False
    capacity_wh: Capacity = 58_000.0
    soc: Fraction = 0.4
    stop_soc: Fraction = 1.0
    efficiency: Efficiency = 0.92
    taper_from_soc: InsideFraction = 0.9
    end_power_fraction: InsideFraction = 0.1

    def model(self, voltage_v: float) -> VehicleModel:
        """Its make, on a grid of so many volts."""
        return VehicleModel(
            phases=self.phases,
            min_current_a=self.min_current_a,
            max_current_a=self.max_current_a,
            shortfall_a=self.shortfall_a,
            wake_up_s=self.wake_up_s,
            reaction_s=self.reaction_s,
            fall_back_s=self.fall_back_s,
            sleeps_after_s=inf if self.sleeps_after_s is None else self.sleeps_after_s,
            woken_by=self.woken_by,
            wake_pause_s=self.wake_pause_s,
            most_pauses=self.most_pauses,
            standby_w=self.standby_w,
            top_up_gap=self.top_up_gap,
            ventilation=self.ventilation,
            voltage_v=voltage_v,
        )

    def battery(self, voltage_v: float) -> Battery:
        """Its battery, on a grid of so many volts."""
        return Battery(
            capacity_wh=self.capacity_wh,
            soc=self.soc,
            max_power_w=self.max_current_a * self.phases * voltage_v,
            efficiency=self.efficiency,
            taper_from_soc=self.taper_from_soc,
            end_power_fraction=self.end_power_fraction,
            stop_soc=self.stop_soc,
        )


class VehicleChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Some of the settings of a vehicle; what is not said stays as it is. ``model`` is a make; the others differ from it."""

    model: str | UnsetType = UNSET
    phases: Phases | UnsetType = UNSET
    min_current_a: Amps | UnsetType = UNSET
    max_current_a: Amps | UnsetType = UNSET
    shortfall_a: ShortfallAmps | UnsetType = UNSET
    wake_up_s: Seconds | UnsetType = UNSET
    reaction_s: ReactionSeconds | UnsetType = UNSET
    fall_back_s: Seconds | UnsetType = UNSET
    sleeps_after_s: LongSeconds | Literal["never"] | UnsetType = UNSET
    woken_by: WokenBy | UnsetType = UNSET
    wake_pause_s: LongSeconds | UnsetType = UNSET
    most_pauses: Pauses | Literal["any"] | UnsetType = UNSET
    standby_w: StandbyWatts | UnsetType = UNSET
    top_up_gap: Fraction | UnsetType = UNSET
    ventilation: bool | UnsetType = UNSET
    capacity_wh: Capacity | UnsetType = UNSET
    soc: Fraction | UnsetType = UNSET
    stop_soc: Fraction | UnsetType = UNSET
    efficiency: Efficiency | UnsetType = UNSET
    taper_from_soc: InsideFraction | UnsetType = UNSET
    end_power_fraction: InsideFraction | UnsetType = UNSET

    def applied(self, before: VehicleSettings) -> VehicleSettings:
        """The vehicle after this change. A make keeps the state of charge. ValueError where that is no vehicle."""
        if self.model is not UNSET:
            before = msgspec.structs.replace(make(self.model), soc=before.soc)
        said = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not UNSET}
        said.pop("model", None)
        after = msgspec.structs.replace(before, **{name: _plain(value) for name, value in said.items()})
        if after.min_current_a > after.max_current_a:
            raise ValueError(f"min_current_a: expected at most max_current_a, {after.max_current_a:g} A")
        return after


def make(name: str) -> VehicleSettings:
    """The vehicle of this name; ValueError where there is none."""
    found = makes().get(name)
    if found is None:
        raise ValueError(f"model: there is no vehicle {name!r}; expected one of {', '.join(makes())}")
    return found


@cache
def makes() -> Mapping[str, VehicleSettings]:
    """The vehicles that come with the simulator, by name."""
    text = files("ladewerk.simulator").joinpath("vehicles.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, VehicleSettings])


def _plain(value: object) -> object:
    return None if value in ("never", "any") else value
