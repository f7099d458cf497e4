"""Whether a profile by hand is one that a CSMS may set, whatever the station is able to. Pure. OCPP 2.1 part 2, K01, K05."""

from collections.abc import Mapping
from typing import Final

from ladewerk.charging.abilities import Abilities, Replacing
from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.validity import refused
from ladewerk.csms.planning.site import Fault
from ladewerk.ocpp import Version, v21

_OF_A_CSMS: Final = tuple(purpose for purpose in Purpose if purpose is not Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS)

_SOME_EVSE: Final = 1


def profile_fault(
    profile: v21.ChargingProfileType,
    evse_id: int,
    *,
    version: str | None,
    transactions: Mapping[int, str],
    starts_transaction: bool = False,
) -> Fault | None:
    """What is wrong with ``profile`` on an EVSE; ``transactions`` are the ids of those that are open, by EVSE.

    A profile that comes with the start of a transaction is on whatever EVSE that begins on.
    """
    where = evse_id or _SOME_EVSE if starts_transaction else evse_id
    abilities = Abilities(
        evse_ids=(where,),
        purposes=_OF_A_CSMS,
        replacing=Replacing.BY_LEVEL if version == Version.V16 else Replacing.BY_ID,
        direct_current=True,
        dc_input_phase_control=True,
    )
    refusal = refused(
        Installation(where, profile),
        (),
        abilities=abilities,
        transactions=transactions,
        starts_transaction=starts_transaction,
    )
    if refusal is None:
        return None
    return Fault(field="chargingProfile", code=str(refusal.reason), text=refusal.text)
