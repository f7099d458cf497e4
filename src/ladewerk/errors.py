"""The exception families.

::

    LadewerkError
    ├── ProtocolError
    │   ├── LocalProtocolError      our bug: we tried to say something the protocol forbids
    │   └── RemoteProtocolError     theirs; carries the CALLERROR code that answers it
    ├── CallFailed                  a CALL of ours got no result
    │   ├── CallTimedOut            no answer by the deadline
    │   ├── CallRefused             CALLERROR; carries code, description and details
    │   └── Disconnected            the link went, or is not there
    ├── DeviceError
    │   ├── DeviceUnreachable       no answer: try again
    │   ├── DeviceFault             it reports a fault: stop, latch
    │   └── ReadingImplausible      drop the reading and count it
    ├── PlanError                   the problem itself is contradictory
    ├── StoreError                  the database refused
    └── ConfigError                 carries the key (or file, line, JSON path) and what was expected

Rejected, Invalid and Unknown are return values. Foreign exceptions become one of these in the adapter that meets them.
"""

from collections.abc import Mapping


class LadewerkError(Exception):
    """Root of everything Ladewerk raises on purpose."""


class ProtocolError(LadewerkError):
    """A rule of OCPP-J was broken."""


class LocalProtocolError(ProtocolError):
    """We tried to send what the protocol or the version forbids: a bug on this side."""


class RemoteProtocolError(ProtocolError):
    """The peer sent what cannot be accepted.

    ``code`` is the neutral (2.x) spelling of the CALLERROR code; the frame codec spells it for the version.
    ``message_id`` is None where the frame was too broken to have one.
    """

    def __init__(self, code: str, description: str, *, message_id: str | None = None, path: str = "") -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.message_id = message_id
        self.path = path


class CallFailed(LadewerkError):
    """A CALL of ours ended without a CALLRESULT."""


class CallTimedOut(CallFailed):
    """No answer arrived by the deadline."""


class CallRefused(CallFailed):
    """The peer answered with a CALLERROR."""

    def __init__(self, code: str, description: str, details: Mapping[str, object]) -> None:
        super().__init__(f"{code}: {description}" if description else code)
        self.code = code
        self.description = description
        self.details = dict(details)

    @property
    def is_for_good(self) -> bool:
        """The peer does not know the action, or does not serve it: asking again changes nothing."""
        return self.code in ("NotImplemented", "NotSupported")


class Disconnected(CallFailed):
    """The link to the peer is gone or was never there."""


class DeviceError(LadewerkError):
    """A piece of hardware."""


class DeviceUnreachable(DeviceError):
    """The device did not answer; the next attempt may succeed."""


class DeviceFault(DeviceError):
    """The device answered that it is broken."""


class ReadingImplausible(DeviceError):
    """The device answered, but not with a value that can be true."""


class PlanError(LadewerkError):
    """A planning problem contradicts itself; ``path`` is the JSON path of the value at fault."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


class StoreError(LadewerkError):
    """The database did not take or give what it was asked for."""


class ConfigError(LadewerkError):
    """A setting cannot be used; ``key`` says where it stands, ``why`` what was expected instead."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key}: {why}" if key else why)
        self.key = key
        self.why = why
