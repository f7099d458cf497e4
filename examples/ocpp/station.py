"""A station without asyncio: boots, and tells of a short transaction.

python examples/ocpp/station.py [PORT]
"""

import sys
from datetime import UTC, datetime
from uuid import uuid4

from ladewerk.ocpp import connect_sync, v21

BOOT = v21.BootNotificationRequest(
    charging_station=v21.ChargingStationType(model="Garage", vendor_name="Me"),
    reason=v21.BootReasonEnumType.POWER_UP,
)


def event(kind: v21.TransactionEventEnumType, seq_no: int, transaction_id: str) -> v21.TransactionEventRequest:
    return v21.TransactionEventRequest(
        event_type=kind,
        timestamp=datetime.now(UTC),
        trigger_reason=v21.TriggerReasonEnumType.CABLE_PLUGGED_IN,
        seq_no=seq_no,
        transaction_info=v21.TransactionType(transaction_id=transaction_id),
    )


port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
with connect_sync(f"ws://127.0.0.1:{port}", identity="LW-0001") as csms:
    print(csms.call(BOOT).status.value)
    transaction_id = str(uuid4())
    sent = [csms.submit(event(kind, number, transaction_id)) for number, kind in enumerate(v21.TransactionEventEnumType)]
    for answer in sent:
        answer.result()
    print(len(sent), "events delivered")
