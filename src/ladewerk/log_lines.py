"""The log as an operator gets it: every entry is one line, whatever a peer had printed, and few of a kind in a minute.

What comes from a station, a browser or a name server may hold line ends and the commands of a terminal; a line that looks
like one of ours must be one of ours. And who sends nonsense as fast as the network goes must not fill a disk.
"""

import logging
from collections import OrderedDict
from typing import Any, Final, TextIO

from ladewerk.log_json import JsonLines
from ladewerk.log_secrets import without_secrets

MOST_OF_A_KIND: Final = 10
KIND_FORGOTTEN_AFTER_S: Final = 60.0
_MOST_KINDS: Final = 500

_FORMAT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s%(more)s"


class OneLine(logging.Formatter):
    """As :class:`logging.Formatter`, without secrets; what is not printable is an escape, and traces are indented."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the library's name
        return _printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        # An exception quotes what it could not use.
        return "\n".join(f"    {_printable(line)}" for line in super().formatException(ei).split("\n"))


def _printable(line: str) -> str:
    return line if line.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


class FewOfAKind(logging.Filter):
    """Ten in a minute of what one line of the program says about one peer; the next that passes says how many did not."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        first = record.args[0] if isinstance(record.args, tuple) and record.args else ""
        kind = (f"{record.name}:{record.lineno}", str(first)[:100])
        since_s, times = self._kinds.pop(kind, (record.created, 0))
        left_out = 0
        if not 0 <= record.created - since_s < KIND_FORGOTTEN_AFTER_S:
            left_out, since_s, times = max(0, times - MOST_OF_A_KIND), record.created, 0
        self._kinds[kind] = (since_s, times + 1)
        while len(self._kinds) > _MOST_KINDS:
            self._kinds.popitem(last=False)
        record.more = ""
        if left_out:
            record.more = f" ({left_out} like this were left out)"
        elif times == MOST_OF_A_KIND - 1:
            record.more = " (more like this are left out for a minute)"
        return times < MOST_OF_A_KIND


def operators_handler(stream: TextIO, *, as_json: bool = False) -> logging.Handler:
    """Writes such lines to ``stream``, as text or as JSON."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if as_json else OneLine(_FORMAT, defaults={"more": ""}))
    handler.addFilter(FewOfAKind())
    return handler
