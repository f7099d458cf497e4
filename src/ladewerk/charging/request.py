"""The JSON form of a question for a composite schedule, and of its answer; what ``ladewerk composite`` reads and prints."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import UNSET, Meta

from ladewerk.charging.abilities import Abilities, Replacing
from ladewerk.charging.complaints import complaint
from ladewerk.charging.composite import Situation, Station, Transaction, composite
from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.occurrences import Window
from ladewerk.charging.periods import periods
from ladewerk.charging.rates import ALL_PHASES, Amount, Limit, Mode, Unit
from ladewerk.charging.validity import refused
from ladewerk.electrical import NOMINAL_VOLTAGE_V
from ladewerk.errors import ConfigError, RemoteProtocolError
from ladewerk.ocpp import Version
from ladewerk.ocpp.charging_profiles import read_charging_profile
from ladewerk.ocpp.v21 import ChargingProfileType

_TIMES: Final = frozenset({"startSchedule", "validFrom", "validTo", "dynUpdateTime"})
_LONGEST_S: Final = 366 * 86400
_FIRST_YEAR, _LAST_YEAR = 1970, 9000

Moment = Annotated[datetime, Meta(tz=True)]
Positive = Annotated[float, Meta(gt=0)]
Seconds = Annotated[float, Meta(ge=0)]
EvseId = Annotated[int, Meta(ge=0)]


class _Station(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    evses: Annotated[int, Meta(ge=1, le=1000)]
    max_current_a: Positive
    voltage_v: Positive = NOMINAL_VOLTAGE_V
    phases: Annotated[int, Meta(ge=1, le=3)] = ALL_PHASES
    time_zone: str = "UTC"


class _Transaction(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    evse_id: Annotated[int, Meta(ge=1)]
    transaction_id: str
    start: Moment
    soc: Annotated[float, Meta(ge=0, le=100)] | None = None
    priority: bool = False
    delay_seed: int | None = None


class _Entry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    evse_id: EvseId
    profile: msgspec.Raw


class _Request(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    now: Moment
    version: Literal["1.6", "2.0.1", "2.1"]
    evse_id: EvseId
    duration_s: Annotated[int, Meta(ge=0, le=_LONGEST_S)]
    unit: Unit
    station: _Station
    transactions: tuple[_Transaction, ...] = ()
    profiles: tuple[_Entry, ...] = ()
    offline_s: Seconds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A composite schedule that is asked for, of what is installed."""

    situation: Situation
    evse_id: int
    unit: Unit
    start: datetime
    duration_s: int

    def limits(self) -> list[tuple[int, Limit]]:
        """(second, limit) from ``start`` on, as the answer tells them."""
        window = Window(self.start, self.start + timedelta(seconds=max(1, self.duration_s)))
        line = composite(self.situation, self.evse_id, self.unit, window).map(_told_limit)
        return [(period.start_s, period.value) for period in periods(line, self.start, self.duration_s)]


_VERSIONS: Final = {"1.6": Version.V16, "2.0.1": Version.V201, "2.1": Version.V21}


def question_from_json(text: bytes) -> Question:
    """Read and check a question. ConfigError names the JSON path and what was expected there.

    A set of profiles that could not be installed is refused with its reason code.
    """
    raw = _read(text)
    if not _FIRST_YEAR <= raw.now.year <= _LAST_YEAR:
        raise ConfigError("$.now", f"a year from {_FIRST_YEAR} to {_LAST_YEAR} is expected, not {raw.now.year}")
    if raw.evse_id > raw.station.evses:
        raise ConfigError("$.evse_id", f"0 to {raw.station.evses} is expected, there is no EVSE {raw.evse_id}")
    transactions: dict[int, Transaction] = {}
    for number, one in enumerate(raw.transactions):
        path = f"$.transactions[{number}].evse_id"
        if one.evse_id > raw.station.evses:
            raise ConfigError(path, f"1 to {raw.station.evses} is expected, there is no EVSE {one.evse_id}")
        if one.evse_id in transactions:
            raise ConfigError(path, f"one transaction for each EVSE is expected, EVSE {one.evse_id} has two")
        transactions[one.evse_id] = Transaction(
            transaction_id=one.transaction_id,
            begun_at=one.start,
            soc=one.soc,
            delay_seed=one.delay_seed,
            prioritised=one.priority,
        )
    station = Station(
        ratings_a=dict.fromkeys(range(1, raw.station.evses + 1), raw.station.max_current_a),
        phases=raw.station.phases,
        voltage_v=raw.station.voltage_v,
        zone=_zone(raw.station.time_zone),
    )
    installed = _installed(raw, {evse_id: one.transaction_id for evse_id, one in transactions.items()})
    situation = Situation(station=station, installed=installed, transactions=transactions, offline_s=raw.offline_s)
    return Question(
        situation=situation, evse_id=raw.evse_id, unit=raw.unit, start=raw.now.astimezone(UTC), duration_s=raw.duration_s
    )


def answer_to_json(question: Question) -> bytes:
    """The composite schedule as indented JSON; what only 2.1 knows is told only where a profile has it."""
    answer = {
        "unit": question.unit.value,
        "schedule_start": question.start,
        "duration_s": question.duration_s,
        "periods": [{"start_s": start_s, **_told(limit)} for start_s, limit in question.limits()],
    }
    return msgspec.json.format(msgspec.json.encode(answer), indent=2)


