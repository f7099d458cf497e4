"""Charging profiles by themselves, outside of a message: read in the wire form of any version."""

from msgspec import UNSET

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp.messages import decode, write
from ladewerk.ocpp.v21 import types as v21
from ladewerk.ocpp.version import Version


def read_charging_profile(version: Version, payload: bytes) -> v21.ChargingProfileType:
    """Read one ChargingProfile; RemoteProtocolError carries the JSON path of what cannot be read.

    One of 2.0.1 is read with the fields of 2.1, which has them all: some stations of 2.0.1 take more than their own.
    """
    if version is not Version.V16:
        return decode(v21.ChargingProfileType, payload)
    from ladewerk.ocpp.v16 import types as v16
    from ladewerk.ocpp.v16.station.profiles import new_profile

    old = decode(v16.ChargingProfile, payload)
    number = old.transaction_id
    try:
        return decode(v21.ChargingProfileType, write(new_profile(old, number if number is UNSET else str(number))))
    except RemoteProtocolError as err:  # 2.1 bounds numbers that 1.6 does not; a 1.6 profile has one schedule
        path = err.path.replace("chargingSchedule[0]", "chargingSchedule")
        raise RemoteProtocolError(err.code, err.description.replace(err.path, path), path=path) from err
