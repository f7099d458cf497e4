"""What the API shows, and how it is read out of the ledger. Units stand in the names; times are aware."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Literal

import msgspec

from ladewerk.csms.ledger import EvseKey, Ledger, WaitingStation
from ladewerk.csms.planning.plan_words import read_at
from ladewerk.csms.planning.site import Site
from ladewerk.csms.planning.zones import site_zone_name
from ladewerk.csms.records import ChargingNeed, StationRecord, StoredPlan, station_key
from ladewerk.csms.stations.connections import Connections
from ladewerk.csms.transactions import Transaction
from ladewerk.csms.watching.exchanges import End, Exchange
from ladewerk.csms.watching.frame_log import LoggedFrame

Direction = Literal["received", "sent"]
StationState = Literal["online", "offline", "waiting"]


class EvseView(msgspec.Struct, frozen=True, kw_only=True):
    """An EVSE of a station; ``status`` is its connector's, ``offered_a`` what it offers the car per phase."""

    id: int
    status: str | None
    charging_state: str | None
    transaction_id: str | None
    power_w: float | None
    energy_wh: float | None
    offered_a: float | None


class StationView(msgspec.Struct, frozen=True, kw_only=True):
    """A station; one that is ``waiting`` has tried to connect and needs to be approved."""

    id: str
    state: StationState
    version: str | None
    vendor: str | None
    model: str | None
    firmware: str | None
    connected_since: datetime | None
    last_seen: datetime | None
    has_password: bool
    evses: list[EvseView]


class NeedView(msgspec.Struct, frozen=True, kw_only=True):
    """What a car needs; ``reason`` says why its plan has not arrived."""

    station_id: str
    evse_id: int
    transaction_id: str | None
    mode: str
    energy_wh: float
    depart_at: datetime | None
    min_current_a: float
    max_current_a: float
    phases: int
    received_at: datetime
    state: str
    reason: str


class PlanSlotView(msgspec.Struct, frozen=True, kw_only=True):
    """One slot of a plan; ``current_a`` per phase, ``reason`` why not more."""

    start_at: datetime
    duration_s: float
    current_a: float
    power_w: float
    base_load_w: float
    limit_w: float
    price_per_kwh: float
    reason: str


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """A plan with its reasons; ``base_load_w`` holds what the other cars are to draw, too; ``fuse`` leaves it no more."""

    id: str
    station_id: str
    evse_id: int
    transaction_id: str
    created_at: datetime
    mode: str
    slots: list[PlanSlotView]
    energy_wh: float
    missing_wh: float
    complete_at: datetime | None
    cost: float
    cost_if_at_once: float
    currency: str
    peak_w: float
    limit_w: float
    gap: float
    solver: str
    fuse: str | None
    summary: dict[str, str]


class PlanHead(msgspec.Struct, frozen=True, kw_only=True):
    """A plan without its slots, and with its sentences as they were when it was made."""

    id: str
    station_id: str
    evse_id: int
    transaction_id: str
    created_at: datetime
    mode: str
    energy_wh: float
    missing_wh: float
    complete_at: datetime | None
    cost: float
    cost_if_at_once: float
    currency: str
    peak_w: float
    limit_w: float
    gap: float
    solver: str
    summary: dict[str, str]


