"""``/metrics``: what is counted and how it stands, for Prometheus."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency

from ladewerk import __version__
from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.guard import anyone
from ladewerk.csms.api.metrics_text import MEDIA_TYPE, Distribution, Family, metrics_text
from ladewerk.csms.api.refusals import refused
from ladewerk.csms.limit.fuses import SITE
from ladewerk.csms.security.roles import Right
from ladewerk.csms.watching.measures import Labels
from ladewerk.ocpp import Version
from ladewerk.refusals import Why

_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


@get("/metrics", right=Right.OPEN)
async def metrics(desk: NamedDependency[Desk], request: Request[Any, Any, Any]) -> Response[str]:
    """For whoever may read, by key or login, or asks from an address of ``metrics_from``."""
    who = anyone(request)
    if (who is None or not who.may(Right.READ)) and not _is_listed(desk, request):
        raise refused(401, "login-needed", "send a key (Authorization: Bearer lwk_...), or name the address in metrics_from")
    # As text of this very version: Prometheus 3 asks for it by name.
    return Response(metrics_text(_families(desk)), media_type=MEDIA_TYPE)


def _is_listed(desk: Desk, request: Request[Any, Any, Any]) -> bool:
    return request.client is not None and request.client.host in desk.metrics_from


def _families(desk: Desk) -> Iterator[Family | Distribution]:
    yield Family("ladewerk_build_info", "gauge", "Which Ladewerk this is.", [((__version__,), 1)], ["version"])
    yield from _of_stations(desk)
    yield from _of_messages(desk)
    yield from _of_log(desk)
    yield from _of_store(desk)
    yield from _of_plans(desk)
    yield from _of_process()


def _of_stations(desk: Desk) -> Iterator[Family | Distribution]:
    live = list(desk.connections)
    # What is nought is said, so that a rule about it has something to look at.
    versions = Counter({(str(version),): 0 for version in Version})
    versions.update((str(connection.version),) for connection in live)
    yield Family("ladewerk_connections", "gauge", "Connected stations.", versions.items(), ["version"])
    states = {("known",): len(desk.ledger.stations), ("waiting",): len(desk.ledger.waiting)}
    yield Family("ladewerk_stations", "gauge", "Stations, known and waiting to be approved.", states.items(), ["state"])
    open_calls = sum(connection.peer.open_calls for connection in live)
    yield _one("ladewerk_open_calls", "Calls to stations that wait for their turn or answer.", open_calls)
    rejected = {(str(why),): desk.refusals.counts.get(why, 0) for why in Why}
    yield Family("ladewerk_rejected_total", "counter", "Connections and requests turned away.", rejected.items(), ["reason"])
    yield _one("ladewerk_listeners", "Who listens to live events.", len(desk.live))
    dropped: list[tuple[Labels, float]] = [((), desk.measures.listeners_dropped)]
    yield Family("ladewerk_listeners_dropped_total", "counter", "Listeners dropped because they were too slow.", dropped)


def _of_messages(desk: Desk) -> Iterator[Family | Distribution]:
    measures = desk.measures
    labels = ["direction", "action", "outcome"]
    yield Family("ladewerk_messages_total", "counter", "OCPP calls that have ended.", measures.messages.items(), labels)
    told = "From a call of a station until its answer."
    yield Distribution("ladewerk_handling_seconds", told, measures.handling_s, ["action"])
    yield Distribution("ladewerk_answer_seconds", "From a call to a station until its answer.", measures.answering_s)


def _of_log(desk: Desk) -> Iterator[Family]:
    left_out: list[tuple[Labels, float]] = [((), desk.message_log.left_out)]
    yield Family("ladewerk_frames_left_out_total", "counter", "Frames the message log had no time for.", left_out)


def _of_store(desk: Desk) -> Iterator[Family | Distribution]:
    measures = desk.measures
    stored: list[tuple[Labels, float]] = [((), measures.events_stored)]
    yield Family("ladewerk_events_stored_total", "counter", "TransactionEvents that were new and are on disk.", stored)
    yield Distribution("ladewerk_commit_writes", "Writes in one transaction of the database.", measures.commit_writes)
    yield Distribution("ladewerk_commit_seconds", "How long one took, with its fsync.", measures.commit_s)
    yield _one("ladewerk_writes_waiting", "Writes that wait for the database.", desk.store.writing.waiting)


def _of_plans(desk: Desk) -> Iterator[Family | Distribution]:
    measures = desk.measures
    plans = {(outcome,): measures.plans[outcome,] for outcome in ("planned", "failed")}
    yield Family("ladewerk_plans_total", "counter", "Searches for a plan.", plans.items(), ["outcome"])
    yield Distribution("ladewerk_planning_seconds", "How long one took.", measures.planning_s)
    yield _one("ladewerk_plan_gap", "How far the last plan lies above its proven bound, relative.", measures.plan_gap)
    yield _one("ladewerk_site_limit_watts", "Grid connection, all phases together.", desk.ledger.site.limit_w)
    now = desk.clock.now()
    room, drawn = {}, {}
    for fuse in desk.outlets.fuses(now):
        if fuse.power_w is not None:
            room[fuse.name,] = fuse.power_w.at(now) or 0.0
        loads = (desk.outlets.known[key].may_draw().at(now) for key in fuse.behind if key in desk.outlets.known)
        drawn[fuse.name,] = sum(load.power_w for load in loads if load is not None)
    left = f"What is left for stations behind a fuse; {SITE} is the grid connection less its base load."
    yield Family("ladewerk_fuse_room_watts", "gauge", left, room.items(), ["fuse"])
    yield Family("ladewerk_fuse_may_draw_watts", "gauge", "What stations behind it may draw.", drawn.items(), ["fuse"])


def _of_process() -> Iterator[Family]:
    used = os.times()
    spent: list[tuple[Labels, float]] = [((), used.user + used.system)]
    yield Family("process_cpu_seconds_total", "counter", "Processor time of this program.", spent)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    yield _one("process_resident_memory_bytes", "Its memory.", pages * _PAGE_BYTES)
    yield _one("process_open_fds", "Its open files and sockets.", sum(1 for _ in Path("/proc/self/fd").iterdir()))


def _one(name: str, told: str, value: float) -> Family:
    return Family(name, "gauge", told, [((), value)])


ROUTES: Final = (metrics,)
