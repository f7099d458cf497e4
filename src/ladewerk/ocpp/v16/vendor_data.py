"""The data of a DataTransfer: any JSON in OCPP 2.1, text in OCPP 1.6."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


def as_text(data: Any) -> str | UnsetType:
    """A text as it is, anything else as JSON."""
    if data is UNSET or isinstance(data, str):
        return data
    return msgspec.json.encode(data).decode()
