"""The log as programs read it: an object of JSON a line."""

import logging
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from ladewerk.log_secrets import without_secrets

_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "more"}


class JsonLines(logging.Formatter):
    """``at``, ``level``, ``logger``, ``message``, perhaps ``exception``, and whatever was logged with ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_secrets(record.getMessage() + getattr(record, "more", "")),
        }
        if record.exc_info:
            line["exception"] = without_secrets(self.formatException(record.exc_info))
        for name, value in vars(record).items():
            if name not in _OWN:
                line[name] = without_secrets(str(value))
        return msgspec.json.encode(line).decode()
