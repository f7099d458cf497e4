"""What a session may still say, as a table of its three states; printed in the documentation."""

from collections.abc import Mapping
from enum import Enum, IntEnum, auto


class Link(IntEnum):
    """What the session may still say."""

    OPEN = auto()
    CLOSING = auto()  # we gave the peer up: nothing more is taken from it or said to it
    CLOSED = auto()


class Input(IntEnum):
    FRAME = auto()
    CALL = auto()
    ANSWER = auto()
    CLOSE = auto()
    LOSS = auto()


class Verdict(Enum):
    TAKE = auto()
    DROP = auto()
    DISCONNECTED = auto()  # raise Disconnected to the caller
    FORBIDDEN = auto()  # a bug of the owner: LocalProtocolError


LINK_TABLE: Mapping[tuple[Link, Input], tuple[Verdict, Link]] = {
    (Link.OPEN, Input.FRAME): (Verdict.TAKE, Link.OPEN),
    (Link.OPEN, Input.CALL): (Verdict.TAKE, Link.OPEN),
    (Link.OPEN, Input.ANSWER): (Verdict.TAKE, Link.OPEN),
    (Link.OPEN, Input.CLOSE): (Verdict.TAKE, Link.CLOSING),
    (Link.OPEN, Input.LOSS): (Verdict.TAKE, Link.CLOSED),
    (Link.CLOSING, Input.FRAME): (Verdict.DROP, Link.CLOSING),
    (Link.CLOSING, Input.CALL): (Verdict.DISCONNECTED, Link.CLOSING),
    (Link.CLOSING, Input.ANSWER): (Verdict.DROP, Link.CLOSING),
    (Link.CLOSING, Input.CLOSE): (Verdict.DROP, Link.CLOSING),
    (Link.CLOSING, Input.LOSS): (Verdict.TAKE, Link.CLOSED),
    (Link.CLOSED, Input.FRAME): (Verdict.FORBIDDEN, Link.CLOSED),
    (Link.CLOSED, Input.CALL): (Verdict.DISCONNECTED, Link.CLOSED),
    (Link.CLOSED, Input.ANSWER): (Verdict.DROP, Link.CLOSED),  # a handler may outlive the link
    (Link.CLOSED, Input.CLOSE): (Verdict.DROP, Link.CLOSED),
    (Link.CLOSED, Input.LOSS): (Verdict.DROP, Link.CLOSED),
}
