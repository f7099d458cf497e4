"""A station at a 1.6 CSMS that has begun a transaction, and the answers of its handlers, one after the other."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Payload

if TYPE_CHECKING:
    from tests.ocpp.v16.conftest import Wire

NOW = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
ACCEPTED: dict[str, Any] = {
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
    "StartTransaction": {"idTagInfo": {"status": "Accepted"}, "transactionId": 7},
}

PROFILE: dict[str, Any] = {
    "chargingProfileId": 1,
    "stackLevel": 2,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0, "numberPhases": 3}],
    },
}


def run_transaction(wire: "Wire", transaction_id: str = "t-1", evse_id: int = 1) -> None:
    """Transaction 7 of the CSMS."""
    event = v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType.STARTED,
        timestamp=NOW,
        trigger_reason=v21.TriggerReasonEnumType.AUTHORIZED,
        seq_no=0,
        transaction_info=v21.TransactionType(transaction_id=transaction_id),
        evse=v21.EVSEType(id=evse_id),
        id_token=v21.IdTokenType(id_token="A", type="ISO14443"),
        meter_value=(v21.MeterValueType(timestamp=NOW, sampled_value=(v21.SampledValueType(value=0.0),)),),
    )
    wire.converses(event, lambda action, _: ACCEPTED.get(action, {}))


def answering(*answers: Any) -> Callable[[Any], Payload]:
    """Each request with the next; what is an error is raised into the translation."""
    left = list(answers)
    return lambda _request: left.pop(0)
