"""What a handler can reach."""

from dataclasses import dataclass

from ladewerk.clock import Clock
from ladewerk.ocpp import v21
from ladewerk.station.authorization.authorizer import Authorizer
from ladewerk.station.authorization.desk import Desk
from ladewerk.station.config import StationConfig
from ladewerk.station.device_model.model import DeviceModel
from ladewerk.station.link.availability import Availability
from ladewerk.station.link.connection_profiles import ConnectionProfiles
from ladewerk.station.link.csms_link import CsmsLink
from ladewerk.station.link.resets import Resets
from ladewerk.station.link.status import StatusReport
from ladewerk.station.smart_charging.charging_profiles import ChargingProfiles
from ladewerk.station.transactions.journal import Journal
from ladewerk.station.units import Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The station as handlers see it."""

    config: StationConfig
    clock: Clock
    units: Units
    link: CsmsLink
    profiles: ChargingProfiles
    model: DeviceModel
    authorizer: Authorizer
    desk: Desk
    availability: Availability
    ways: ConnectionProfiles
    status: StatusReport
    resets: Resets
    journal: Journal


def info(reason_code: str, text: str) -> v21.StatusInfoType:
    """Why something was not accepted."""
    return v21.StatusInfoType(reason_code=reason_code, additional_info=text)
