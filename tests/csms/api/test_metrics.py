"""``/metrics`` and ``/healthz``: what a collector reads, who may, and what is said when something is not well."""

import asyncio
import re
import sqlite3
from typing import Any

import httpx

from ladewerk.csms.api.metrics_text import Distribution, Family, metrics_text
from ladewerk.csms.planning.site import Site, SubFuse
from ladewerk.csms.watching.measures import Histogram
from ladewerk.ocpp import Version, v21

SAMPLE = re.compile(r'[a-z_]+(\{[a-z_]+="(?:[^"\\\n]|\\.)*"(?:,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})? [-+]?[0-9.eInf+-]+')


def samples(text: str) -> dict[str, float]:
    """By name and labels; every line has to be of the format."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("# "):
            assert SAMPLE.fullmatch(line), line
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found


def test_the_text_is_that_of_the_format() -> None:
    histogram = Histogram((0.1, 1.0))
    for value in (0.1, 0.5, 7.0):
        histogram.observe(value, 'a"\\\n')
    counted = Family(
        "x_total",
        "counter",
        "Two\nlines \\.",
        [
            ((), float("inf")),
        ],
        [],
    )
    assert metrics_text([counted, Distribution("y_seconds", "Time.", histogram, ["of"])]) == (
        "# HELP x_total Two\\nlines \\\\.\n"
        "# TYPE x_total counter\n"
        "x_total +Inf\n"
        "# HELP y_seconds Time.\n"
        "# TYPE y_seconds histogram\n"
        'y_seconds_bucket{of="a\\"\\\\\\n",le="0.1"} 1\n'
        'y_seconds_bucket{of="a\\"\\\\\\n",le="1.0"} 2\n'
        'y_seconds_bucket{of="a\\"\\\\\\n",le="+Inf"} 3\n'
        'y_seconds_sum{of="a\\"\\\\\\n"} 7.6\n'
        'y_seconds_count{of="a\\"\\\\\\n"} 3\n'
    )


def test_everything_is_counted_under_labels_that_no_station_chooses(csms: Any, tiny_station: Any, until: Any) -> None:
    async def go() -> None:
        fuse = SubFuse(name="garage", behind=("S-1",), limit_w=9000.0)
        async with (
            csms(site=Site(limit_w=12_000.0, fuses=(fuse,))) as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
            tiny_station(running.ocpp_port) as station,
            tiny_station(running.ocpp_port, "OLD", version=Version.V16) as old,
        ):
            await old.boot()
            await old.call(v21.HeartbeatRequest())
            await station.boot()
            await station.event("Started", 0, register_wh=0.0)
            await station.event("Started", 0, register_wh=0.0)
            await station.needs()
            await station.profiles.get()
            answer = await client.post("/api/stations/S-1/commands/ClearCache", json={})
            assert answer.status_code == 502
            told = await client.get("/metrics")
            assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
            seen = samples(told.text)
            assert seen['ladewerk_connections{version="ocpp2.1"}'] == 1
            assert seen['ladewerk_connections{version="ocpp1.6"}'] == 1
            assert seen['ladewerk_connections{version="ocpp2.0.1"}'] == 0
            assert seen['ladewerk_rejected_total{reason="unknown_station"}'] == 0
            received = 'ladewerk_messages_total{direction="received",action="%s",outcome="answered"}'
            assert seen[received % "TransactionEvent"] == 2
            assert seen[received % "Heartbeat"] >= 1
            assert seen['ladewerk_messages_total{direction="sent",action="ClearCache",outcome="refused"}'] == 1
            assert seen['ladewerk_handling_seconds_count{action="TransactionEvent"}'] == 2
            assert seen["ladewerk_events_stored_total"] == 1
            assert seen["ladewerk_commit_writes_count"] == seen["ladewerk_commit_seconds_count"] > 3
            assert seen['ladewerk_plans_total{outcome="planned"}'] >= 1
            assert seen["ladewerk_site_limit_watts"] == 12_000
            assert seen['ladewerk_fuse_room_watts{fuse="garage"}'] == 9000
            may_w = seen['ladewerk_fuse_may_draw_watts{fuse="garage"}']
            assert 0 < may_w == seen['ladewerk_fuse_may_draw_watts{fuse="site"}']
            assert seen["process_resident_memory_bytes"] > 1e7
            assert "S-1" not in told.text

    asyncio.run(asyncio.wait_for(go(), 300))


def test_metrics_are_read_with_a_key_or_from_an_address_that_is_named(csms: Any) -> None:
    async def status(url: str) -> int:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            return (await client.get("/metrics")).status_code

    async def go() -> None:
        async with csms(open=False) as running:
            assert await status(running.web_url) == 401
            assert running.setup_url is not None
            async with httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
                code = running.setup_url.partition("setup=")[2]
                body = {"code": code, "user": "Ada", "password": "correct horse battery"}
                assert (await client.post("/api/setup", json=body)).is_success
                key = (await client.post("/api/keys", json={"name": "prometheus"})).json()["key"]
            async with httpx.AsyncClient(
                base_url=running.web_url, headers={"Authorization": f"Bearer {key}"}, trust_env=False
            ) as collector:
                assert (await collector.get("/metrics")).status_code == 200
        async with csms(open=False, metrics_from=("10.0.0.0/8",)) as running:
            assert await status(running.web_url) == 401
        async with csms(open=False, metrics_from=("10.0.0.0/8", "127.0.0.1")) as running:
            assert await status(running.web_url) == 200

    asyncio.run(asyncio.wait_for(go(), 300))


def test_what_is_not_well_is_said_and_over_when_it_is_well_again(csms: Any, database: str) -> None:
    async def go() -> None:
        async with csms() as running, httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
            holder = sqlite3.connect(database.removeprefix("sqlite:///"), isolation_level=None)
            holder.execute("BEGIN IMMEDIATE")
            ill = await client.get("/healthz")
            assert ill.status_code == 503
            assert ill.json()["parts"] == {"database": "ok", "writer": "takes no writes", "planner": "ok"}
            holder.execute("ROLLBACK")
            holder.close()
            while (well := await client.get("/healthz")).status_code != 200:
                pass  # what was seen last holds for a second
            assert well.json() == {"status": "ok", "parts": {"database": "ok", "writer": "ok", "planner": "ok"}}
            (planner,) = (task for task in asyncio.all_tasks() if task.get_name() == "charging loop")
            planner.cancel()
            while (ill := await client.get("/healthz")).status_code == 200:
                pass
            assert ill.json()["parts"] == {"database": "ok", "writer": "ok", "planner": "does not run"}

    asyncio.run(asyncio.wait_for(go(), 300))
