"""The Shelly Pro 3EM's RPC over HTTP (Gen2), in both its profiles, with or without a password.

Sources: the maker's Gen2 API pages EM, EMData, EM1, EM1Data, Shelly, Sys, RPC Protocol, RPC Channels and Authentication.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal, Protocol

import msgspec

from ladewerk.simulator.digest_auth import DigestAuth
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.http_server import NoAnswer, Request, Response
from ladewerk.simulator.meter import PhaseReading, Reading

_MISSING_ARGUMENT: Final = -103
_NOT_FOUND: Final = -105
_NO_HANDLER: Final = 404
_PHASES: Final = "abc"
CHANNELS: Final = 6
"""So many HTTP requests it works on at once (page RPC Channels)."""
_OPEN: Final = "Shelly.GetDeviceInfo"
"""What it tells without a password, here and at /shelly."""
_RESTARTED_BY_REQUEST: Final = 3

Profile = Literal["triphase", "monophase"]
Firmware = Literal["1.4.4", "2.0.0"]


class Counters(Protocol):
    """What a meter has counted, Wh on each phase."""

    @property
    def registers_wh(self) -> tuple[float, float, float]: ...
    @property
    def returned_wh(self) -> tuple[float, float, float]: ...
    @property
    def booted_s(self) -> float: ...
    def reset(self) -> None: ...
    def reboot(self, at_s: float) -> None: ...


class Metered(Protocol):
    """What the meter hangs in: the supply of a unit, or the grid connection."""

    @property
    def faults(self) -> Faults: ...
    @property
    def meter(self) -> Counters: ...
    @property
    def at_s(self) -> float: ...
    @property
    def at(self) -> datetime: ...
    def meter_reading(self) -> Reading: ...


_Method = Callable[[Metered, Mapping[str, object]], object]


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

    def __init__(
        self,
        present: Callable[[], Metered],
        *,
        mac: str,
        profile: Profile = "triphase",
        firmware: Firmware = "1.4.4",
        password: str | None = None,
    ) -> None:
        self._present = present
        self._mac = mac
        self._id = f"shellypro3em-{mac.lower()}"
        self._profile: Profile = profile
        self._firmware = firmware
        limited = firmware == "2.0.0"
        self._auth = None if password is None else DigestAuth(self._id, password, limited=limited)
        self._booted_s = 0.0
        self._frozen: dict[tuple[str, object], object] = {}

    def handle(self, request: Request) -> Response:
        """Answer one HTTP request; NoAnswer while the meter is silent."""
        world = self._present()
        if world.faults.meter_refuses or world.faults.meter_silent:
            raise NoAnswer(hang_up=world.faults.meter_refuses)
        if request.path == "/shelly":
            return _json(200, self._device_info(world, {}))
        refusal = self._refusal(world, request)
        if refusal is not None:
            return refusal
        if request.path == "/rpc" and request.method == "POST":
            return self._frame(world, request.body)
        if request.path.startswith("/rpc/"):
            return self._bare(world, request)
        return Response(404, b"Not Found", "text/plain")

    def _refusal(self, world: Metered, request: Request) -> Response | None:
        if self._auth is None or request.path == f"/rpc/{_OPEN}":
            return None
        if self._booted_s != world.meter.booted_s:
            self._booted_s = world.meter.booted_s
            self._auth.forget()
        return self._auth.refusal(request, world.at_s)

    def _frame(self, world: Metered, body: bytes) -> Response:
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

    def _bare(self, world: Metered, request: Request) -> Response:
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

    def _methods(self) -> Mapping[str, _Method]:
        """Those of the profile it is in."""
        common: dict[str, _Method] = {
            _OPEN: self._device_info,
            "Shelly.ListMethods": lambda _world, _params: {"methods": sorted(self._methods())},
            "Shelly.SetProfile": self._set_profile,
            "Shelly.Reboot": lambda world, _params: world.meter.reboot(world.at_s),
            "Sys.GetStatus": self._sys_status,
        }
        reset: _Method = lambda world, _params: world.meter.reset()  # noqa: E731
        if self._profile == "triphase":
            return common | {
                "EM.GetStatus": self._em_status,
                "EMData.GetStatus": self._em_counters,
                "EMData.ResetCounters": reset,
            }
        return common | {
            "EM1.GetStatus": self._em1_status,
            "EM1Data.GetStatus": self._em1_counters,
            "EM1Data.ResetCounters": reset,
        }

    def _call(self, world: Metered, method: str, params: Mapping[str, object]) -> object:
        perform = self._methods().get(method)
        if perform is None:
            raise RpcError(_NO_HANDLER, f"No handler for {method}")
        identifier = params.get("id")
        if method.startswith("EM"):
            if identifier is None:
                raise RpcError(_MISSING_ARGUMENT, "Missing or bad argument 'id'!")
            if str(identifier) not in ("0", "1", "2")[: 3 if self._profile == "monophase" else 1]:
                raise RpcError(_NOT_FOUND, f"Argument 'id', value {identifier} not found!")
        shown = (method, identifier)
        if not world.faults.meter_frozen:
            self._frozen.pop(shown, None)
        elif shown in self._frozen:
            return self._frozen[shown]
        result = perform(world, params)
        if world.faults.meter_frozen and method.startswith("EM") and method.endswith("GetStatus"):
            self._frozen[shown] = result
        return result

    def _em_status(self, world: Metered, _params: Mapping[str, object]) -> dict[str, object]:
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
        return status | {"user_calibrated_phase": []} | _errors(world)

    def _em_counters(self, world: Metered, _params: Mapping[str, object]) -> dict[str, object]:
        counters: dict[str, object] = {"id": 0}
        registers, returned = world.meter.registers_wh, world.meter.returned_wh
        for name, register_wh, returned_wh in zip(_PHASES, registers, returned, strict=True):
            counters[f"{name}_total_act_energy"] = round(register_wh, 2)
            counters[f"{name}_total_act_ret_energy"] = round(returned_wh, 2)
        return counters | {"total_act": round(sum(registers), 2), "total_act_ret": round(sum(returned), 2)}

    def _em1_status(self, world: Metered, params: Mapping[str, object]) -> dict[str, object]:
        number = int(str(params["id"]))
        reading = world.meter_reading()
        told = _PHASES[number] not in world.faults.meter_null_phases
        values = _phase(reading.phases[number]) | {"freq": round(reading.frequency_hz, 1)}
        status: dict[str, object] = {key: value if told else None for key, value in values.items()}
        return {"id": number} | status | {"calibration": "factory"} | _errors(world)

    def _em1_counters(self, world: Metered, params: Mapping[str, object]) -> dict[str, object]:
        number = int(str(params["id"]))
        return {
            "id": number,
            "total_act_energy": round(world.meter.registers_wh[number], 2),
            "total_act_ret_energy": round(world.meter.returned_wh[number], 2),
        }

    def _set_profile(self, world: Metered, params: Mapping[str, object]) -> dict[str, object]:
        former = self._profile
        match params.get("name"):
            case "triphase":
                self._profile = "triphase"
            case "monophase":
                self._profile = "monophase"
            case _:
                raise RpcError(_MISSING_ARGUMENT, "Missing or bad argument 'name'!")
        world.meter.reboot(world.at_s)
        return {"profile_was": former}

    def _sys_status(self, world: Metered, _params: Mapping[str, object]) -> dict[str, object]:
        return {
            "mac": self._mac,
            "restart_required": False,
            "time": world.at.strftime("%H:%M"),
            "unixtime": int(world.at.timestamp()),
            "uptime": int(world.at_s - world.meter.booted_s),
            "reset_reason": _RESTARTED_BY_REQUEST,
        }

    def _device_info(self, _world: Metered, _params: Mapping[str, object]) -> dict[str, object]:
        return {
            "name": None,
            "id": self._id,
            "mac": self._mac,
            "slot": 0,
            "model": "SPEM-003CEBEU",
            "gen": 2,
            "fw_id": f"20241011-114455/{self._firmware}-g6d2a586",
            "ver": self._firmware,
            "app": "Pro3EM",
            "auth_en": self._auth is not None,
            "auth_domain": self._id if self._auth is not None else None,
            "profile": self._profile,
        }


def _errors(world: Metered) -> dict[str, object]:
    """Told only where there are any."""
    return {"errors": list(world.faults.meter_errors)} if world.faults.meter_errors else {}


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
