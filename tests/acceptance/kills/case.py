"""One case: something happens at a charging point, the program is killed in the middle of it, and comes back."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress

from ladewerk.ocpp import v21
from tests.acceptance.kills.ledger import out_of_order, registers, repeats_wrongly
from tests.acceptance.kills.place import SAFE_WITHIN_S, Place, Wrong

_POWER_W = 3000.0
_TOKEN = v21.IdTokenType(id_token="0427AD12", type="ISO14443")
_TOLERANCE_WH = 12.0
"""What flows in two polls and while the vehicle follows the pilot."""


# What happens at the charging point: each until somebody is killed, or to its end.


async def by_plan(place: Place, chance: random.Random) -> None:
    """The needs come from a file, the plan from the CSMS, and it ends by its schedule or by its energy."""
    place.csms.duration_s = chance.choice((15, 40, 3600))
    place.csms.periods = chance.choice(([(0, 16.0)], [(0, 10.0), (8, 0.0), (14, 16.0)]))
    place.ask_for(chance.choice((20.0, 60.0, 5000.0)))
    await _plug_in(place)
    await place.until(lambda: _power_w(place) > _POWER_W, "power flows by plan")
    with suppress(TimeoutError):
        async with asyncio.timeout(60):
            await place.until(lambda: not place.simulator.world.lock.holds_plug, "the plan is over")
    place.simulator.front.press("stop")
    await _leave(place)


async def at_once(place: Place, chance: random.Random) -> None:
    """A person presses start, and later stop."""
    await _plug_in(place)
    await _press_until_power(place)
    await asyncio.sleep(chance.uniform(2, 25))
    place.simulator.front.press("stop")
    await _leave(place)


async def from_afar(place: Place, chance: random.Random) -> None:
    """The CSMS starts and stops the charging."""
    await _plug_in(place)
    await _told(place)
    start = v21.RequestStartTransactionRequest(id_token=_TOKEN, remote_start_id=chance.randrange(1000), evse_id=1)
    for _ in range(20):
        if place.csms.peer is not None:
            answer = await place.csms.peer.call(start)
            if answer.status is v21.RequestStartStopStatusEnumType.ACCEPTED:
                break
        await asyncio.sleep(1)
    await place.until(lambda: _power_w(place) > _POWER_W, "power flows by the CSMS")
    await asyncio.sleep(chance.uniform(2, 25))
    transaction_id = place.csms.events[-1].transaction_info.transaction_id
    if place.csms.peer is not None:
        await place.csms.peer.call(v21.RequestStopTransactionRequest(transaction_id=transaction_id))
    await _leave(place)


async def without_csms(place: Place, chance: random.Random) -> None:
    """The CSMS is gone for a while in the middle of it."""
    await _plug_in(place)
    await _press_until_power(place)
    await place.listening.aclose()
    await asyncio.sleep(chance.uniform(1, 15))
    if chance.random() < 0.5:
        await _listen_again(place)
        await asyncio.sleep(chance.uniform(0, 10))
    place.simulator.front.press("stop")
    await _leave(place)


async def only_plugged(place: Place, chance: random.Random) -> None:
    """A vehicle comes and goes."""
    for _ in range(3):
        await _plug_in(place)
        await asyncio.sleep(chance.uniform(1, 6))
        await _leave(place)
        await asyncio.sleep(2)


SCRIPTS = (by_plan, by_plan, at_once, at_once, from_afar, without_csms, only_plugged)


STUCK = "where it got stuck"
"""Told of a case in which nothing went on before the kill, as on a machine that is too busy for this pace."""


async def run_case(place: Place, seed: int, tell: Callable[[str], None]) -> None:
    """Play the case of ``seed``; ``tell`` gets what happens. Raises Wrong."""
    chance = random.Random(seed)
    await _ready(place)
    before, logged = len(place.csms.ledger.told), place.log.stat().st_size
    script = chance.choice(SCRIPTS)
    with_supervisor = chance.random() < 0.25
    tell(f"{script.__name__}, {'with' if with_supervisor else 'without'} its supervisor")
    await _until_killed(place, chance, script, tell, with_supervisor=with_supervisor)
    while chance.random() < 0.25:
        await place.start()
        await _until_killed(place, chance, None, tell, with_supervisor=with_supervisor)
    if not with_supervisor:
        await place.until(lambda: place.offer_a() == 0, "no current after the kill", patience_s=SAFE_WITHIN_S)
    await place.start()
    await place.until(lambda: place.offer_a() == 0, "no current after the start", patience_s=SAFE_WITHIN_S)
    watched = _Offers(place)
    try:
        await _listen_again(place)
        await place.until(lambda: place.csms.peer is not None, "the station is back at its CSMS")
        await _leave(place)
        await place.until(lambda: place.csms.available, "the connector is free")
        await place.until(lambda: not _undelivered(place), "every event has arrived")
    finally:
        watched.stop()
    if watched.highest_a > 0:
        raise Wrong(f"{watched.highest_a:g} A were offered though nobody asked")
    if b"Traceback" in place.log.read_bytes()[logged:]:
        raise Wrong("there is a traceback in its log")
    _check(place, before)


async def _until_killed(
    place: Place,
    chance: random.Random,
    script: Callable[[Place, random.Random], Awaitable[None]] | None,
    tell: Callable[[str], None],
    *,
    with_supervisor: bool,
) -> None:
    """Let ``script`` happen, or the start go on, and kill the program at the moment that chance has chosen."""
    program = place.program
    assert program is not None
    starting = script is None
    kind = chance.choice(("frame", "frame", "write", "write", "hardware", "time"))
    number = chance.randint(1, 12 if starting else {"frame": 40, "write": 60, "hardware": 12, "time": 1}[kind])
    after_s = chance.uniform(0, 20 if starting else 60)
    count = 0
    killed = asyncio.Event()

    def kill() -> None:
        if not killed.is_set():
            program.kill(with_supervisor=with_supervisor)
            killed.set()

    def seen(what: str) -> None:
        nonlocal count
        count += what == kind
        if what == kind and count == number:
            kill()

    tell(f"killed at {kind} {number}" if kind != "time" else f"killed after {after_s:.1f} s")
    place.on_seen = seen
    playing = asyncio.ensure_future(asyncio.sleep(20) if script is None else script(place, chance))
    waiting = asyncio.ensure_future(killed.wait())
    timer = asyncio.get_running_loop().call_later(after_s, kill) if kind == "time" else None
    try:
        await asyncio.wait((playing, waiting), return_when=asyncio.FIRST_COMPLETED)
        if not killed.is_set():
            stuck = playing.exception()
            tell("at its end" if stuck is None else f"{STUCK}: {stuck}")
            kill()
    finally:
        place.on_seen = lambda _what: None
        if timer is not None:
            timer.cancel()
        for task in (playing, waiting):
            task.cancel()
        await asyncio.gather(playing, waiting, return_exceptions=True)
    # Who starts it again may be faster than the supervisor is.
    await program.gone(with_supervisor=chance.random() < 0.7)
    place.needs.unlink(missing_ok=True)


class _Offers:
    """The highest current that the board was told to offer while somebody looks."""

    def __init__(self, place: Place) -> None:
        self.highest_a = 0.0
        self._place = place
        self._looking = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        while True:
            self.highest_a = max(self.highest_a, self._place.offer_a())
            await asyncio.sleep(0.2)

    def stop(self) -> None:
        self._looking.cancel()


async def _ready(place: Place) -> None:
    if place.program is None:
        await place.start()
    await place.until(lambda: place.csms.available, "the station is ready")


def _undelivered(place: Place) -> list[tuple[str, int]]:
    told = {(one.event.transaction_info.transaction_id, one.event.seq_no) for one in place.csms.ledger.told}
    return [*(event for event in place.journal() if event not in told), *((one, -1) for one in place.csms.ledger.open())]


def _check(place: Place, before: int) -> None:
    """Everything that must be true of the ledger. Raises Wrong."""
    ledger = place.csms.ledger
    wrong = repeats_wrongly(ledger.told)
    new = {told.event.transaction_info.transaction_id for told in ledger.told[before:]}
    committed = set(place.journal())
    transactions = ledger.transactions()
    for one in new:
        events = transactions[one]
        wrong += [f"{one}: {what}" for what in out_of_order(events)]
        wrong += [
            f"{one}: event {event.seq_no} was told and is not in the journal"
            for event in events
            if (one, event.seq_no) not in committed
        ]
    counted_wh = sum(place.simulator.world.meter.registers_wh)
    told_wh = [register_wh for one in new for event in transactions[one] for register_wh in registers(event)]
    if told_wh and abs(max(told_wh) - counted_wh) > _TOLERANCE_WH:
        wrong.append(f"the meter has counted {counted_wh:.1f} Wh, and {max(told_wh):.1f} Wh were told at last")
    if wrong:
        raise Wrong("; ".join(wrong))


def _power_w(place: Place) -> float:
    return place.simulator.world.vehicle.power_w


async def _plug_in(place: Place) -> None:
    # A battery that never gets full: what ends a session here is what the script says.
    place.simulator.world.set_soc(0.3)
    await place.until(place.simulator.world.plug_in, "the plug goes in")


async def _leave(place: Place) -> None:
    """Pull the plug; where the lock holds it, clear the fault of a lock that a busy machine did not hear."""
    world = place.simulator.world
    for _ in range(5):
        with suppress(Wrong):
            return await place.until(lambda: world.unplug() or not world.vehicle.plugged, "unplugged", patience_s=10)
        await place.reset()
    raise Wrong("the plug does not come out")


async def _told(place: Place) -> None:
    """The CSMS knows of the vehicle."""
    await place.until(lambda: place.csms.ledger.open(), "the CSMS was told of the plug")


async def _press_until_power(place: Place) -> None:
    """A person who presses again where nothing happens."""
    async with AsyncExitStack():
        for _ in range(20):
            place.simulator.front.press("start")
            with suppress(TimeoutError):
                async with asyncio.timeout(15):
                    await place.until(lambda: _power_w(place) > _POWER_W, "power flows")
                    return
    raise Wrong("no power though somebody pressed start again and again")


async def _listen_again(place: Place) -> None:
    with suppress(RuntimeError):
        await place.listening.aclose()
    await place.listening.enter_async_context(place.csms.serving())
