"""What values of OCPP 2.1 are called in OCPP 1.6 when a station says them, and the answers to what a CSMS tells it."""

from ladewerk.ocpp.v16.words import CERTIFICATE_USE, EXTENDED_TRIGGER, PROFILE_PURPOSE, RESET, UNIT, Words

# What a station says, 2.1 -> 1.6

OCCUPIED: Words = {
    "Charging": "Charging",
    "SuspendedEV": "SuspendedEV",
    "SuspendedEVSE": "SuspendedEVSE",
}
"""An occupied connector by the charging state of its transaction; all others are Preparing until energy was offered and
Finishing from then on."""

STOP_REASON: Words = {
    "DeAuthorized": "DeAuthorized",
    "EmergencyStop": "EmergencyStop",
    "EnergyLimitReached": "Other",
    "EVDisconnected": "EVDisconnected",
    "GroundFault": "Other",
    "ImmediateReset": "SoftReset",
    "Local": "Local",
    "LocalOutOfCredit": "Other",
    "MasterPass": "Local",
    "Other": "Other",
    "OvercurrentFault": "Other",
    "PowerLoss": "PowerLoss",
    "PowerQuality": "Other",
    "Reboot": "Reboot",
    "Remote": "Remote",
    "ReqEnergyTransferRejected": "Other",
    "SOCLimitReached": "Other",
    "StoppedByEV": "Other",
    "TimeLimitReached": "Other",
    "Timeout": "Other",
}

FIRMWARE_STATUS: Words = {
    "Downloaded": "Downloaded",
    "DownloadFailed": "DownloadFailed",
    "Downloading": "Downloading",
    "DownloadPaused": "Downloading",
    "DownloadScheduled": "Idle",
    "Idle": "Idle",
    "InstallationFailed": "InstallationFailed",
    "Installed": "Installed",
    "Installing": "Installing",
    "InstallRebooting": "Installing",
    "InstallScheduled": "Downloaded",
    "InstallVerificationFailed": "InstallationFailed",
    "InvalidSignature": "DownloadFailed",
    "SignatureVerified": "Downloaded",
}
"""Of an update that SignedUpdateFirmware did not ask for; that one has all words of 2.1."""

DIAGNOSTICS_STATUS: Words = {
    "AcceptedCanceled": "UploadFailed",
    "BadMessage": "UploadFailed",
    "Idle": "Idle",
    "NotSupportedOperation": "UploadFailed",
    "PermissionDenied": "UploadFailed",
    "Uploaded": "Uploaded",
    "UploadFailure": "UploadFailed",
    "Uploading": "Uploading",
}
"""Of a log that GetLog did not ask for; that one has all words of 2.1."""

OLD_UNIT: Words = {new: old for old, new in UNIT.items() if old != "Celcius"}
"""All others are the same, or the sample is left out."""

# What a CSMS tells a station, 1.6 -> 2.1

NEW_PURPOSE: Words = {old: new for new, old in PROFILE_PURPOSE.items()}
NEW_CERTIFICATE_USE: Words = {old: new for new, old in CERTIFICATE_USE.items()}

NEW_RESET: Words = dict.fromkeys(RESET.values(), "Immediate")
"""Both end running transactions, as Immediate does; OnIdle would wait for their end."""

NEW_TRIGGER: Words = {
    "BootNotification": "BootNotification",
    "DiagnosticsStatusNotification": "LogStatusNotification",
    "FirmwareStatusNotification": "FirmwareStatusNotification",
    "Heartbeat": "Heartbeat",
    "MeterValues": "MeterValues",
    "StatusNotification": "StatusNotification",
    **{old: new for new, old in EXTENDED_TRIGGER.items()},
}
"""MeterValues are TransactionEvent while the CSMS knows of a transaction there."""

# The station's answers, 2.1 -> 1.6

RESET_ANSWER: Words = {"Accepted": "Accepted", "Rejected": "Rejected", "Scheduled": "Accepted"}
UNLOCK_ANSWER: Words = {
    "Unlocked": "Unlocked",
    "UnlockFailed": "UnlockFailed",
    "OngoingAuthorizedTransaction": "UnlockFailed",
    "UnknownConnector": "NotSupported",
}
SET_ANSWER: Words = {
    "Accepted": "Accepted",
    "Rejected": "Rejected",
    "RebootRequired": "RebootRequired",
    "UnknownComponent": "NotSupported",
    "UnknownVariable": "NotSupported",
    "NotSupportedAttributeType": "NotSupported",
}
REPLACED = frozenset({"DuplicateProfile", "InvalidStackLevel"})
"""The reasonCodes with which 2.1 rejects a profile that in 1.6 takes the place of another."""

# Configuration

READ_ONLY = frozenset(
    {
        "CertificateStoreMaxLength",
        "ChargeProfileMaxStackLevel",
        "ChargingScheduleMaxPeriods",
        "ConnectorSwitch3to1PhaseSupported",
        "MaxChargingProfilesInstalled",
        "NumberOfConnectors",
        "ReserveConnectorZeroSupported",
        "SendLocalListMaxLength",
        "SupportedFeatureProfiles",
    }
)

FEATURE: dict[str, tuple[str, str]] = {
    "LocalAuthListManagement": ("LocalAuthListCtrlr", "Enabled"),
    "Reservation": ("ReservationCtrlr", "Enabled"),
    "SmartCharging": ("SmartChargingCtrlr", "Enabled"),
}
"""Feature profile -> the variable that is true where the station has it; Core and RemoteTrigger it always has."""
