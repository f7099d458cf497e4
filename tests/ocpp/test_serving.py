"""A CSMS in one block, and who may come in."""

import asyncio

import pytest

from ladewerk.clock import SystemClock
from ladewerk.errors import Disconnected
from ladewerk.ocpp import Admission, Context, Handshake, Peer, Router, admit_known, connect, serve_stations, v21

PASSWORDS = {"LW-0001": "a secret", "LW-0002": b"\xff\x00", "LW-0003": None}


@pytest.mark.parametrize(
    ("identity", "password", "admission"),
    [
        ("LW-0001", b"a secret", Admission.ACCEPT),
        ("lw-0001", b"a secret", Admission.ACCEPT),
        ("LW-0001", b"a secret ", Admission.UNAUTHORIZED),
        ("LW-0001", None, Admission.UNAUTHORIZED),
        ("LW-0002", b"\xff\x00", Admission.ACCEPT),
        ("LW-0003", None, Admission.ACCEPT),
        ("LW-0003", b"whatever", Admission.ACCEPT),
        ("LW-0004", b"a secret", Admission.UNKNOWN),
    ],
)
def test_known_stations_come_in_with_their_passwords(identity: str, password: bytes | None, admission: Admission) -> None:
    handshake = Handshake(
        identity=identity,
        path=f"/{identity}",
        remote="127.0.0.1",
        basic_user=None if password is None else identity,
        basic_password=password,
    )

    async def ask() -> Admission:
        return await admit_known(PASSWORDS)(handshake)

    assert asyncio.run(ask()) is admission


def test_a_csms_in_one_block_answers_its_stations_over_one_state() -> None:
    router = Router[list[str]]()

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(ctx: Context[list[str]], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        ctx.state.append(ctx.peer.identity)
        return v21.HeartbeatResponse(current_time=ctx.received_at)

    async def beat(url: str, identity: str, password: str | None) -> None:
        async with (
            connect(url, identity=identity, password=password) as channel,
            Peer(channel, version=channel.version, router=Router[None](), state=None, clock=SystemClock()) as csms,
        ):
            await csms.call(v21.HeartbeatRequest())

    async def test() -> None:
        seen: list[str] = []
        async with serve_stations("127.0.0.1", 0, router=router, state=seen, admit=admit_known(PASSWORDS)) as listener:
            url = f"ws://127.0.0.1:{listener.port}"
            await beat(url, "LW-0001", "a secret")
            await beat(url, "LW-0003", None)
            with pytest.raises(Disconnected, match="wants another password"):
                await beat(url, "LW-0001", "a guess")
        assert seen == ["LW-0001", "LW-0003"]

    asyncio.run(asyncio.wait_for(test(), 300))
