"""The profiles of a station: installed, replaced, cleared, reported, and gone with their transaction or the offline time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

import msgspec
from msgspec import UNSET

from ladewerk.charging.abilities import Abilities, Replacing
from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.occurrences import Kind
from ladewerk.charging.refusal import Reason, Refusal
from ladewerk.charging.validity import refused
from ladewerk.ocpp import v21

_EXTERNAL = Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS


@dataclass(frozen=True, slots=True)
class Installed:
    """All profiles of a station, in the order of their installation. Every change gives a new value."""

    profiles: tuple[Installation, ...] = ()

    def __iter__(self) -> Iterator[Installation]:
        return iter(self.profiles)

    def __len__(self) -> int:
        return len(self.profiles)

    def with_id(self, profile_id: int) -> Installation | None:
        """The profile with this id."""
        return next((one for one in self.profiles if one.profile.id == profile_id), None)

    def install(
        self,
        candidate: Installation,
        *,
        abilities: Abilities,
        transactions: Mapping[int, str],
        now: datetime,
        starts_transaction: bool = False,
    ) -> "Installed | Refusal":
        """With ``candidate``: in the place of the one with its id (K01.FR.05), in 1.6 also of the one at its stack level.

        A Dynamic profile that does not say when it was updated was so at ``now`` (K28.FR.05).
        """
        refusal = self._too_soon(candidate, abilities, now) or refused(
            candidate,
            self.profiles,
            abilities=abilities,
            transactions=transactions,
            starts_transaction=starts_transaction,
        )
        if refusal is not None:
            return refusal
        profile = candidate.profile
        if profile.charging_profile_kind is Kind.DYNAMIC and profile.dyn_update_time is UNSET:
            profile = msgspec.structs.replace(profile, dyn_update_time=now)
        return self.put(replace(candidate, profile=profile, installed_at=now), abilities.replacing)

    def _too_soon(self, candidate: Installation, abilities: Abilities, now: datetime) -> Refusal | None:
        """K01.FR.56: memory wears out, so profiles that are kept there may come only so often."""
        limit_s = abilities.update_rate_limit_s
        if limit_s is None or candidate.purpose not in abilities.persistent:
            return None
        before = [one.installed_at for one in self.profiles if one.purpose is candidate.purpose and one.installed_at]
        if not before or (now - max(before)).total_seconds() >= limit_s:
            return None
        text = f"a {candidate.purpose.value} may come every {limit_s:g} s"
        return Refusal(Reason.RATE_LIMIT_EXCEEDED, text)

    def put(self, candidate: Installation, replacing: Replacing = Replacing.BY_ID) -> "Installed":
        """With ``candidate``, unchecked, as :meth:`install` puts it: what the station itself sets needs no permission."""
        kept = (
            one
            for one in self.profiles
            if one.profile.id != candidate.profile.id and (replacing is Replacing.BY_ID or one.place != candidate.place)
        )
        return Installed((*kept, candidate))

    def update(self, profile_id: int, change: v21.ChargingScheduleUpdateType, now: datetime) -> "Installed | Refusal":
        """A Dynamic profile with new limits or setpoints from ``now`` on; what is not said stays (K28.FR.06, .09, .11)."""
        found = self.with_id(profile_id)
        if found is None or found.profile.charging_profile_kind is not Kind.DYNAMIC:
            return Refusal(Reason.INVALID_PROFILE, f"there is no Dynamic profile {profile_id}")
        (schedule,) = found.profile.charging_schedule
        if len(schedule.charging_schedule_period) != 1:
            return Refusal(Reason.INTERNAL_ERROR, f"Dynamic profile {profile_id} has more than one period")
        said = {
            name: value
            for name in change.__struct_fields__
            if name != "custom_data" and (value := getattr(change, name)) is not UNSET
        }
        period = msgspec.structs.replace(schedule.charging_schedule_period[0], **said)
        updated = msgspec.structs.replace(
            found.profile,
            charging_schedule=(msgspec.structs.replace(schedule, charging_schedule_period=(period,)),),
            dyn_update_time=now,
        )
        replaced = replace(found, profile=updated)
        return Installed(tuple(replaced if one is found else one for one in self.profiles))

    def clear(self, request: v21.ClearChargingProfileRequest) -> "Installed":
        """Without what the request names: an id, or all that meets every criterion; never an external constraint (K10)."""
        return Installed(tuple(one for one in self.profiles if one.purpose is _EXTERNAL or not _named(one, request)))

    def without_source(self, source: str) -> "Installed":
        """Without the external constraints that ``source`` has set, once it releases them (K13.FR.01)."""
        return Installed(tuple(one for one in self.profiles if one.purpose is not _EXTERNAL or one.source != source))

    def without_transaction(self, transaction_id: str, evse_id: int) -> "Installed":
        """K02.FR.05: without the TxProfiles of a transaction that has ended on ``evse_id``."""
        return Installed(
            tuple(
                one
                for one in self.profiles
                if one.purpose is not Purpose.TX_PROFILE
                or one.evse_id != evse_id
                or one.transaction_id not in (None, transaction_id)
            )
        )

    def after_offline(self, offline_s: float) -> "Installed":
        """Without what an offline time that long has made invalid for good (K01.FR.102)."""
        return Installed(
            tuple(
                one
                for one in self.profiles
                if one.holds_offline(offline_s) or one.profile.invalid_after_offline_duration is not True
            )
        )

    def matching(self, request: v21.GetChargingProfilesRequest) -> list[Installation]:
        """K09: what a GetChargingProfiles asks for; by a list of ids, or by all other criteria at once."""
        asked = request.charging_profile
        found = []
        for one in self.profiles:
            if request.evse_id is not UNSET and one.evse_id != request.evse_id:
                continue
            if asked.charging_profile_id is not UNSET:
                matches = one.profile.id in asked.charging_profile_id
            else:
                matches = (
                    asked.charging_profile_purpose in (UNSET, one.purpose)
                    and asked.stack_level in (UNSET, one.profile.stack_level)
                    and (asked.charging_limit_source is UNSET or one.source in asked.charging_limit_source)
                )
            if matches:
                found.append(one)
        return found


def _named(one: Installation, request: v21.ClearChargingProfileRequest) -> bool:
    if request.charging_profile_id is not UNSET:
        return one.profile.id == request.charging_profile_id
    criteria = request.charging_profile_criteria
    if criteria is UNSET:
        return True
    return (
        criteria.evse_id in (UNSET, one.evse_id)
        and criteria.charging_profile_purpose in (UNSET, one.purpose)
        and criteria.stack_level in (UNSET, one.profile.stack_level)
    )


def reports(request_id: int, found: Iterable[Installation]) -> list[v21.ReportChargingProfilesRequest]:
    """One message for each EVSE and source, with ``tbc`` on all but the last (K09.FR.01, K09.FR.02)."""
    ordered = sorted(found, key=lambda one: (one.evse_id, one.source))
    groups = [
        (key, tuple(one.profile for one in group)) for key, group in groupby(ordered, lambda one: (one.evse_id, one.source))
    ]
    return [
        v21.ReportChargingProfilesRequest(
            request_id=request_id,
            charging_limit_source=source,
            charging_profile=profiles,
            evse_id=evse_id,
            tbc=number < len(groups),
        )
        for number, ((evse_id, source), profiles) in enumerate(groups, 1)
    ]
