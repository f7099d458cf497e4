"""A session whose frames and times come from a test's own hand."""

import json
from typing import Any

from ladewerk.ocpp.events import (
    Event,
)
from ladewerk.ocpp.session import (
    Session,
)
from ladewerk.ocpp.version import Version

HEARTBEAT = '[2,"{}","Heartbeat",{{}}]'


def session(version: Version = Version.V21) -> Session:
    return Session(version)


def sent(made: Session) -> list[Any]:
    return [json.loads(text) for text in made.frames_to_send()]


def call(made: Session, message_id: str, now: float, timeout_s: float = 30) -> list[Event]:
    return made.send_call(message_id, "Heartbeat", b"{}", timeout_s=timeout_s, now=now)


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events]
