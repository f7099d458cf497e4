"""What a station says in OCPP 2.1 said to a CSMS of OCPP 1.6, and what that tells it in the words of OCPP 2.1.

A message may be several of the other version or none. What 1.6 has no word for is dropped where it only informs, and refused
where something hangs on the answer.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp.messages import Payload
from ladewerk.ocpp.transaction_numbers import BegunTransactions
from ladewerk.ocpp.v16.dialogue import Down, Up
from ladewerk.ocpp.v16.station import (
    certificates,
    commands,
    configuration,
    maintenance,
    profiles,
    reports,
    transactions,
)
from ladewerk.ocpp.v16.station.memory import Memory
from ladewerk.ocpp.v21 import types as v21
from ladewerk.ocpp.v21.codec import action_of

SAID: Mapping[str, Callable[[Any, Memory], Down]] = {
    "Authorize": reports.authorize,
    "BootNotification": reports.boot_notification,
    "DataTransfer": reports.data_transfer,
    "FirmwareStatusNotification": maintenance.firmware_status,
    "Heartbeat": reports.heartbeat,
    "LogStatusNotification": maintenance.log_status,
    "MeterValues": reports.meter_values,
    "NotifyEvent": reports.notify_event,
    "SecurityEventNotification": reports.security_event,
    "SignCertificate": certificates.sign_certificate,
    "StatusNotification": reports.status_notification,
    "TransactionEvent": transactions.transaction_event,
}
"""Action of 2.1 -> how a station says it in 1.6."""

DROPPED: Mapping[str, Payload] = {
    "ClearedChargingLimit": v21.ClearedChargingLimitResponse(),
    "NotifyChargingLimit": v21.NotifyChargingLimitResponse(),
    "NotifyCustomerInformation": v21.NotifyCustomerInformationResponse(),
    "NotifyDERAlarm": v21.NotifyDERAlarmResponse(),
    "NotifyDERStartStop": v21.NotifyDERStartStopResponse(),
    "NotifyDisplayMessages": v21.NotifyDisplayMessagesResponse(),
    "NotifyMonitoringReport": v21.NotifyMonitoringReportResponse(),
    "NotifyPriorityCharging": v21.NotifyPriorityChargingResponse(),
    "NotifyReport": v21.NotifyReportResponse(),
    "PublishFirmwareStatusNotification": v21.PublishFirmwareStatusNotificationResponse(),
    "ReportChargingProfiles": v21.ReportChargingProfilesResponse(),
    "ReportDERControl": v21.ReportDERControlResponse(),
    "ReservationStatusUpdate": v21.ReservationStatusUpdateResponse(),
}
"""They tell a CSMS what 1.6 has no word for, and no answer to them says anything; this one is given at once."""

REFUSED: Final = frozenset(
    {
        "BatterySwap",
        "ClosePeriodicEventStream",
        "Get15118EVCertificate",
        "GetCertificateChainStatus",
        "GetCertificateStatus",
        "NotifyEVChargingNeeds",
        "NotifyEVChargingSchedule",
        "NotifyPeriodicEventStream",
        "NotifySettlement",
        "OpenPeriodicEventStream",
        "PullDynamicScheduleUpdate",
        "VatNumberValidation",
    }
)
"""Something hangs on their answer, or on their arrival, so a station has to know that they cannot be said."""

HEARD: Mapping[str, tuple[str, Callable[[Any, Memory], Up]]] = {
    "CancelReservation": ("CancelReservation", commands.cancel_reservation),
    "CertificateSigned": ("CertificateSigned", certificates.certificate_signed),
    "ChangeAvailability": ("ChangeAvailability", commands.change_availability),
    "ChangeConfiguration": ("SetVariables", configuration.change_configuration),
    "ClearCache": ("ClearCache", commands.clear_cache),
    "ClearChargingProfile": ("ClearChargingProfile", profiles.clear_charging_profile),
    "DataTransfer": ("DataTransfer", commands.data_transfer),
    "DeleteCertificate": ("DeleteCertificate", certificates.delete_certificate),
    "ExtendedTriggerMessage": ("TriggerMessage", commands.extended_trigger_message),
    "GetCompositeSchedule": ("GetCompositeSchedule", profiles.get_composite_schedule),
    "GetConfiguration": ("GetVariables", configuration.get_configuration),
    "GetDiagnostics": ("GetLog", maintenance.get_diagnostics),
    "GetInstalledCertificateIds": ("GetInstalledCertificateIds", certificates.get_installed_certificate_ids),
    "GetLocalListVersion": ("GetLocalListVersion", commands.get_local_list_version),
    "GetLog": ("GetLog", maintenance.get_log),
    "InstallCertificate": ("InstallCertificate", certificates.install_certificate),
    "RemoteStartTransaction": ("RequestStartTransaction", commands.remote_start_transaction),
    "RemoteStopTransaction": ("RequestStopTransaction", commands.remote_stop_transaction),
    "ReserveNow": ("ReserveNow", commands.reserve_now),
    "Reset": ("Reset", commands.reset),
    "SendLocalList": ("SendLocalList", commands.send_local_list),
    "SetChargingProfile": ("SetChargingProfile", profiles.set_charging_profile),
    "SignedUpdateFirmware": ("UpdateFirmware", maintenance.signed_update_firmware),
    "TriggerMessage": ("TriggerMessage", commands.trigger_message),
    "UnlockConnector": ("UnlockConnector", commands.unlock_connector),
    "UpdateFirmware": ("UpdateFirmware", maintenance.update_firmware),
}
"""Action of 1.6 -> the action of 2.1 it is foremost, and how."""


class StationTranslation:
    """One connection to a CSMS; ``begun`` outlives it."""

    def __init__(self, begun: BegunTransactions) -> None:
        self._memory = Memory(begun=begun)

    def up(self, action: str, request: Payload, _received_at: datetime) -> Up:
        """What a valid 1.6 request of ``action`` tells a station; NotSupported for what only a station says."""
        if action not in HEARD:
            raise RemoteProtocolError("NotSupported", f"{action} is no message of a CSMS")
        return HEARD[action][1](request, self._memory)

    def down(self, request: Payload) -> Down:
        """How a station says ``request``; LocalProtocolError if 1.6 cannot say it."""
        action = action_of(request).name
        if action in DROPPED:
            return _dropped(DROPPED[action])
        if action in SAID:
            return SAID[action](request, self._memory)
        raise LocalProtocolError(f"OCPP 1.6 has no way for a station to say {action}")


def _dropped(answer: Payload) -> Down:
    yield from ()
    return answer
