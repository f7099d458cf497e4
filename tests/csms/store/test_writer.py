"""The one that writes."""

import asyncio

import pytest
from sqlalchemy import Connection, create_engine

from ladewerk.csms.store.writer import Writer


def test_a_write_that_is_wrong_in_itself_fails_alone_and_the_writer_goes_on() -> None:
    def wrong(_connection: Connection) -> int:
        raise KeyError("a bug")

    def right(_connection: Connection) -> int:
        return 7

    async def go() -> None:
        engine = create_engine("sqlite://")
        async with Writer(engine).running() as writer:
            results = await asyncio.gather(
                writer.write(right), writer.write(wrong), writer.write(right), return_exceptions=True
            )
            assert [results[0], results[2]] == [7, 7]
            assert isinstance(results[1], KeyError)
            assert await writer.write(right) == 7
        engine.dispose()

    asyncio.run(go())


def test_what_was_handed_in_is_written_before_the_writer_ends() -> None:
    async def go() -> None:
        engine = create_engine("sqlite://")
        async with Writer(engine).running() as writer:
            late = [asyncio.create_task(writer.write(lambda _connection: 1)) for _ in range(1200)]
            await asyncio.sleep(0)
        assert await asyncio.gather(*late) == [1] * 1200
        engine.dispose()

    asyncio.run(go())


def test_a_caller_that_has_gone_does_not_disturb_the_others() -> None:
    async def go() -> None:
        engine = create_engine("sqlite://")
        async with Writer(engine).running() as writer:
            gone = asyncio.create_task(writer.write(lambda _connection: 1))
            await asyncio.sleep(0)
            gone.cancel()
            with pytest.raises(asyncio.CancelledError):
                await gone
            assert await writer.write(lambda _connection: 2) == 2
        engine.dispose()

    asyncio.run(go())
