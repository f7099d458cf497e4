"""What the published outcomes of OCPP 1.6 are outcomes of."""

from typing import Any, Final

from ladewerk.charging.abilities import Abilities, Replacing
from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.installed import Installed
from ladewerk.charging.occurrences import Kind
from ladewerk.ocpp import v21
from tests.charging.profiles import installed, period, relative, schedule, station_max, tx
from tests.conformance.bench import INFINITE, Scenario, both, clear, default, install, keeps, of
from tests.conformance.outcomes import Outcome

_OLD_RULES = Abilities(
    evse_ids=(1,),
    replacing=Replacing.BY_LEVEL,
    most_stack_level=5,
    most_profiles=3,
    most_periods=10,
    purposes=(Purpose.CHARGING_STATION_MAX_PROFILE, Purpose.TX_DEFAULT_PROFILE, Purpose.TX_PROFILE),
)
_FULL = tuple(installed(1, number=number, level=number) for number in (2, 3, 4))


def of16(candidate: Installation, *held: Installation, **more: Any) -> Scenario:
    return of(candidate, *held, abilities=_OLD_RULES, **more)


_ONE_OF_EACH = [station_max(number=1), installed(1, number=2, level=1), tx(number=3, level=2)]
_FAN_OUT = [installed(0, number=1), installed(0, number=2, level=1)]


def same_at_zero() -> Outcome:
    """A TxDefaultProfile on connector 0 stays there, and holds on every connector."""
    held = install(installed(0), abilities=_OLD_RULES)
    assert isinstance(held, Installed)
    return keeps([one.evse_id for one in held] == [0])


def leaves_connector_0() -> Outcome:
    criteria = v21.ClearChargingProfileType(evse_id=1)
    left = Installed(tuple(_ONE_OF_EACH)).clear(v21.ClearChargingProfileRequest(charging_profile_criteria=criteria))
    return keeps([one.evse_id for one in left] == [0])


_VALID, _CLEAR = "ValidateProfile__ValidProfile", "ClearAllProfilesWithFilter_"