class TransactionView(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction; ``authorized_by`` says by what right its token was accepted."""

    station_id: str
    transaction_id: str
    evse_id: int | None
    started_at: datetime | None
    ended_at: datetime | None
    updated_at: datetime
    charging_state: str | None
    stopped_reason: str | None
    id_token: str | None
    id_token_type: str | None
    authorized_by: str | None
    energy_wh: float | None
    power_w: float | None


class FrameView(msgspec.Struct, frozen=True, kw_only=True):
    """A frame on the wire; ``sent`` by the CSMS. Numbers begin with each start of the program."""

    number: int
    at: datetime
    station_id: str
    sent: bool
    text: str


class ExchangeView(msgspec.Struct, frozen=True, kw_only=True):
    """An OCPP message and its answer as they went over the wire, without secrets; ``sent`` ones are calls of the CSMS.

    ``stray`` is what answers no call that is known, and what is no OCPP: its text is the ``request``.
    """

    number: int
    station_id: str
    at: datetime
    direction: Direction
    action: str
    message_id: str
    outcome: End
    request: str
    answer: str | None
    answered_at: datetime | None


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the page shows but the frames; sentences tell times in ``time_zone``, which always has a name."""

    now: datetime
    time_zone: str
    site: Site
    stations: list[StationView]
    needs: list[NeedView]
    plans: list[PlanView]


def overview(ledger: Ledger, connections: Connections, now: datetime) -> Overview:
    """What is known at ``now``; of needs and plans the newest of each EVSE."""
    return Overview(
        now=now,
        time_zone=site_zone_name(ledger.site),
        site=ledger.site,
        stations=station_views(ledger, connections),
        needs=[need_view(need) for _, need in sorted(ledger.needs.items())],
        plans=[plan_view(read_at(plan, ledger.site, now)) for _, plan in sorted(ledger.plans.items())],
    )


def station_views(ledger: Ledger, connections: Connections) -> list[StationView]:
    """Known stations by identity, then those that wait."""
    evses = {key: list(group) for key, group in groupby(ledger.evse_keys(), key=lambda evse: evse[0])}
    known = [
        _station_view(station, evses.get(key, []), ledger, connections) for key, station in sorted(ledger.stations.items())
    ]
    return known + [_waiting_view(waiting) for waiting in reversed(ledger.waiting.values())]


def station_names(ledger: Ledger, search: str, after: str) -> list[str]:
    """The keys of the stations behind ``after`` with ``search`` in them, known and waiting, in order."""
    names = ledger.stations.keys() | ledger.waiting.keys()
    return sorted(name for name in names if name > after and station_key(search) in name)


def station_or_waiting(key: str, ledger: Ledger, connections: Connections) -> StationView:
    """The station of that key, known or waiting."""
    known = ledger.stations.get(key)
    return _waiting_view(ledger.waiting[key]) if known is None else station_view(known, ledger, connections)


def _waiting_view(waiting: WaitingStation) -> StationView:
    return StationView(
        id=waiting.station_id,
        state="waiting",
        version=None,
        vendor=None,
        model=None,
        firmware=None,
        connected_since=None,
        last_seen=waiting.last_seen,
        has_password=False,
        evses=[],
    )


def station_view(station: StationRecord, ledger: Ledger, connections: Connections) -> StationView:
    """A known station."""
    return _station_view(station, [key for key in ledger.evse_keys() if key[0] == station.key], ledger, connections)


def _station_view(station: StationRecord, evses: Sequence[EvseKey], ledger: Ledger, connections: Connections) -> StationView:
    connection = connections.of(station.station_id)
    return StationView(
        id=station.station_id,
        state="offline" if connection is None else "online",
        version=station.version,
        vendor=station.vendor,
        model=station.model,
        firmware=station.firmware,
        connected_since=None if connection is None else connection.since,
        last_seen=station.last_seen,
        has_password=station.password_hash is not None,
        evses=[_evse_view(key, ledger) for key in evses],
    )


def _evse_view(key: EvseKey, ledger: Ledger) -> EvseView:
    statuses = [status.status for place, status in sorted(ledger.connectors.items()) if place[:2] == key]
    transaction = ledger.latest_transaction(key)
    running = transaction if transaction is not None and transaction.is_open else None
    return EvseView(
        id=key[1],
        status=next((status for status in statuses if status != "Available"), statuses[0] if statuses else None),
        charging_state=None if running is None else running.charging_state,
        transaction_id=None if running is None else running.transaction_id,
        power_w=None if transaction is None else transaction.power_w,
        energy_wh=None if transaction is None else transaction.energy_wh,
        offered_a=None if running is None else running.offered_a,
    )


def need_view(need: ChargingNeed) -> NeedView:
    """A need as it was said."""
    return NeedView(
        station_id=need.station_id,
        evse_id=need.evse_id,
        transaction_id=need.transaction_id,
        mode=need.mode,
        energy_wh=need.energy_wh,
        depart_at=need.depart_at,
        min_current_a=need.min_current_a,
        max_current_a=need.max_current_a,
        phases=need.phases,
        received_at=need.received_at,
        state=need.state,
        reason=need.reason,
    )


def plan_view(plan: StoredPlan) -> PlanView:
    """A plan as it was made."""
    return msgspec.convert(msgspec.to_builtins(plan) | {"id": str(plan.number)}, PlanView)


def plan_head(plan: StoredPlan) -> PlanHead:
    """A plan in a list."""
    named = {name: getattr(plan, name) for name in PlanHead.__struct_fields__ if name != "id"}
    return PlanHead(id=str(plan.number), **named)


def transaction_view(transaction: Transaction) -> TransactionView:
    """A transaction after its newest event."""
    return TransactionView(
        station_id=transaction.station_id,
        transaction_id=transaction.transaction_id,
        evse_id=transaction.evse_id,
        started_at=transaction.started_at,
        ended_at=transaction.ended_at,
        updated_at=transaction.updated_at,
        charging_state=transaction.charging_state,
        stopped_reason=transaction.stopped_reason,
        id_token=transaction.id_token,
        id_token_type=transaction.id_token_type,
        authorized_by=transaction.authorized_by,
        energy_wh=transaction.energy_wh,
        power_w=transaction.power_w,
    )


def exchange_view(exchange: Exchange) -> ExchangeView:
    """An exchange of the message log."""
    return ExchangeView(
        number=exchange.number,
        station_id=exchange.station_id,
        at=exchange.at,
        direction="sent" if exchange.sent else "received",
        action=exchange.action,
        message_id=exchange.message_id,
        outcome=exchange.end,
        request=exchange.request,
        answer=exchange.answer,
        answered_at=exchange.answered_at,
    )


def frame_view(frame: LoggedFrame) -> FrameView:
    """A frame for the console."""
    return FrameView(number=frame.number, at=frame.at, station_id=frame.station_id, sent=frame.sent, text=frame.text)
