"""What the charging profiles of a request allow at one moment, worked out from the rules for that moment alone.

Written apart from ``ladewerk.charging`` and without any of it, to be compared with: no timelines, no windows, only questions
like "which period is it now". It is slow and knows nothing that the JSON of a request does not say. Times are milliseconds
since 1970. Rules: OCPP 2.1 part 2, K01, K08 and chapter 3; the project's notes on ``ladewerk composite``.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
Values = tuple[float, ...]
Allowed = tuple[int, Values]
"""Phases, and the limit of all of them or of each."""

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (the clock on a wall has no offset)
INTERVAL_MS = {"Daily": 86_400_000, "Weekly": 7 * 86_400_000}
STATION_WIDE = ("ChargingStationMaxProfile", "ChargingStationExternalConstraints")


@cache
def instant_ms(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


@cache
def wall_ms(text: str) -> int:
    """The time of day and date in ``text``, whatever offset it has."""
    return round((datetime.fromisoformat(text).replace(tzinfo=None) - EPOCH).total_seconds() * 1000)


@cache
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def clock_ms(at_ms: int, zone_name: str) -> int:
    """What the clock on the wall shows."""
    shown = datetime.fromtimestamp(at_ms / 1000, zone(zone_name)).replace(tzinfo=None)
    return round((shown - EPOCH).total_seconds() * 1000)


def period_at(profile: Json, at_ms: int, begun_ms: int, zone_name: str) -> Json | None:
    """The period of the schedule that runs now; None where the profile says nothing."""
    if "validFrom" in profile and at_ms < instant_ms(profile["validFrom"]):
        return None
    if "validTo" in profile and at_ms >= instant_ms(profile["validTo"]):
        return None
    schedule = profile["chargingSchedule"][0]
    kind = profile["chargingProfileKind"]
    if kind == "Dynamic":
        running_ms = at_ms - (instant_ms(profile["dynUpdateTime"]) if "dynUpdateTime" in profile else begun_ms)
    elif kind == "Relative":
        running_ms = at_ms - begun_ms
    elif schedule.get("useLocalTime"):
        running_ms = clock_ms(at_ms, zone_name) - wall_ms(schedule["startSchedule"])
    else:
        running_ms = at_ms - instant_ms(schedule["startSchedule"])
    if kind == "Recurring":
        running_ms %= INTERVAL_MS[profile["recurrencyKind"]]
    if running_ms < 0 or ("duration" in schedule and running_ms >= schedule["duration"] * 1000):
        return None
    found = None
    for period in schedule["chargingSchedulePeriod"]:
        if period["startPeriod"] * 1000 <= running_ms:
            found = period
    return found


class Answers:
    """The limit of a request's EVSE at any moment."""

    def __init__(self, request: Json) -> None:
        self.request = request
        self.station = request["station"]
        self.now_ms = instant_ms(request["now"])
        self.transactions = {one["evse_id"]: one for one in request["transactions"]}

    def at(self, at_ms: int) -> Allowed:
        """Phases and limit at a moment, in the asked unit."""
        evse_id = self.request["evse_id"]
        if evse_id:
            return self._evse(evse_id, at_ms, station_too=True)
        each = [self._evse(number, at_ms, station_too=False) for number in range(1, self.station["evses"] + 1)]
        phases = max(phases for phases, _ in each)
        together = added([limit for _, limit in each], self.request["unit"])
        limits = [found for purpose in STATION_WIDE if (found := self._leading(0, purpose, at_ms))]
        phases = min([phases, *(phases_of(period) for period, _ in limits)])
        if len(together) == 3 and phases < 3:
            # Each EVSE's phases apart, and the station has fewer: on each of those at most the least.
            together = (min(together, key=abs) * (1 if self.request["unit"] == "A" else phases),)
        merged = lowest(
            [together, *(self._converted(one, phases) for one in limits if "limit" in one[0])], self.request["unit"]
        )
        return phases, self._with_generation(merged, [0], phases, at_ms)

    def _evse(self, evse_id: int, at_ms: int, *, station_too: bool) -> Allowed:
        speaking = []
        own = self._overruling(evse_id, at_ms)
        if own:
            speaking.append(own)
        places = [(evse_id, "ChargingStationExternalConstraints")]
        if station_too:
            places += [(0, purpose) for purpose in STATION_WIDE]
        speaking += [found for place, purpose in places if (found := self._leading(place, purpose, at_ms))]
        phases = min([self.station["phases"], *(phases_of(period) for period, _ in speaking)])
        limits = [self._converted(one, phases) for one in speaking if "limit" in one[0]]
        if not limits:
            rating = self.station["max_current_a"]
            per_phase = 1 if self.request["unit"] == "A" else phases * self.station["voltage_v"]
            return phases, (rating * per_phase,)
        merged = lowest(limits, self.request["unit"])
        return phases, self._with_generation(merged, [evse_id, 0] if station_too else [evse_id], phases, at_ms)

    def _overruling(self, evse_id: int, at_ms: int) -> tuple[Json, str] | None:
        """Priority charging before TxProfile before TxDefaultProfile, each as long as it says something."""
        transaction = self.transactions.get(evse_id)
        if transaction and transaction.get("priority"):
            found = self._leading(evse_id, "PriorityCharging", at_ms)
            if found:
                return found
        if transaction:
            found = self._leading(evse_id, "TxProfile", at_ms)
            if found:
                return found
        return self._leading(evse_id, "TxDefaultProfile", at_ms)

    def _leading(self, evse_id: int, purpose: str, at_ms: int) -> tuple[Json, str] | None:
        """(period, unit) of the highest stack level of a purpose that has a period now."""
        transaction = self.transactions.get(evse_id)
        begun_ms = instant_ms(transaction["start"]) if transaction else self.now_ms
        best: tuple[int, Json, str] | None = None
        for entry in self.request["profiles"]:
            profile = entry["profile"]
            if profile["chargingProfilePurpose"] != purpose or not self._belongs(entry, evse_id, transaction):
                continue
            period = period_at(profile, at_ms, begun_ms, self.station.get("time_zone", "UTC"))
            if period is None or (best is not None and best[0] > profile["stackLevel"]):
                continue
            best = (profile["stackLevel"], self._softened(period, profile, transaction), unit_of(profile))
        return best and best[1:]

    def _belongs(self, entry: Json, evse_id: int, transaction: Json | None) -> bool:
        profile = entry["profile"]
        offline_s = self.request.get("offline_s")
        if offline_s is not None and "maxOfflineDuration" in profile:
            longest_s = profile["maxOfflineDuration"]
            if offline_s > longest_s or longest_s == 0:
                return False
        if profile["chargingProfilePurpose"] == "TxProfile":
            return bool(transaction) and entry["evse_id"] == evse_id
        if entry["evse_id"] == evse_id:
            return True
        return entry["evse_id"] == 0 and profile["chargingProfilePurpose"] in ("TxDefaultProfile", "PriorityCharging")

    def _softened(self, period: Json, profile: Json, transaction: Json | None) -> Json:
        cap = profile["chargingSchedule"][0].get("limitAtSoC")
        if not cap or not transaction or transaction.get("soc") is None or transaction["soc"] < cap["soc"]:
            return period
        names = [name for name in ("limit", "limit_L2", "limit_L3") if name in period]
        return {**period, **{name: min(period[name], cap["limit"]) for name in names}}

    def _converted(self, said: tuple[Json, str], phases: int) -> Values:
        period, unit = said
        asked, voltage_v = self.request["unit"], self.station["voltage_v"]
        limit = period["limit"]
        if "limit_L2" in period or "limit_L3" in period:
            each = [limit, period.get("limit_L2", limit), period.get("limit_L3", limit)]
            if unit != asked:
                each = [value / voltage_v if asked == "A" else value * voltage_v for value in each]
            if phases == 3:
                return tuple(each)
            chosen = period.get("phaseToUse")
            least = each[chosen - 1] if chosen and phases == 1 else min(each, key=abs)
            return (least if asked == "A" else least * phases,)
        if unit == asked:
            return (limit,)
        return (limit / phases / voltage_v if asked == "A" else limit * phases * voltage_v,)

    def _with_generation(self, limit: Values, places: list[int], phases: int, at_ms: int) -> Values:
        found = [self._leading(place, "LocalGeneration", at_ms) for place in places]
        return added([limit, *(self._converted(one, phases) for one in found if one)], self.request["unit"])


def phases_of(period: Json) -> int:
    return int(period.get("numberPhases", 3))


def unit_of(profile: Json) -> str:
    return str(profile["chargingSchedule"][0]["chargingRateUnit"])


def on_each(limit: Values, unit: str) -> Values:
    if len(limit) == 3:
        return limit
    return (limit[0] if unit == "A" else limit[0] / 3,) * 3


def lowest(limits: list[Values], unit: str) -> Values:
    if all(len(limit) == 1 for limit in limits):
        return (min(limit[0] for limit in limits),)
    return tuple(min(phase) for phase in zip(*(on_each(limit, unit) for limit in limits), strict=True))


def added(limits: list[Values], unit: str) -> Values:
    if all(len(limit) == 1 for limit in limits):
        return (sum(limit[0] for limit in limits),)
    return tuple(sum(phase) for phase in zip(*(on_each(limit, unit) for limit in limits), strict=True))
