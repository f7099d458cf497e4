"""What a station may say before its BootNotification was accepted: what it was asked for (B02.FR.09). Pure."""

from collections.abc import Mapping
from typing import Final

from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Payload

_BY_TRIGGER: Final[Mapping[str, frozenset[str]]] = {
    "SignChargingStationCertificate": frozenset({"SignCertificate"}),
    "SignV2GCertificate": frozenset({"SignCertificate"}),
    "SignV2G20Certificate": frozenset({"SignCertificate"}),
    "SignCombinedCertificate": frozenset({"SignCertificate"}),
    # G01: by the one message or by the other.
    "StatusNotification": frozenset({"StatusNotification", "NotifyEvent"}),
}
"""Triggers that are not called like what they bring."""


def invited_by(command: Payload) -> frozenset[str]:
    """The actions that a station was asked for by ``command``."""
    match command:
        case v21.GetBaseReportRequest() | v21.GetReportRequest():
            return frozenset({"NotifyReport"})
        case v21.TriggerMessageRequest(requested_message=message):
            return _BY_TRIGGER.get(message, frozenset({str(message)}))
        case _:
            return frozenset()