V16: Final[dict[str, Scenario]] = {
    "ValidateProfile": of16(station_max()),
    "ValidateProfile__example1": of16(installed(1, kind=Kind.RECURRING, recurrency_kind=v21.RecurrencyKindEnumType.DAILY)),
    "ValidateProfile__ConnectorIdGreaterThanConnectorsSize__ReturnsFalse": both(of16(installed(2)), of16(installed(3))),
    f"{_VALID}_NegativeConnectorIdTest__ReturnsFalse": of16(installed(-1)),
    f"{_VALID}_ConnectorIdZero__ReturnsFalse": of16(tx(0)),
    f"{_VALID}_StackLevelGreaterThanMaxStackLevel__ReturnsFalse": of16(installed(1, level=6)),
    f"{_VALID}_ChargingProfileKindAbsoluteNoStartSchedule__ReturnsFalse": of16(installed(1, relative())),
    f"{_VALID}_InstalledProfilesGreaterThanMaxInstalledProfiles__ReturnsFalse": of16(installed(1), *_FULL),
    f"{_VALID}_InvalidChargingSchedule__ReturnsFalse": of16(default(period(5))),
    "ValidateProfile__PeriodLimitIsInfinity__ReturnsFalse": of16(default(period(0, INFINITE))),
    "ValidateProfile__MinChargingRateIsInfinity__ReturnsFalse": of16(installed(1, schedule(min_charging_rate=INFINITE))),
    f"{_VALID}_ChargingProfileKindRecurringNoRecurrencyKind__ReturnsFalse": of16(installed(1, kind=Kind.RECURRING)),
    f"{_VALID}_ChargingProfileKindRecurringNoStartSchedule__ReturnsFalse": of16(
        installed(1, relative(), kind=Kind.RECURRING, recurrency_kind=v21.RecurrencyKindEnumType.DAILY)
    ),
    f"{_VALID}_NoStartScheduleAllowedRelative__ReturnsTrue": of16(installed(1, relative(), kind=Kind.RELATIVE)),
    "ValidateProfile__RecurringNoStartScheduleNotAllowed__ReturnsFalse": of16(
        installed(1, relative(), kind=Kind.RECURRING, recurrency_kind=v21.RecurrencyKindEnumType.WEEKLY)
    ),
    f"{_VALID}_NotRecurrencyKindConnectorId0__ReturnsTrue": of16(station_max()),
    f"{_VALID}_NotRecurrencyKindConnectorIdNot0__ReturnsFalse": of16(
        installed(1, purpose=Purpose.CHARGING_STATION_MAX_PROFILE)
    ),
    "ValidateProfile__ValidProfileTxDefaultProfile__ReturnsTrue": of16(installed(1)),
    "ValidateProfile__AbsoluteTxProfileIgnoreNoTransaction__ReturnsTrue": of16(
        tx(transaction=None), running={}, starts=True
    ),
    "ValidateProfile_AbsoluteTxProfileTransactionIdMatches__ReturnsTrue": of16(tx()),
    "ValidateProfile__AbsoluteTxProfileConnectorId0__ReturnsFalse": of16(tx(0)),
    "ValidateProfile_AbsoluteTxProfileNoActiveTransactionIgnoreNoTransaction__ReturnsFalse": of16(
        tx(), running={}, starts=True
    ),
    "ValidateProfile_AbsoluteTxProfileTransactionIdNoMatchIgnoreNoTransaction__ReturnsFalse": of16(
        tx(transaction="t-2"), starts=True
    ),
    "ValidateProfile_AbsoluteTxProfileNoActiveTransaction__ReturnsFalse": of16(tx(), running={}),
    "ValidateProfile_AbsoluteTxProfileTransactionIdNoMatch__ReturnsFalse": of16(tx(transaction="t-2")),
    f"{_CLEAR}_AllOptionalsEmpty__ReturnsFalse": clear(_ONE_OF_EACH),
    f"{_CLEAR}_AllOptionalsEmpty_CheckIdOnly__ReturnsFalse": clear([], number=1),
    f"{_CLEAR}_NoProfiles_ProfileId_CheckIdOnly__ReturnsFalse": clear([], number=2),
    f"{_CLEAR}_Max_OnlyOneMatchingProfileId_CheckIdOnly__ReturnsTrue": clear(_ONE_OF_EACH[:1], number=1),
    f"{_CLEAR}_Max_MatchingProfileId_CheckIdOnly__ReturnsTrue": clear(_ONE_OF_EACH, number=1),
    f"{_CLEAR}_Max_MultipleNoMatchingProfileId_CheckIdOnly__ReturnsFalse": clear(_ONE_OF_EACH, number=4),
    f"{_CLEAR}_Default_OnlyOneMatchingProfileId_CheckIdOnly__ReturnsTrue": clear(_ONE_OF_EACH[1:2], number=2),
    f"{_CLEAR}_Default_MatchingProfileId_CheckIdOnly__ReturnsTrue": clear(_ONE_OF_EACH, number=2),
    f"{_CLEAR}_Default_MultipleNoMatchingProfileId_CheckIdOnly__ReturnsFalse": clear(_ONE_OF_EACH, number=5),
    f"{_CLEAR}_Tx_OnlyOneMatchingProfileId_CheckIdOnly__ReturnsTrue": clear(_ONE_OF_EACH[2:], number=3),
    f"{_CLEAR}_Tx_MatchingProfileId_CheckIdOnly__ReturnsTrue": clear(_ONE_OF_EACH, number=3),
    f"{_CLEAR}_Tx_MultipleNoMatchingProfileId_CheckIdOnly__ReturnsFalse": clear(_ONE_OF_EACH, number=6),
    f"{_CLEAR}_ConnectorId__ReturnsTrue": clear(_ONE_OF_EACH, evse_id=1),
    f"{_CLEAR}_StackLevel__ReturnsTrue": clear(_ONE_OF_EACH, stack_level=2),
    f"{_CLEAR}_ChargingProfilePurposeType__ReturnsTrue": clear(
        _ONE_OF_EACH, charging_profile_purpose=Purpose.CHARGING_STATION_MAX_PROFILE
    ),
    f"{_CLEAR}_ConnectorIdStackLevelChargingProfilePurposeType__ReturnsTrue": clear(
        _ONE_OF_EACH, evse_id=1, stack_level=1, charging_profile_purpose=Purpose.TX_DEFAULT_PROFILE
    ),
    "AddTxDefaultProfile_ConnectorId_eq_0": of16(installed(0)),
    "AddTxDefaultProfile_ConnectorId_eq_0_Retrieved_at_0__NoProfilesReturned": same_at_zero,
    f"{_CLEAR}_ConnectorId0_RemovesFannedOutTxDefault__ReturnsTrue": clear(_FAN_OUT, evse_id=0),
    f"{_CLEAR}_ConnectorId0_StackLevelFilter__ReturnsTrue": clear(_FAN_OUT, evse_id=0, stack_level=1),
    f"{_CLEAR}_ConnectorId0_PurposeFilter__ReturnsTrue": clear(
        _FAN_OUT, evse_id=0, charging_profile_purpose=Purpose.TX_DEFAULT_PROFILE
    ),
    f"{_CLEAR}_ConnectorId0_AllProfileTypes__ReturnsTrue": clear([*_FAN_OUT, *_ONE_OF_EACH], evse_id=0),
    f"{_CLEAR}_ConnectorIdN_LeavesConnector0Profiles__Unaffected": leaves_connector_0,
    f"{_CLEAR}_ConnectorId0_NoProfiles__ReturnsFalse": clear([], evse_id=0),
}
