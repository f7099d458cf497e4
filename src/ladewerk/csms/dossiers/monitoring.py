"""Monitors that are set on variables of a station. Pure. OCPP 2.1 part 2, N02 to N06."""

from collections.abc import Iterable

import msgspec
from msgspec import UNSET

from ladewerk.csms.dossiers.names import numbered
from ladewerk.csms.dossiers.reports import Place, place_of
from ladewerk.ocpp import v21


class Monitor(msgspec.Struct, frozen=True, kw_only=True):
    """``event_notification_type`` says whose it is (preconfigured, hard-wired, set by a CSMS); None where nobody said."""

    monitor_id: int
    place: Place
    type: str
    value: float
    severity: int
    transaction: bool = False
    event_notification_type: str | None = None


def reported(said: Iterable[v21.MonitoringDataType]) -> dict[str, Monitor]:
    """Monitors of a NotifyMonitoringReport by their names."""
    return {
        numbered(one.id): Monitor(
            monitor_id=one.id,
            place=place_of(data.component, data.variable),
            type=str(one.type),
            value=one.value,
            severity=one.severity,
            transaction=one.transaction,
            event_notification_type=str(one.event_notification_type),
        )
        for data in said
        for one in data.variable_monitoring
    }


def newly_set(
    asked: Iterable[v21.SetMonitoringDataType], results: Iterable[v21.SetMonitoringResultType]
) -> dict[str, Monitor]:
    """Monitors that a station accepted; an answer repeats which question it answers, but for the value (N04)."""
    questions = {_question(data): data for data in asked}
    return {
        numbered(result.id): Monitor(
            monitor_id=result.id,
            place=place_of(data.component, data.variable),
            type=str(data.type),
            value=data.value,
            severity=data.severity,
            transaction=data.transaction is True,
            event_notification_type="CustomMonitor",
        )
        for result in results
        if result.status == "Accepted" and result.id is not UNSET
        if (data := questions.get(_question(result))) is not None
    }


def _question(said: v21.SetMonitoringDataType | v21.SetMonitoringResultType) -> tuple[str, str, int]:
    return place_of(said.component, said.variable).name, str(said.type), said.severity
