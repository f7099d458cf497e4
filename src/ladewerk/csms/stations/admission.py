"""Whether a station may come in: by what it shows, and by how often somebody was wrong where it knocks from.

An address has five wrong passwords of an identity free, and a hundred of all identities; then one more now and then.
A station is not held up by those who guess: its password, once found right, is known again at once, and wrong tries
count for the address they came from alone.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from typing import Final

from ladewerk.clock import Clock
from ladewerk.csms.ledger import Ledger
from ladewerk.csms.records import StationRecord, station_key
from ladewerk.csms.stations.passwords import matching
from ladewerk.csms.stations.station_rules import Rules
from ladewerk.entrance import network_of
from ladewerk.errors import StoreError
from ladewerk.ocpp import Admission, Handshake, SecurityProfile
from ladewerk.refusals import Refusals, Why
from ladewerk.web.tries import Tries

_log = logging.getLogger(__name__)

_AT_ONCE: Final = 2
"""Passwords that are looked at in threads at a time: the others are for the database."""

_FREE_OF_ADDRESS: Final = 100
_ONE_MORE_OF_ADDRESS_AFTER_S: Final = 1.0

MOST_WAITING_OF_ADDRESS: Final = 50
"""Of those that wait to be approved; one guest must not push all others off the list."""


class Admissions:
    """Asked for each station that knocks; ``refusals`` keeps who was turned away."""

    def __init__(self, ledger: Ledger, clock: Clock, *, rules: Rules, accept_unknown: bool, refusals: Refusals) -> None:
        self._ledger = ledger
        self._clock = clock
        self._rules = rules
        self._accept_unknown = accept_unknown
        self._refusals = refusals
        self._of_identity = Tries(clock)
        self._of_address = Tries(clock, free=_FREE_OF_ADDRESS, one_more_after_s=_ONE_MORE_OF_ADDRESS_AFTER_S)
        self._looking = asyncio.Semaphore(_AT_ONCE)
        self._secret = secrets.token_bytes(32)
        self._found_right: dict[str, bytes] = {}

    async def admit(self, handshake: Handshake) -> Admission:
        """Whether a station may come in; one that nobody knows is noted as waiting."""
        station = self._ledger.stations.get(station_key(handshake.identity))
        if station is None:
            return self._unknown_admission(handshake) if self._accept_unknown else self._wait(handshake)
        rules = self._rules.of(handshake.identity)
        if not rules.suffice(handshake):
            return self._turned_away(handshake, f"security profile {rules.least} is asked for")
        if handshake.security_profile < station.security_profile and not rules.may_go_back:
            before = f"it has come by security profile {station.security_profile} before"
            return self._turned_away(handshake, f"{before}, and never goes back to a lower one (A05.FR.07)")
        if handshake.certificate is not None:
            if rules.belongs(handshake.certificate, handshake.identity):
                await self._remember(station, handshake)
                return Admission.ACCEPT
            return self._turned_away(handshake, f"the certificate is that of {handshake.certificate.common_name!r}")
        if station.password_hash is None:
            if rules.least == SecurityProfile.NONE:
                return Admission.ACCEPT
            return self._turned_away(handshake, "no password was ever given to it")
        # The user name was found to be the identity before this was asked (A00.FR.207).
        if handshake.basic_password is None:
            return self._turned_away(handshake, "no password")
        admission = await self._by_password(handshake, handshake.basic_password, station, station.password_hash)
        if admission is Admission.ACCEPT:
            await self._remember(station, handshake)
        return admission

    async def _remember(self, station: StationRecord, handshake: Handshake) -> None:
        """By which profile it has shown who it is, where that is higher than any before."""
        shown = int(handshake.security_profile)
        if shown > station.security_profile:
            try:
                await self._ledger.change_station(station.key, security_profile=shown)
            except StoreError as err:
                _log.error("station %s: that it came by profile %d could not be written down: %s", station.key, shown, err)

    async def _by_password(self, handshake: Handshake, said: bytes, station: StationRecord, stored: str) -> Admission:
        mark = self._mark(stored, said)
        if hmac.compare_digest(mark, self._found_right.get(station.key, b"")):
            return Admission.ACCEPT
        address = network_of(handshake.remote)
        of_both = f"{address} {station.key}"
        async with self._looking:
            if self._of_identity.wait_s(of_both) > 0 or self._of_address.wait_s(address) > 0:
                self._refusals.note(Why.TOO_MANY_TRIES, handshake.remote, f"passwords of station {station.station_id}")
                return Admission.TOO_MANY_TRIES
            found = await asyncio.to_thread(matching, said, stored)
            if found is not None:
                self._found_right[station.key] = mark
                if found != stored:
                    await self._take_over(station, found, stored)
                self._of_identity.forgive(of_both)
                return Admission.ACCEPT
            self._of_identity.take(of_both)
            self._of_address.take(address)
        return self._turned_away(handshake, "wrong password")

    async def _take_over(self, station: StationRecord, found: str, stored: str) -> None:
        """Of several passwords that it might have, the one it has come with is in force (A01.FR.03)."""
        try:
            await self._ledger.change_password(station.key, lambda now: found if now == stored else now)
        except StoreError as err:
            # It is right all the same, and will be found so again.
            _log.error("station %s: which password it has could not be written down: %s", station.station_id, err)

    def _mark(self, stored: str, said: bytes) -> bytes:
        # Quick to make and useless to steal: it is of this process, and bound to the hash that is stored now.
        return hmac.digest(self._secret, stored.encode() + said, hashlib.sha256)

    def _wait(self, handshake: Handshake) -> Admission:
        waiting = self._ledger.waiting
        known = station_key(handshake.identity) in waiting
        if known or sum(one.remote == handshake.remote for one in waiting.values()) < MOST_WAITING_OF_ADDRESS:
            self._ledger.note_waiting(handshake.identity, handshake.remote, self._clock.now())
        self._refusals.note(Why.UNKNOWN_STATION, handshake.remote, f"station {handshake.identity!r} waits to be approved")
        return Admission.UNKNOWN

    def _unknown_admission(self, handshake: Handshake) -> Admission:
        """Of a station that nobody knows, where such are served at once: it has no password, so its word or its certificate
        counts."""
        rules = self._rules.of(handshake.identity)
        if handshake.certificate is None:
            known_enough = rules.least == SecurityProfile.NONE
        else:
            known_enough = rules.belongs(handshake.certificate, handshake.identity)
        if known_enough:
            return Admission.ACCEPT
        return self._turned_away(handshake, "it shows nothing that tells who it is")

    def _turned_away(self, handshake: Handshake, why: str) -> Admission:
        self._refusals.note(Why.WRONG_CREDENTIALS, handshake.remote, f"station {handshake.identity} is not let in: {why}")
        return Admission.UNAUTHORIZED
