"""The Shelly Pro 3EM's RPC over HTTP (Gen2), three-phase profile, without password.

Sources: the maker's Gen2 API pages EM, EMData, Shelly, RPC Protocol and RPC Channels.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from ladewerk.simulator.http_server import NoAnswer, Request, Response
from ladewerk.simulator.meter import PhaseReading
from ladewerk.simulator.world import World

_MISSING_ARGUMENT: Final = -103
_NOT_FOUND: Final = -105
_NO_HANDLER: Final = 404
_PHASES: Final = "abc"


class _Frame(msgspec.Struct):
    """A request frame; what else stands in it is not looked at."""

    method: str
    id: int | str | None = None
    params: dict[str, object] | None = None


class RpcError(Exception):
    """An RPC that fails; becomes ``{"code", "message"}``."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Shelly:
    """The meter's RPC methods, answered from the world; ``present`` brings the world up to now first."""

    def __init__(self, present: Callable[[], World], *, mac: str) -> None:
        self._present = present
        self._mac = mac
        self._id = f"shellypro3em-{mac.lower()}"
        self._frozen: dict[str, object] = {}
        self._methods: Mapping[str, Callable[[World], object]] = {
            "EM.GetStatus": self._status,
            "EMData.GetStatus": self._counters,
            "EMData.ResetCounters": self._reset,
            "Shelly.GetDeviceInfo": self._device_info,
        }

    def handle(self, request: Request) -> Response:
        """Answer one HTTP request; NoAnswer while the meter is silent."""
        world = self._present()
        if world.faults.meter_refuses or world.faults.meter_silent:
            raise NoAnswer(hang_up=world.faults.meter_refuses)
        if request.path == "/shelly":
            return _json(200, self._device_info(world))
        if request.path == "/rpc" and request.method == "POST":
            return self._frame(world, request.body)
        if request.path.startswith("/rpc/"):
            return self._bare(world, request)
        return Response(404, b"Not Found", "text/plain")

    def _frame(self, world: World, body: bytes) -> Response:
        try:
            frame = msgspec.json.decode(body, type=_Frame)
        except msgspec.DecodeError:
            return _json(400, {"code": _MISSING_ARGUMENT, "message": "Invalid request frame"})
        answer: dict[str, object] = {"id": frame.id, "src": self._id}
        try:
            answer["result"] = self._call(world, frame.method, frame.params or {})
        except RpcError as err:
            answer["error"] = {"code": err.code, "message": err.message}
        return _json(200, answer)

    def _bare(self, world: World, request: Request) -> Response:
        """Arguments in the query or as the body; an error answers with its bare object and an HTTP error status."""
        try:
            params: dict[str, object] = dict(request.query)
            if request.method == "POST" and request.body:
                params = msgspec.json.decode(request.body, type=dict[str, object])
            return _json(200, self._call(world, request.path.removeprefix("/rpc/"), params))
        except msgspec.DecodeError:
            return _json(500, {"code": _MISSING_ARGUMENT, "message": "Invalid arguments"})
        except RpcError as err:
            return _json(404 if err.code == _NO_HANDLER else 500, {"code": err.code, "message": err.message})

    def _call(self, world: World, method: str, params: Mapping[str, object]) -> object:
        perform = self._methods.get(method)
        if perform is None:
            raise RpcError(_NO_HANDLER, f"No handler for {method}")
        if method.startswith("EM"):
            identifier = params.get("id")
            if identifier is None:
                raise RpcError(_MISSING_ARGUMENT, "Missing or bad argument 'id'!")
            if str(identifier) != "0":
                raise RpcError(_NOT_FOUND, f"Argument 'id', value {identifier} not found!")
        if not world.faults.meter_frozen:
            self._frozen.pop(method, None)
        elif method in self._frozen:
            return self._frozen[method]
        result = perform(world)
        if world.faults.meter_frozen and method.endswith("GetStatus"):
            self._frozen[method] = result
        return result

    def _status(self, world: World) -> dict[str, object]:
        reading = world.meter_reading()
        known = [name not in world.faults.meter_null_phases for name in _PHASES]
        status: dict[str, object] = {"id": 0}
        for name, phase, told in zip(_PHASES, reading.phases, known, strict=True):
            status |= {f"{name}_{key}": value if told else None for key, value in _phase(phase).items()}
            status[f"{name}_freq"] = round(reading.frequency_hz, 1) if told else None
        sums = [phase for phase, told in zip(reading.phases, known, strict=True) if told]
        status["n_current"] = None
        status["total_current"] = round(sum(phase.current_a for phase in sums), 3)
        status["total_act_power"] = round(sum(phase.power_w for phase in sums), 3)
        status["total_aprt_power"] = round(sum(phase.current_a * phase.voltage_v for phase in sums), 3)
        return status | {"user_calibrated_phase": []}

    def _counters(self, world: World) -> dict[str, object]:
        counters: dict[str, object] = {"id": 0}
        registers = world.meter.registers_wh
        for name, register_wh in zip(_PHASES, registers, strict=True):
            counters[f"{name}_total_act_energy"] = round(register_wh, 2)
            counters[f"{name}_total_act_ret_energy"] = 0.0
        return counters | {"total_act": round(sum(registers), 2), "total_act_ret": 0.0}

    def _reset(self, world: World) -> None:
        world.meter.reset()

    def _device_info(self, _world: World) -> dict[str, object]:
        return {
            "name": None,
            "id": self._id,
            "mac": self._mac,
            "slot": 0,
            "model": "SPEM-003CEBEU",
            "gen": 2,
            "fw_id": "20241011-114455/1.4.4-g6d2a586",
            "ver": "1.4.4",
            "app": "Pro3EM",
            "auth_en": False,
            "auth_domain": None,
            "profile": "triphase",
        }


def _phase(phase: PhaseReading) -> dict[str, float]:
    return {
        "current": round(phase.current_a, 3),
        "voltage": round(phase.voltage_v, 1),
        "act_power": round(phase.power_w, 1),
        "aprt_power": round(phase.current_a * phase.voltage_v, 1),
        "pf": 1.0 if phase.power_w else 0.0,
    }


def _json(status: int, value: object) -> Response:
    return Response(status, msgspec.json.encode(value))
