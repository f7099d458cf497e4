"""What a station and a CSMS say to each other from the plug to the plan, for tests against other people's ends."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

from ladewerk.ocpp import v21

HOST = "127.0.0.1"
NOW = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)

BOOT = v21.BootNotificationRequest(
    charging_station=v21.ChargingStationType(model="Garage", vendor_name="Ladewerk"), reason=v21.BootReasonEnumType.POWER_UP
)
STARTED = v21.TransactionEventRequest(
    event_type=v21.TransactionEventEnumType.STARTED,
    timestamp=NOW,
    trigger_reason=v21.TriggerReasonEnumType.CABLE_PLUGGED_IN,
    seq_no=0,
    transaction_info=v21.TransactionType(transaction_id="t-1", charging_state=v21.ChargingStateEnumType.EV_CONNECTED),
    evse=v21.EVSEType(id=1),
    meter_value=(
        v21.MeterValueType(
            timestamp=NOW, sampled_value=(v21.SampledValueType(value=16.5, measurand=v21.MeasurandEnumType.CURRENT_IMPORT),)
        ),
    ),
)
PROFILE = v21.SetChargingProfileRequest(
    evse_id=1,
    charging_profile=v21.ChargingProfileType(
        id=7,
        stack_level=0,
        charging_profile_purpose=v21.ChargingProfilePurposeEnumType.TX_PROFILE,
        charging_profile_kind=v21.ChargingProfileKindEnumType.ABSOLUTE,
        transaction_id="t-1",
        charging_schedule=(
            v21.ChargingScheduleType(
                id=1,
                start_schedule=NOW,
                duration=3600,
                charging_rate_unit=v21.ChargingRateUnitEnumType.A,
                charging_schedule_period=(
                    v21.ChargingSchedulePeriodType(start_period=0, limit=16.0, number_phases=3),
                    v21.ChargingSchedulePeriodType(start_period=1800, limit=0.0, number_phases=3),
                ),
            ),
        ),
    ),
)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 300))
