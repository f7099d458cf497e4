"""OCPP 1.6 in the words of OCPP 2.1 and back, for a CSMS: what its stations say goes up, what it tells them goes down.

Connector n of 1.6 is EVSE n with one connector, connector 0 is the station. A message may be several of the other version
or none, and some depend on what was said before: :class:`Translation` is one connection's.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp.codec import Saying
from ladewerk.ocpp.messages import Payload
from ladewerk.ocpp.transaction_numbers import StartedTransactions
from ladewerk.ocpp.v16 import certificates, charging, commands, configuration, maintenance, station_messages, transactions
from ladewerk.ocpp.v16.dialogue import Up
from ladewerk.ocpp.v16.memory import Memory
from ladewerk.ocpp.v16.omissions import check_sayable
from ladewerk.ocpp.v21.codec import action_of

UP: Mapping[str, tuple[str, Callable[[Any, Memory, datetime], Up]]] = {
    "Authorize": ("Authorize", station_messages.authorize),
    "BootNotification": ("BootNotification", station_messages.boot_notification),
    "DataTransfer": ("DataTransfer", station_messages.data_transfer),
    "DiagnosticsStatusNotification": ("LogStatusNotification", station_messages.diagnostics_status),
    "FirmwareStatusNotification": ("FirmwareStatusNotification", station_messages.firmware_status),
    "Heartbeat": ("Heartbeat", station_messages.heartbeat),
    "LogStatusNotification": ("LogStatusNotification", station_messages.log_status),
    "MeterValues": ("MeterValues", transactions.heard_meter_values),
    "SecurityEventNotification": ("SecurityEventNotification", station_messages.security_event),
    "SignCertificate": ("SignCertificate", station_messages.sign_certificate),
    "SignedFirmwareStatusNotification": ("FirmwareStatusNotification", station_messages.signed_firmware_status),
    "StartTransaction": ("TransactionEvent", transactions.start_transaction),
    "StatusNotification": ("StatusNotification", station_messages.status_notification),
    "StopTransaction": ("TransactionEvent", transactions.stop_transaction),
}
"""Action of 1.6 -> the action of 2.1 it is foremost, and how."""

DOWN: Mapping[str, Callable[[Any, Memory], Saying]] = {
    "CancelReservation": commands.cancel_reservation,
    "CertificateSigned": certificates.certificate_signed,
    "ChangeAvailability": commands.change_availability,
    "ClearCache": commands.clear_cache,
    "ClearChargingProfile": charging.clear_charging_profile,
    "DataTransfer": commands.data_transfer,
    "DeleteCertificate": certificates.delete_certificate,
    "GetBaseReport": configuration.get_base_report,
    "GetCompositeSchedule": charging.get_composite_schedule,
    "GetInstalledCertificateIds": certificates.get_installed_certificate_ids,
    "GetLocalListVersion": commands.get_local_list_version,
    "GetLog": maintenance.get_log,
    "GetVariables": configuration.get_variables,
    "InstallCertificate": certificates.install_certificate,
    "RequestStartTransaction": commands.request_start_transaction,
    "RequestStopTransaction": commands.request_stop_transaction,
    "ReserveNow": commands.reserve_now,
    "Reset": commands.reset,
    "SendLocalList": commands.send_local_list,
    "SetChargingProfile": charging.set_charging_profile,
    "SetVariables": configuration.set_variables,
    "TriggerMessage": commands.trigger_message,
    "UnlockConnector": commands.unlock_connector,
    "UpdateFirmware": maintenance.update_firmware,
}
"""Action of 2.1 -> how it is said in 1.6."""

REFUSED: Final = frozenset(
    {
        "AFRRSignal",
        "AdjustPeriodicEventStream",
        "ChangeTransactionTariff",
        "ClearDERControl",
        "ClearDisplayMessage",
        "ClearTariffs",
        "ClearVariableMonitoring",
        "CostUpdated",
        "CustomerInformation",
        "GetChargingProfiles",
        "GetDERControl",
        "GetDisplayMessages",
        "GetMonitoringReport",
        "GetPeriodicEventStream",
        "GetReport",
        "GetTariffs",
        "GetTransactionStatus",
        "NotifyAllowedEnergyTransfer",
        "NotifyWebPaymentStarted",
        "PublishFirmware",
        "RequestBatterySwap",
        "SetDERControl",
        "SetDefaultTariff",
        "SetDisplayMessage",
        "SetMonitoringBase",
        "SetMonitoringLevel",
        "SetNetworkProfile",
        "SetVariableMonitoring",
        "UnpublishFirmware",
        "UpdateDynamicSchedule",
        "UsePriorityCharging",
    }
)
"""1.6 has no way for a CSMS to say them, and whoever says them has to know."""


class Translation:
    """One connection of a station; ``started`` numbers the transactions of all."""

    def __init__(self, identity: str, started: StartedTransactions) -> None:
        # Identities are told apart without regard to case (OCPP-J 2.x, identifierString).
        self._memory = Memory(identity=identity.casefold(), started=started)

    def up(self, action: str, request: Payload, received_at: datetime) -> Up:
        """What a valid 1.6 request of ``action`` says; NotSupported for what only a CSMS says."""
        if action not in UP:
            raise RemoteProtocolError("NotSupported", f"{action} is no message of a station")
        return UP[action][1](request, self._memory, received_at)

    def down(self, request: Payload) -> Saying:
        """How ``request`` is said; LocalProtocolError if 1.6 cannot say it."""
        action = action_of(request).name
        if action not in DOWN:
            raise LocalProtocolError(f"OCPP 1.6 has no way for a CSMS to say {action}")
        check_sayable(request)
        return DOWN[action](request, self._memory)
