"""What was found of one thing, in one line."""

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How it is."""

    OK = "ok"
    NOTE = "note"
    """It works, and somebody might want to know."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """``said`` names the remedy where something is wrong."""

    mark: Mark
    what: str
    said: str

    def line(self) -> str:
        """As it is printed."""
        return f"{self.mark:<5}  {self.what}: {self.said}"


def ok(what: str, said: str) -> Finding:
    """All is well."""
    return Finding(Mark.OK, what, said)


def note(what: str, said: str) -> Finding:
    """Worth knowing."""
    return Finding(Mark.NOTE, what, said)


def wrong(what: str, said: str) -> Finding:
    """Not well, and what to do."""
    return Finding(Mark.WRONG, what, said)
