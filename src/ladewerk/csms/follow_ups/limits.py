"""Charging profiles by hand: counted before they go out, refused where the limit would not hold with them."""

from collections.abc import Mapping
from functools import partial

from msgspec import UNSET

from ladewerk.clock import Clock
from ladewerk.csms.commands import CommandRefused, FollowUp, FollowUps
from ladewerk.csms.follow_ups.switches import of_switches
from ladewerk.csms.ledger import Ledger
from ladewerk.csms.limit.allocation import Commanded, EvseKey, Outlet
from ladewerk.csms.limit.commanded import (
    cleared,
    clears_fallback,
    commanded,
    excess,
    refusal,
    taken,
    with_profile,
    without_profile,
)
from ladewerk.csms.limit.outlets import Outlets
from ladewerk.csms.planning.site import Fault
from ladewerk.csms.records import station_key
from ladewerk.csms.smart_charging.by_hand import profile_fault
from ladewerk.ocpp import v21


def of_limits(outlets: Outlets, ledger: Ledger, clock: Clock) -> FollowUps:
    """Of every command that changes what a station may draw."""
    watch = _Watch(outlets, ledger, clock)
    return {
        v21.SetChargingProfileRequest: watch.of_profiles(),
        v21.RequestStartTransactionRequest: watch.of_starts(),
        v21.ClearChargingProfileRequest: watch.of_clearing(),
        v21.ResetRequest: watch.of_resets(),
        v21.SetVariablesRequest: of_switches(outlets, ledger, clock),
    }


class _Watch:
    def __init__(self, outlets: Outlets, ledger: Ledger, clock: Clock) -> None:
        self._outlets = outlets
        self._ledger = ledger
        self._clock = clock

    def of_profiles(self) -> FollowUp[v21.SetChargingProfileRequest, v21.SetChargingProfileResponse]:
        """K01."""

        async def before(station: str, request: v21.SetChargingProfileRequest) -> None:
            await self._offer(station, request.evse_id, request.charging_profile)

        async def answered(
            station: str, request: v21.SetChargingProfileRequest, answer: v21.SetChargingProfileResponse
        ) -> None:
            await self._settle(station, request.evse_id, request.charging_profile, taken_over=answer.status == "Accepted")

        return FollowUp(before=before, answered=answered)

    def of_starts(self) -> FollowUp[v21.RequestStartTransactionRequest, v21.RequestStartTransactionResponse]:
        """F01, K05: a profile may come with the start."""

        async def before(station: str, request: v21.RequestStartTransactionRequest) -> None:
            if request.charging_profile is not UNSET:
                await self._offer(station, _evse(request), request.charging_profile, starts_transaction=True)

        async def answered(
            station: str, request: v21.RequestStartTransactionRequest, answer: v21.RequestStartTransactionResponse
        ) -> None:
            if request.charging_profile is not UNSET:
                accepted = answer.status == "Accepted"
                await self._settle(station, _evse(request), request.charging_profile, taken_over=accepted)

        return FollowUp(before=before, answered=answered)

    def of_clearing(self) -> FollowUp[v21.ClearChargingProfileRequest, v21.ClearChargingProfileResponse]:
        """K10: the fallback goes only where the ratings fit; it comes again by itself."""

        async def before(station: str, request: v21.ClearChargingProfileRequest) -> None:
            key = station_key(station)
            if clears_fallback(request, self._ledger.quirks_of(key)):
                changed = {evse: self._outlets.of(evse).fallback_unsure() for evse in self._outlets.behind(key)}
                self._must_fit(changed, "chargingProfileCriteria", "with it the fallback would go, and then at ")
                for evse in changed:
                    await self._outlets.change(evse, Outlet.fallback_unsure)

        async def answered(
            station: str, request: v21.ClearChargingProfileRequest, answer: v21.ClearChargingProfileResponse
        ) -> None:
            del answer  # Unknown says as much: none of them is there
            for evse in self._outlets.behind(station_key(station)):
                before = self._outlets.of(evse).installed
                await self._outlets.change(evse, partial(cleared, request=request, evse_id=evse[1]))
                if before.starts and not self._outlets.of(evse).installed.starts:
                    self._outlets.plan_lost.emit(evse)

        return FollowUp(before=before, answered=answered)

    def of_resets(self) -> FollowUp[v21.ResetRequest, v21.ResetResponse]:
        """B11, B12: what the station has after it is to be confirmed again, so nobody gets more until then."""

        async def answered(station: str, _request: v21.ResetRequest, answer: v21.ResetResponse) -> None:
            if answer.status != "Rejected":
                await self._forget(station)

        async def unanswered(station: str, _request: v21.ResetRequest, _why: str) -> None:
            await self._forget(station)

        return FollowUp(answered=answered, unanswered=unanswered)

    async def _forget(self, station: str) -> None:
        for evse in self._outlets.behind(station_key(station)):
            await self._outlets.change(evse, Outlet.booted)

    async def _offer(
        self, station: str, evse_id: int, profile: v21.ChargingProfileType, *, starts_transaction: bool = False
    ) -> None:
        key = station_key(station)
        open_here = {
            transaction.evse_id: transaction.transaction_id
            for transaction in self._ledger.open_transactions()
            if station_key(transaction.station_id) == key and transaction.evse_id is not None
        }
        fault = profile_fault(
            profile,
            evse_id,
            version=self._ledger.stations[key].version,
            transactions=open_here,
            starts_transaction=starts_transaction,
        ) or refusal(profile, self._ledger.quirks_of(key))
        if fault is not None:
            raise CommandRefused(fault)
        if evse_id == 0 and not self._outlets.behind(station_key(station)):
            raise CommandRefused(Fault(field="evseId", code="no-evse", text="none of its EVSEs has said anything yet"))
        news = self._news(station, evse_id, profile)
        changed = {evse: with_profile(self._outlets.of(evse), new) for evse, new in news.items()}
        self._must_fit(changed, "chargingProfile", "")
        for evse, new in news.items():
            await self._outlets.change(evse, partial(with_profile, new=new))

    async def _settle(self, station: str, evse_id: int, profile: v21.ChargingProfileType, *, taken_over: bool) -> None:
        for evse, new in self._news(station, evse_id, profile).items():
            sent = next((one for one in reversed(self._outlets.of(evse).commanded) if one.profile_id == profile.id), new)
            await self._outlets.change(evse, partial(taken if taken_over else without_profile, new=sent))

    def _news(self, station: str, evse_id: int, profile: v21.ChargingProfileType) -> dict[EvseKey, Commanded]:
        """How ``profile`` counts at each EVSE that it is for; 0 are all."""
        key, now = station_key(station), self._clock.now()
        keys = self._outlets.behind(key) if evse_id == 0 else [(key, evse_id)]
        found = {evse: commanded(profile, self._outlets.of(evse), now) for evse in keys}
        return {evse: new for evse, new in found.items() if new is not None}

    def _must_fit(self, changed: Mapping[EvseKey, Outlet], field: str, lead: str) -> None:
        now = self._clock.now()
        why = excess(changed, self._outlets.known, self._outlets.fuses(now), now)
        if why is not None:
            raise CommandRefused(Fault(field=field, code="limit", params={"why": why}, text=f"{lead}{why}"))


def _evse(request: v21.RequestStartTransactionRequest) -> int:
    return 0 if request.evse_id is UNSET else request.evse_id
