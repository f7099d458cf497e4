"""What each role may do. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What somebody is to the site."""

    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    VIEWER = "viewer"
    DRIVER = "driver"


class Right(StrEnum):
    """What a route asks for."""

    OPEN = "open"
    """Nothing: the way in."""

    OWN = "own"
    """To see and steer what belongs to oneself: sessions begun with one's own id tokens."""

    READ = "read"
    """To see everything but users, keys and the record of changes."""

    OPERATE = "operate"
    """To steer stations, needs, tokens and the site."""

    ADMINISTER = "administer"
    """To say who gets in: stations and their passwords, users, keys; to read the record of changes."""


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.ADMINISTRATOR: frozenset(Right),
    Role.OPERATOR: frozenset({Right.OPEN, Right.OWN, Right.READ, Right.OPERATE}),
    Role.VIEWER: frozenset({Right.OPEN, Right.OWN, Right.READ}),
    Role.DRIVER: frozenset({Right.OPEN, Right.OWN}),
}
"""The table."""

SCOPES: Final[Mapping[str, frozenset[Right]]] = {
    "read": frozenset({Right.OPEN, Right.OWN, Right.READ}),
    "operate": frozenset({Right.OPEN, Right.OWN, Right.READ, Right.OPERATE}),
    "administer": frozenset(Right),
}
"""What the key of a program may."""
