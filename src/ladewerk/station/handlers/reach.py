"""What a handler can reach."""

import asyncio
from dataclasses import dataclass, field

from ladewerk.clock import Clock
from ladewerk.ocpp import v21
from ladewerk.station.charging_profiles import ChargingProfiles
from ladewerk.station.config import StationConfig
from ladewerk.station.csms_link import CsmsLink
from ladewerk.station.units import Units


@dataclass(frozen=True, slots=True)
class Reach:
    """The station as handlers see it; ``reset_asked`` ends it in an orderly way, to begin anew."""

    config: StationConfig
    clock: Clock
    units: Units
    link: CsmsLink
    profiles: ChargingProfiles
    reset_asked: asyncio.Event = field(default_factory=asyncio.Event)


def info(reason_code: str, text: str) -> v21.StatusInfoType:
    """Why something was not accepted."""
    return v21.StatusInfoType(reason_code=reason_code, additional_info=text)
