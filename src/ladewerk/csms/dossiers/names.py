"""How sheets of a dossier that have numbers are called. Pure."""

from typing import Final

_DIGITS: Final = 20
"""Of a 64-bit number with its sign: so padded, names are in the order of the numbers from 0 up."""


def numbered(number: int) -> str:
    """The name of a sheet that has a number."""
    return f"{number:0{_DIGITS}d}"
