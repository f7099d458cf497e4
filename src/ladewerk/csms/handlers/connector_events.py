"""Connectors that say how they are by an event of their variable AvailabilityState (G01). Pure."""

from collections.abc import Iterable, Iterator

from msgspec import UNSET

from ladewerk.csms.handlers.places import MOST_CONNECTORS, MOST_EVSES
from ladewerk.csms.records import ConnectorStatus
from ladewerk.ocpp import v21


def connector_statuses(station_id: str, events: Iterable[v21.EventDataType]) -> Iterator[ConnectorStatus]:
    """What ``events`` say of connectors; of what can be none, and in words that are no status, nothing."""
    for event in events:
        evse = event.component.evse
        if (event.component.name.casefold(), event.variable.name.casefold()) != ("connector", "availabilitystate"):
            continue
        if evse is UNSET or evse.connector_id is UNSET or event.actual_value not in set(v21.ConnectorStatusEnumType):
            continue
        if 1 <= evse.id <= MOST_EVSES and 1 <= evse.connector_id <= MOST_CONNECTORS:
            yield ConnectorStatus(
                station_id=station_id,
                evse_id=evse.id,
                connector_id=evse.connector_id,
                status=event.actual_value,
                at=event.timestamp,
            )
