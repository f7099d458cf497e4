"""What is asked of each station before it may come in, and how it is treated then."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ladewerk.csms.records import station_key
from ladewerk.ocpp import ClientCertificate, Handshake, Leniency, SecurityProfile

PING_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StationRules:
    """``ping_s`` None sends no pings, ``leniency`` None forgives nothing.

    ``least`` is the lowest security profile that will do; ``may_go_back`` says that it was set for this station, so that it
    holds for one that has come by a higher one, too. A certificate is the station's if its common name is
    ``common_name``, by default the identity.
    """

    ping_s: float | None = PING_S
    least: SecurityProfile = SecurityProfile.NONE
    may_go_back: bool = False
    common_name: str | None = None
    leniency: Leniency | None = None

    def suffice(self, handshake: Handshake) -> bool:
        """Whether what the station shows is enough, if it is right."""
        return handshake.security_profile >= self.least

    def belongs(self, certificate: ClientCertificate, identity: str) -> bool:
        """Whether a certificate is that of the station ``identity`` (A00.FR.405, A00.FR.427)."""
        wanted = identity if self.common_name is None else self.common_name
        return certificate.common_name is not None and certificate.common_name.casefold() == wanted.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Those of each station that has its own, by its key, and those of all others."""

    others: StationRules = StationRules()
    each: Mapping[str, StationRules] = field(default_factory=dict)

    def of(self, identity: str) -> StationRules:
        return self.each.get(station_key(identity), self.others)
