"""What a station is answered when it introduces itself: taken in, to wait while it is set up, or not served. Pure.

OCPP 2.1 part 2, block B: B01 (accepted), B02 (pending), B03 (rejected).
"""

from typing import Annotated, Final, Literal

import msgspec

SHEET: Final = "registration"
"""The one of each station."""

LONGEST_S: Final = 86_400


class Registration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``status`` is the answer to the next BootNotification; unless that is Accepted it comes again after ``interval_s``."""

    status: Literal["Accepted", "Pending", "Rejected"] = "Accepted"
    interval_s: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_S)] = 60
