"""A profile as it stands in a station: on which EVSE, from whom; and the place among the others that it takes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec import UNSET, UnsetType

from ladewerk.ocpp import v21

Purpose = v21.ChargingProfilePurposeEnumType

CSMS: Final = "CSO"
"""The chargingLimitSource of what a CSMS has set."""


@dataclass(frozen=True, slots=True)
class Installation:
    """``profile`` on EVSE ``evse_id``, 0 for the whole station; ``source`` is OCPP's chargingLimitSource.

    ``installed_at`` is when it came, where that is known.
    """

    evse_id: int
    profile: v21.ChargingProfileType
    source: str = CSMS
    installed_at: datetime | None = None

    @property
    def purpose(self) -> Purpose:
        return self.profile.charging_profile_purpose

    @property
    def transaction_id(self) -> str | None:
        """Of a TxProfile; None where it names none, as 1.6 allows."""
        named = self.profile.transaction_id
        return None if named is UNSET else named

    @property
    def place(self) -> tuple[int, Purpose, int, str | None]:
        """Where no two may be valid at once: EVSE, purpose, stack level, and of a TxProfile the transaction."""
        named = self.transaction_id if self.purpose is Purpose.TX_PROFILE else None
        return self.evse_id, self.purpose, self.profile.stack_level, named

    def meets(self, other: "Installation") -> bool:
        """The validity of both overlaps (K01.FR.06)."""
        return _before_end(self.profile, other.profile) and _before_end(other.profile, self.profile)

    def holds_offline(self, offline_s: float | None) -> bool:
        """False once the station has been offline for longer than maxOfflineDuration; None is online (K01.FR.101)."""
        longest_s = self.profile.max_offline_duration
        if offline_s is None or longest_s is UNSET:
            return True
        return 0 < longest_s >= offline_s


def _before_end(one: v21.ChargingProfileType, other: v21.ChargingProfileType) -> bool:
    begin: datetime | UnsetType = one.valid_from
    end: datetime | UnsetType = other.valid_to
    return begin is UNSET or end is UNSET or begin < end