def _told(limit: Limit) -> dict[str, Any]:
    told: dict[str, Any] = {**_amounts("limit", limit.limit), "phases": limit.phases}
    told |= _amounts("discharge_limit", limit.discharge) | _amounts("setpoint", limit.setpoint)
    if limit.mode is not Mode.CHARGING_ONLY:
        told["operation_mode"] = limit.mode.value
    return told


def _amounts(name: str, amount: Amount | None) -> dict[str, float]:
    """As in 2.1: the field by itself is that of the EVSE, beside L2 and L3 that of L1."""
    return {} if amount is None else dict(zip((name, f"{name}_L2", f"{name}_L3"), amount, strict=False))


def _told_limit(limit: Limit) -> Limit:
    """Which phase is used is not told, so it makes no period of its own."""
    return replace(limit, phase_to_use=None)


def _read(text: bytes) -> _Request:
    try:
        return msgspec.json.decode(text, type=_Request)
    except msgspec.ValidationError as err:
        raise complaint(str(err)) from err
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        raise ConfigError("$", f"JSON is expected: {err}") from err


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as err:
        why = f"the name of a time zone is expected, such as Europe/Berlin, not {name!r}"
        raise ConfigError("$.station.time_zone", why) from err


def _installed(raw: _Request, running: Mapping[int, str]) -> list[Installation]:
    """The profiles as they stand together.

    A later one takes the place of one with its id there, in 1.6 of whichever stood there. Beyond its own place an id says
    nothing here: what is listed is what a station has, and many stations give the same id on several EVSEs.
    """
    by_level = raw.version == "1.6"
    abilities = Abilities(
        evse_ids=range(1, raw.station.evses + 1),
        replacing=Replacing.BY_LEVEL if by_level else Replacing.BY_ID,
        strict=False,
    )
    installed: list[Installation] = []
    for number, entry in enumerate(raw.profiles):
        path = f"$.profiles[{number}]"
        candidate = Installation(entry.evse_id, _profile(f"{path}.profile", raw.version, bytes(entry.profile)))
        if candidate.purpose is Purpose.TX_PROFILE and candidate.transaction_id is None and by_level:
            candidate = _of_the_connector(candidate, running.get(entry.evse_id))
        refusal = refused(candidate, installed, abilities=abilities, transactions=running)
        if refusal is not None:
            raise ConfigError(path, f"cannot be installed, {refusal.reason.value}: {refusal.text}")
        kept = (
            one
            for one in installed
            if one.place != candidate.place or not (by_level or one.profile.id == candidate.profile.id)
        )
        installed = [*kept, candidate]
    return installed


def _of_the_connector(candidate: Installation, transaction_id: str | None) -> Installation:
    if transaction_id is None:
        return candidate
    profile = msgspec.structs.replace(candidate.profile, transaction_id=transaction_id)
    return replace(candidate, profile=profile)


def _profile(path: str, version: str, payload: bytes) -> ChargingProfileType:
    try:
        tree = _with_offsets(msgspec.json.decode(payload))
        if version == "1.6":
            _drop_schedule_id(tree)
        wire = msgspec.json.encode(tree)
    except (msgspec.DecodeError, OverflowError, RecursionError) as err:
        raise ConfigError(path, f"a charging profile is expected: {err}") from err
    try:
        profile = read_charging_profile(_VERSIONS[version], wire)
    except RemoteProtocolError as err:
        told = err.description.removeprefix(f"{err.path}: ")
        # What is missing or unknown names its field itself.
        place = err.path if told.startswith(("Object missing", "Object contains")) else f"{err.path}."
        raise complaint(f"{told} - at `{place.rpartition('.')[0]}`", before=path, old=version == "1.6") from err
    if version == "2.0.1":
        _check_limits(path, profile)
    return profile


def _drop_schedule_id(tree: Any) -> None:
    """1.6 numbers no schedules, but published profiles of 1.6 do."""
    schedule = tree.get("chargingSchedule") if isinstance(tree, dict) else None
    if isinstance(schedule, dict) and isinstance(schedule.get("id"), int):
        del schedule["id"]


def _check_limits(path: str, profile: ChargingProfileType) -> None:
    """The one field of a period that 2.0.1 requires and 2.1 does not."""
    for place, schedule in enumerate(profile.charging_schedule):
        for number, period in enumerate(schedule.charging_schedule_period):
            if period.limit is UNSET:
                where = f"{path}.chargingSchedule[{place}].chargingSchedulePeriod[{number}].limit"
                raise ConfigError(where, "a value is expected, the field is missing")


def _with_offsets(tree: Any) -> Any:
    """Times of a profile without an offset are UTC: published profiles have them."""
    if isinstance(tree, dict):
        return {
            key: _with_offset(value) if key in _TIMES and isinstance(value, str) else _with_offsets(value)
            for key, value in tree.items()
        }
    return [_with_offsets(value) for value in tree] if isinstance(tree, list) else tree


def _with_offset(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if moment.tzinfo is not None or "T" not in text else f"{text}Z"
