"""Who may come in, and which connection of a station counts."""

import asyncio
from typing import Any

import pytest

from ladewerk.clock import SystemClock
from ladewerk.csms.records import StationRecord
from ladewerk.csms.stations.passwords import hash_password, matching
from ladewerk.errors import CallFailed, CallRefused, Disconnected
from ladewerk.ocpp import v21

SECRET = "correct-horse-battery"


async def alive(station: Any) -> bool:
    try:
        await station.call(v21.HeartbeatRequest())
    except CallFailed:
        return False
    return True


def test_an_unknown_station_is_turned_away_and_listed_as_waiting(csms: Any, tiny_station: Any) -> None:
    async def go() -> None:
        async with csms(accept_unknown=False) as running:
            with pytest.raises(Disconnected, match="404"):
                async with tiny_station(running.ocpp_port, "S-1"):
                    raise AssertionError("let in")
            assert [waiting.station_id for waiting in running.ledger.waiting.values()] == ["S-1"]
            assert not running.ledger.stations

    asyncio.run(go())


def test_a_station_with_a_password_must_say_it(csms: Any, tiny_station: Any) -> None:
    async def go() -> None:
        async with csms(accept_unknown=False) as running:
            record = StationRecord(station_id="S-1", approved_at=SystemClock().now(), password_hash=hash_password(SECRET))
            await running.ledger.put_station(record)
            for wrong in (None, "wrong-horse-battery"):
                with pytest.raises(Disconnected, match="401"):
                    async with tiny_station(running.ocpp_port, "S-1", password=wrong):
                        raise AssertionError("let in")
            async with tiny_station(running.ocpp_port, "s-1", password=SECRET) as station:
                assert (await station.boot()).status == "Accepted"

    asyncio.run(go())


def test_a_password_is_kept_as_a_salted_hash() -> None:
    first, second = hash_password(SECRET), hash_password(SECRET)
    assert first != second
    assert SECRET not in first
    assert matching(SECRET.encode(), f"{hash_password(SECRET[1:])} {first}") == first
    assert matching(b"\xff" + SECRET.encode(), first) is None


def test_b02_fr09_before_its_boot_a_station_may_say_nothing_else(csms: Any, tiny_station: Any) -> None:
    async def go() -> None:
        async with csms() as running, tiny_station(running.ocpp_port) as station:
            with pytest.raises(CallRefused) as refused:
                await station.call(v21.HeartbeatRequest())
            assert refused.value.code == "SecurityError"
            assert (await station.boot()).interval > 0
            await station.call(v21.HeartbeatRequest())

    asyncio.run(go())


def test_a_station_that_merely_reconnects_need_not_boot_again(csms: Any, tiny_station: Any) -> None:
    async def go() -> None:
        async with csms() as running:
            async with tiny_station(running.ocpp_port) as station:
                await station.boot()
            async with tiny_station(running.ocpp_port) as station:
                await station.call(v21.HeartbeatRequest())
        async with csms() as running, tiny_station(running.ocpp_port) as station:
            await station.call(v21.HeartbeatRequest())

    asyncio.run(go())


def test_the_newest_connection_counts_and_the_older_is_closed(csms: Any, tiny_station: Any, until: Any) -> None:
    async def go() -> None:
        async with csms() as running, tiny_station(running.ocpp_port, "S-1") as older:
            await older.boot()
            first = running.connections.of("S-1")
            assert first is not None
            async with tiny_station(running.ocpp_port, "s-1") as newer:
                await newer.call(v21.HeartbeatRequest())
                while await alive(older):
                    pass
                # The end of the older connection does not take the newer one away.
                await newer.call(v21.HeartbeatRequest())
                connection = running.connections.of("S-1")
                assert connection is not None
                assert connection.session.generation > first.session.generation
            await until(running, lambda: running.connections.of("S-1") is None)
            assert list(running.ledger.stations) == ["s-1"]
            assert running.ledger.stations["s-1"].station_id == "S-1"

    asyncio.run(go())


def test_of_many_connections_at_once_exactly_one_lives(csms: Any, tiny_station: Any, until: Any) -> None:
    async def go() -> None:
        async with csms() as running:
            async with tiny_station(running.ocpp_port) as first:
                await first.boot()
            await until(running, lambda: running.connections.of("S-1") is None)
            async with asyncio.timeout(120):
                contexts = [tiny_station(running.ocpp_port) for _ in range(20)]
                stations = await asyncio.gather(*(context.__aenter__() for context in contexts))
                while sum(await asyncio.gather(*map(alive, stations))) > 1:
                    pass
                assert running.connections.of("S-1") is not None
                assert sum(await asyncio.gather(*map(alive, stations))) == 1
                await asyncio.gather(*(context.__aexit__(None, None, None) for context in contexts))
            await until(running, lambda: running.connections.of("S-1") is None)

    asyncio.run(go())
