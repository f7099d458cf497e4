"""What can be done to the simulated hardware while it runs: by a hand on the panel, or by a scenario.

Both write an act in the same words, as JSON or TOML: a table whose ``do`` says which it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, get_args

import msgspec
from msgspec import UNSET, Meta

from ladewerk.simulator.faults import Faults
from ladewerk.simulator.site import Site
from ladewerk.simulator.vehicle_settings import VehicleChange, VehicleSettings
from ladewerk.simulator.world import PRESS_S, World

Duration = Annotated[float, Meta(gt=0, le=1_000_000)]
Watts = Annotated[float, Meta(ge=0, le=1_000_000)]


class Act(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """Base of all acts."""


class UnitAct(Act, frozen=True, kw_only=True):
    """One that is done at a charging unit; ``unit`` None where there is one only."""

    unit: str | None = None


class PlugIn(UnitAct, frozen=True, kw_only=True, tag="plug in"):
    """Plug the vehicle in."""


class Unplug(UnitAct, frozen=True, kw_only=True, tag="unplug"):
    """Pull the plug, while it charges too; refused while the lock holds it."""


class Press(UnitAct, frozen=True, kw_only=True, tag="press"):
    """Put a finger on a button for so long."""

    button: Literal["start", "stop"]
    for_s: Duration = PRESS_S


class PullAn(UnitAct, frozen=True, kw_only=True, tag="pull AN"):
    """Connect the board's AN input to ground so often; five times, soon after its power came, switch Modbus on."""

    times: Annotated[int, Meta(ge=1, le=100)] = 5


class ReleaseLock(UnitAct, frozen=True, kw_only=True, tag="release lock"):
    """Push the bolt open by hand, as the emergency release does, whatever is wrong with the motor."""


class RebootMeter(UnitAct, frozen=True, kw_only=True, tag="reboot meter"):
    """Restart the meter; what it has counted stays."""


class SetVehicle(UnitAct, frozen=True, kw_only=True, tag="set vehicle"):
    """Change the vehicle, or put another in its place."""

    vehicle: VehicleChange


class SetFaults(UnitAct, frozen=True, kw_only=True, tag="set faults"):
    """Set the faults that are named, and leave the others; after ``for_s`` the named ones are sound again."""

    faults: dict[str, Any]
    for_s: Duration | None = None

    def __post_init__(self) -> None:
        try:
            msgspec.convert(self.faults, Faults)
        except msgspec.ValidationError as err:
            what, _, where = str(err).partition(" - at `$")
            raise ValueError(f"{what} - at `$.faults{where or '`'}") from err


class Repair(UnitAct, frozen=True, kw_only=True, tag="repair"):
    """Make everything sound."""


class SetHouse(Act, frozen=True, kw_only=True, tag="set house"):
    """Turn household or roof by hand; ``"model"`` gives it back, None leaves it."""

    household_w: Watts | Literal["model"] | None = None
    pv_w: Watts | Literal["model"] | None = None


class End(Act, frozen=True, kw_only=True, tag="end"):
    """End the simulator, where a scenario runs it."""


AnyAct = PlugIn | Unplug | Press | PullAn | ReleaseLock | RebootMeter | SetVehicle | SetFaults | Repair | SetHouse | End

WORDS: Final = tuple(str(kind.__struct_config__.tag) for kind in get_args(AnyAct))
"""What can stand in ``do``."""

_SOUND: Final[Mapping[str, Any]] = msgspec.to_builtins(Faults())


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why an act was not done; nothing has changed."""

    code: Literal["plugged", "not_plugged", "locked", "no_unit", "which_unit", "no_vehicle", "no_scenario"]
    text: str


def perform(act: AnyAct, site: Site) -> Refused | None:
    """Do ``act`` at the moment the site has come to."""
    if isinstance(act, SetHouse):
        _set_house(act, site)
        return None
    if isinstance(act, End):
        return Refused(code="no_scenario", text="only a scenario ends the simulator")
    name = unit_of(act, site.units)
    if isinstance(name, Refused):
        return name
    return _at_unit(act, site, name)


def unit_of(act: UnitAct, units: Mapping[str, object]) -> str | Refused:
    """The name of the unit that is meant."""
    known = " or ".join(units)
    if act.unit is None:
        if len(units) == 1:
            return next(iter(units))
        return Refused(code="which_unit", text=f"which unit? expected {known}")
    if act.unit not in units:
        return Refused(code="no_unit", text=f"there is no unit {act.unit!r}; expected {known}")
    return act.unit


def _at_unit(act: UnitAct, site: Site, name: str) -> Refused | None:
    world = site.units[name]
    match act:
        case PlugIn():
            return None if world.plug_in() else Refused(code="plugged", text="the vehicle is plugged in already")
        case Unplug():
            return _unplug(world)
        case Press():
            world.press(act.button, act.for_s)
        case PullAn():
            world.board.pull_an(act.times)
        case ReleaseLock():
            world.lock.release()
        case RebootMeter():
            world.meter.reboot(world.at_s)
        case SetVehicle():
            return _set_vehicle(act, world)
        case SetFaults():
            _set_faults(act.faults, world)
            for fault in act.faults:
                site.keep(name, fault, act.for_s, _sounding(world, fault))
        case Repair():
            world.set_faults(Faults())
    return None


def _unplug(world: World) -> Refused | None:
    if world.unplug():
        return None
    if world.vehicle.plugged:
        return Refused(code="locked", text="the lock holds the plug")
    return Refused(code="not_plugged", text="no vehicle is plugged in")


def _set_vehicle(act: SetVehicle, world: World) -> Refused | None:
    try:
        world.set_vehicle(act.vehicle.applied(world.vehicle_settings))
    except ValueError as err:
        return Refused(code="no_vehicle", text=str(err))
    return None


def _set_faults(change: Mapping[str, Any], world: World) -> None:
    world.set_faults(msgspec.convert({**msgspec.to_builtins(world.faults), **change}, Faults))


def _sounding(world: World, fault: str) -> Callable[[], None]:
    return lambda: _set_faults({fault: _SOUND[fault]}, world)


def _set_house(act: SetHouse, site: Site) -> None:
    def turned(said: float | Literal["model"] | None, before_w: float | None) -> float | None:
        return before_w if said is None else None if said == "model" else said

    site.set_house(
        household_w=turned(act.household_w, site.house.household_set_w),
        pv_w=turned(act.pv_w, site.house.pv_set_w),
    )


def check_vehicle(act: AnyAct) -> str | None:
    """What is wrong with the vehicle that an act names, whatever is there before it; None where nothing is."""
    if isinstance(act, SetVehicle) and act.vehicle.model is not UNSET:
        try:
            act.vehicle.applied(VehicleSettings())
        except ValueError as err:
            return f"vehicle.{err}"
    return None
