"""The simulator's own page and its API: look at the world, plug the vehicle in and out, break things."""

import dataclasses
from collections.abc import Callable
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from ladewerk.simulator.config import Fraction
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.http_server import Request, Response
from ladewerk.simulator.pins import Pins
from ladewerk.simulator.web.files import page_files
from ladewerk.simulator.world import World
from ladewerk.web.guard import SECURITY_HEADERS

_SECURITY: Final = {name.decode(): value.decode() for name, value in SECURITY_HEADERS}


class VehicleChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be changed about the vehicle at run time."""

    soc: Fraction


class ClockView(msgspec.Struct, frozen=True, kw_only=True):
    """The simulator's time, for a program of this machine that wants to follow it."""

    loop_s: float
    """The event loop's time."""
    real_monotonic_s: float
    """The machine's monotonic clock at that moment."""
    speed: float | None
    """Loop seconds per real second at most; None is as fast as possible."""
    origin: str
    """What the clock on the wall showed at loop time 0."""


class Panel:
    """Answers the panel's requests; ``present`` brings the world up to now first."""

    def __init__(self, present: Callable[[], World], pins: Pins, clock_view: Callable[[], ClockView]) -> None:
        self._present = present
        self._pins = pins
        self._clock_view = clock_view
        self._routes: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "/healthz"): lambda _: _json(200, {}),
            ("GET", "/api/state"): lambda _: _json(200, self._state()),
            ("GET", "/api/clock"): lambda _: _json(200, self._clock_view()),
            ("GET", "/api/faults"): lambda _: _json(200, self._present().faults),
            ("PUT", "/api/faults"): self._set_faults,
            ("PUT", "/api/vehicle"): self._change_vehicle,
            ("POST", "/api/plug-in"): lambda _: self._plug_in(),
            ("POST", "/api/unplug"): lambda _: self._unplug(),
            ("POST", "/api/press/start"): lambda _: self._press("start"),
            ("POST", "/api/press/stop"): lambda _: self._press("stop"),
        }
        self._files = page_files()

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        return dataclasses.replace(self._answer(request), headers=_SECURITY)

    def _answer(self, request: Request) -> Response:
        if not _same_origin(request):
            return _refusal(403, "foreign_page", "a page of another origin may not do this")
        if request.method == "GET" and request.path in self._files:
            return self._files[request.path]
        answer = self._routes.get((request.method, request.path))
        return answer(request) if answer else _refusal(404, "not_found", f"there is no {request.method} {request.path}")

    def _state(self) -> dict[str, object]:
        world = self._present()
        return dataclasses.asdict(world.sample()) | {
            "plugged": world.vehicle.plugged,
            "phases": world.vehicle.model.phases,
            "locked": world.lock.holds_plug,
            "set_current_a": world.board.configured_a,
            "registers_wh": world.meter.registers_wh,
            "lamps": self._pins.lamps(),
            "faults": world.faults,
        }

    def _plug_in(self) -> Response:
        if self._present().plug_in():
            return _json(200, {})
        return _refusal(409, "plugged", "the vehicle is plugged in already")

    def _press(self, button: Literal["start", "stop"]) -> Response:
        self._pins.press(button)
        return _json(200, {})

    def _unplug(self) -> Response:
        world = self._present()
        if world.unplug():
            return _json(200, {})
        if world.vehicle.plugged:
            return _refusal(409, "locked", "the lock holds the plug")
        return _refusal(409, "not_plugged", "no vehicle is plugged in")

    def _change_vehicle(self, request: Request) -> Response:
        try:
            change = msgspec.json.decode(request.body, type=VehicleChange)
        except msgspec.DecodeError as err:
            return _refusal(422, "invalid", str(err))
        self._present().set_soc(change.soc)
        return _json(200, change)

    def _set_faults(self, request: Request) -> Response:
        """All faults at once: what is not named is sound again."""
        try:
            faults = msgspec.json.decode(request.body, type=Faults)
        except msgspec.DecodeError as err:
            return _refusal(422, "invalid", str(err))
        self._present().set_faults(faults)
        return _json(200, faults)


def _same_origin(request: Request) -> bool:
    """Whether no page of another origin is behind this; a request without Origin comes from no page."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _json(status: int, value: object) -> Response:
    return Response(status, msgspec.json.encode(value))


def _refusal(status: int, code: str, text: str) -> Response:
    return _json(status, {"code": code, "text": text})
