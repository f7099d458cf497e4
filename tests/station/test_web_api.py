"""The API holds to its description, and says precisely what it does not take."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import websockets

from ladewerk.station.web.shapes import ANSWERS, State, StateEvent
from ladewerk.web.bodies import Problems, Refusal


def test_what_the_api_answers_is_what_its_description_says(
    tmp_path: Path, place_at: Any, paced: Callable[..., None]
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await place.until_true(lambda: place.station.link.is_up)
            await asyncio.sleep(90)  # until the history knows the unit

            async def holds() -> None:
                for (method, path), kind in ANSWERS.items():
                    if method != "get" or path == "/api/tokens":
                        continue
                    answer = await place.client.get(path.replace("{unit_id}", "garage"), params={"unit": "garage"})
                    assert answer.status_code == 200, path
                    msgspec.json.decode(answer.content, type=kind)

            await holds()
            place.simulator.world.plug_in()
            await place.until("plugged")
            await place.submit()
            await place.until("planned")
            await holds()
            await place.press("start")
            await place.until("charging")
            await holds()
            async with websockets.connect(f"{place.station.web_url.replace('http', 'ws')}/api/events") as link:
                event = msgspec.json.decode(await link.recv(), type=StateEvent)
            assert isinstance(event.state, State)

    paced(scenario)


def test_every_route_and_the_websocket_stand_in_the_description(
    tmp_path: Path, place_at: Any, paced: Callable[..., None]
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            described = (await place.client.get("/openapi.json")).json()
            routes = {
                (path, method.lower())
                for path, method in [
                    ("/api/state", "GET"),
                    ("/api/session", "GET"),
                    ("/api/units/{unit_id}/needs", "POST"),
                    ("/api/units/{unit_id}/schedule", "POST"),
                    ("/api/limit", "PUT"),
                    ("/api/history/readings", "GET"),
                    ("/api/events", "GET"),
                ]
            }
            assert routes <= {(path, method) for path, operations in described["paths"].items() for method in operations}
            body = described["paths"]["/api/units/{unit_id}/needs"]["post"]["requestBody"]["content"]["application/json"]
            shape = described["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]
            assert set(shape["required"]) == {"mode", "energy_wh", "depart_at"}
            references = set(_references(described))
            assert references
            assert {name.rpartition("/")[2] for name in references} <= set(described["components"]["schemas"])

    paced(scenario)


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in ([inner] if key == "$ref" else _references(inner))]
    return [found for inner in value for found in _references(inner)] if isinstance(value, list) else []


WRONG: list[tuple[str, str, bytes, int, str, str]] = [
    ("POST", "/api/units/garage/needs", b"", 422, "", "not_an_object"),
    ("POST", "/api/units/garage/needs", b"[1]", 422, "", "not_an_object"),
    ("POST", "/api/units/garage/needs", b'"\xff"', 422, "", "not_an_object"),
    ("POST", "/api/units/garage/needs", b"[" * 50_000, 422, "", "not_an_object"),
    ("POST", "/api/units/garage/needs", b'{"mode": "cheapest", "energy_wh": "1"}', 422, "energy_wh", "not_a_number"),
    ("POST", "/api/units/garage/needs", b'{"mode": "cheapest", "energy": 1}', 422, "energy", "unknown_field"),
    ("PUT", "/api/limit", b"{}", 422, "source", "not_a_source"),
    ("PUT", "/api/limit", b"null", 422, "", "not_an_object"),
    ("PUT", "/api/limit", b'{"source": "SO", "limit_w": -1}', 422, "limit_w", "not_a_limit"),
    ("PUT", "/api/limit", b'{"source": "SO", "limit_w": 1, "limit_a": 1}', 422, "limit_w", "not_a_limit"),
    ("PUT", "/api/limit", b'{"source": "SO", "limit_w": 4200, "until": 1}', 422, "until", "unknown_field"),
    ("DELETE", "/api/limit/SO", b"", 404, "", "no_such_limit"),
    ("PUT", "/api/units/garage", b"[]", 422, "", "not_a_setting"),
    ("GET", "/api/units/attic", b"", 404, "", "no_such_unit"),
    ("DELETE", "/api/units/attic", b"", 404, "", "no_such_unit"),
    ("POST", "/api/units/attic/schedule", b"", 404, "", "no_such_unit"),
    ("GET", "/api/history/readings?unit=attic", b"", 404, "", "no_such_unit"),
    ("GET", "/api/history/readings", b"", 422, "unit", "invalid"),
    ("GET", "/api/history/readings?unit=garage&at_most=many", b"", 422, "at_most", "invalid"),
    ("GET", "/api/history/sessions?from=now", b"", 422, "from", "not_a_time"),
    ("GET", "/api/history/passwords.csv", b"", 404, "", "no_such_file"),
    ("GET", "/api/nothing", b"", 404, "", "http_404"),
    ("DELETE", "/api/state", b"", 405, "", "http_405"),
    ("POST", "/api/units/garage/needs", b" " * 70_000, 413, "", "http_413"),
]


def test_what_cannot_be_used_is_refused_with_its_place_and_changes_nothing(
    tmp_path: Path, place_at: Any, paced: Callable[..., None]
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            place.simulator.world.plug_in()
            await place.until("plugged")
            for method, path, body, status, field, code in WRONG:
                answer = await place.client.request(method, path, content=body)
                assert answer.status_code == status, (path, body[:80], answer.text)
                if status == 422:
                    told = [(one.field, one.code) for one in _problems(answer.content) if one.text]
                    assert (field, code) in told, (path, body[:80], answer.text)
                else:
                    refusal = msgspec.json.decode(answer.content, type=Refusal)
                    assert refusal.code == code, (path, answer.text)
                assert place.unit()["state"] == "plugged"
            assert place.unit()["allowed_a"] == 16.0

    paced(scenario)


def _problems(content: bytes) -> list[Any]:
    found: list[Any] = msgspec.json.decode(content, type=Problems).errors
    assert found
    return found


@pytest.mark.parametrize("path", ["/", "/api/state", "/api/nothing", "/openapi.json"])
def test_every_answer_forbids_scripts_and_frames_of_others(
    tmp_path: Path, place_at: Any, paced: Callable[..., None], path: str
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            headers = (await place.client.get(path)).headers
            policy = headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"

    paced(scenario)
