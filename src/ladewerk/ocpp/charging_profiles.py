"""Charging profiles by themselves, outside of a message: read in the wire form of any version."""

from ladewerk.ocpp.messages import decode
from ladewerk.ocpp.v21 import types as v21
from ladewerk.ocpp.version import Version


def read_charging_profile(version: Version, payload: bytes) -> v21.ChargingProfileType:
    """Read one ChargingProfile; RemoteProtocolError carries the JSON path of what cannot be read.

    One of 2.0.1 is read with the fields of 2.1, which has all of them: there are stations of 2.0.1 that take some of the others.
    """
    if version is Version.V16:
        from ladewerk.ocpp.v16.installing import charging_profile_up

        return charging_profile_up(payload)
    return decode(v21.ChargingProfileType, payload)
