"""Times in the bodies of requests."""

import msgspec

from ladewerk.csms.api.refusals import faulty
from ladewerk.csms.planning.site import Fault


def aware(body: msgspec.Struct, *names: str) -> None:
    """Raises Refused where one of the times called ``names`` has no offset."""
    faults = [
        Fault(field=name, code="no-offset", text="a time needs an offset, such as 2026-01-05T17:00:00+01:00")
        for name in names
        if (at := getattr(body, name)) is not None and at.tzinfo is None
    ]
    if faults:
        raise faulty(*faults)
