"""What the API can see of the station."""

from collections.abc import Callable
from dataclasses import dataclass

from ladewerk.station.authorization.desk import Desk
from ladewerk.station.history.archive import Archive
from ladewerk.station.reconfiguration import Reconfiguration
from ladewerk.station.smart_charging.charging_profiles import ChargingProfiles
from ladewerk.station.units import Units
from ladewerk.station.view import Json


@dataclass(frozen=True, slots=True)
class Seen:
    """The units to give orders to, and the whole as JSON."""

    units: Units
    state: Callable[[], Json]
    profiles: ChargingProfiles
    reconfiguration: Reconfiguration
    desk: Desk
    archive: Archive
    time_zone: str | None
    login_tried: Callable[[bool], None]
    """Wants to hear of each password that is given, and whether it is the right one."""
