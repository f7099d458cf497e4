"""The OCPP versions, named as their WebSocket sub-protocols are."""

from enum import StrEnum


class Version(StrEnum):
    """A version of OCPP; the value is the sub-protocol name of Part 4, chapter 3."""

    V16 = "ocpp1.6"
    V201 = "ocpp2.0.1"
    V21 = "ocpp2.1"
