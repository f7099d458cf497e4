"""Variables by which a station is told to follow its profiles no more, or to forget them: it counts at its rating before."""

from collections import defaultdict
from dataclasses import replace

from msgspec.structs import replace as changed

from ladewerk.clock import Clock
from ladewerk.csms.commands import CommandRefused, FollowUp
from ladewerk.csms.ledger import Ledger
from ladewerk.csms.limit.allocation import Outlet
from ladewerk.csms.limit.commanded import excess
from ladewerk.csms.limit.outlets import Outlets
from ladewerk.csms.planning.site import Fault
from ladewerk.csms.records import station_key
from ladewerk.csms.smart_charging.quirks import NOTHING_SAID, KnownQuirks, QuirksSaid
from ladewerk.csms.smart_charging.quirks_said import switched
from ladewerk.ocpp import v21

_NAMES = ("keeps_profiles", "follows_profiles")


def of_switches(
    outlets: Outlets, ledger: Ledger, clock: Clock
) -> FollowUp[v21.SetVariablesRequest, v21.SetVariablesResponse]:
    """B05: what is switched off counts before it goes out, what is switched on once the station has done so."""
    watch = _Watch(outlets, ledger, clock)

    async def before(station: str, request: v21.SetVariablesRequest) -> None:
        await watch.off(station_key(station), request)

    async def answered(station: str, request: v21.SetVariablesRequest, answer: v21.SetVariablesResponse) -> None:
        key = station_key(station)
        done = {str(one.attribute_status) for one in answer.set_variable_result}
        await watch.ended(key, request, may_be_off=bool(done & {"Accepted", "RebootRequired"}))
        if done == {"Accepted"}:
            await watch.on(key, request)

    async def refused(station: str, request: v21.SetVariablesRequest, _why: str) -> None:
        await watch.ended(station_key(station), request, may_be_off=False)

    async def unanswered(station: str, request: v21.SetVariablesRequest, _why: str) -> None:
        # When it starts again it is asked.
        await watch.ended(station_key(station), request, may_be_off=True)

    return FollowUp(before=before, answered=answered, refused=refused, unanswered=unanswered)


class _Watch:
    def __init__(self, outlets: Outlets, ledger: Ledger, clock: Clock) -> None:
        self._outlets = outlets
        self._ledger = ledger
        self._clock = clock
        self._open: defaultdict[str, set[int]] = defaultdict(set)
        """Requests that switch something off and are not answered, of each station."""
        self._before: dict[str, KnownQuirks] = {}
        """What was known before the first of them, as long as the station may have done none."""

    async def off(self, key: str, request: v21.SetVariablesRequest) -> None:
        """Raises CommandRefused where its rating does not fit."""
        switches = _only(switched(request), value=False)
        if switches == NOTHING_SAID:
            return
        known = self._known(key)
        after = _with(known, switches)
        if after != known:
            would = {evse: replace(self._outlets.of(evse), quirks=after.used()) for evse in self._outlets.behind(key)}
            now = self._clock.now()
            why = excess(would, self._outlets.known, self._outlets.fuses(now), now)
            if why is not None:
                text = f"it would follow its profiles no more, and then at {why}"
                raise CommandRefused(Fault(field="setVariableData", code="limit", params={"why": why}, text=text))
            await self._ledger.put_quirks(key, after)
        if not self._open[key]:
            self._before[key] = known
        self._open[key].add(id(request))

    async def ended(self, key: str, request: v21.SetVariablesRequest, *, may_be_off: bool) -> None:
        """A request is not open any more; if the station has done none of them, it is as it was before."""
        if id(request) not in self._open[key]:
            return
        self._open[key].discard(id(request))
        if may_be_off:
            self._before.pop(key, None)
        if not self._open[key] and (before := self._before.pop(key, None)) is not None:
            known = self._known(key)
            for name in _NAMES:
                known = _set(known, name, getattr(before.found, name), getattr(before.said, name))
            await self._ledger.put_quirks(key, known)

    async def on(self, key: str, request: v21.SetVariablesRequest) -> None:
        """The station has switched something on. Which profiles it has then is to be confirmed anew."""
        known = self._known(key)
        after = _with(known, _only(switched(request), value=True))
        if after == known or self._open[key]:
            return
        for evse in self._outlets.behind(key):
            await self._outlets.change(evse, Outlet.booted)
        await self._ledger.put_quirks(key, after)

    def _known(self, key: str) -> KnownQuirks:
        return self._ledger.quirks.get(key, KnownQuirks())


def _only(said: QuirksSaid, *, value: bool) -> QuirksSaid:
    """Of the switches in ``said`` those that are ``value``."""
    return QuirksSaid(**{name: value for name in _NAMES if getattr(said, name) is value})


def _with(known: KnownQuirks, switches: QuirksSaid) -> KnownQuirks:
    """``known`` after them: what an operator has said of it before is over."""
    for name in _NAMES:
        value = getattr(switches, name)
        if value is not None:
            known = _set(known, name, value, None)
    return known


def _set(known: KnownQuirks, name: str, found: bool | None, said: bool | None) -> KnownQuirks:
    return replace(known, found=changed(known.found, **{name: found}), said=changed(known.said, **{name: said}))
