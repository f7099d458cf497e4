"""What time it is at the CSMS, by what it answers to a boot and a heartbeat."""

from datetime import datetime, timedelta

from ladewerk.station.device_model import variables as settings
from ladewerk.station.device_model.model import DeviceModel
from ladewerk.station.messages import Messages
from ladewerk.station.unit.actions import Level
from ladewerk.station.wall_clock import WallClock


class CsmsClock:
    """``ahead_s`` is how far it is ahead of ours, None before it was heard. A machine whose time is set never follows it."""

    def __init__(self, clock: WallClock, model: DeviceModel, messages: Messages) -> None:
        self.ahead_s: float | None = None
        self._clock = clock
        self._model = model
        self._messages = messages

    def heard(self, theirs: datetime, asked_s: float) -> None:
        """It shows ``theirs``, as an answer says that came now; it was asked for at ``asked_s`` of the monotonic clock."""
        half_s = (self._clock.monotonic() - asked_s) / 2
        self._clock.tell(theirs + timedelta(seconds=half_s))
        ahead_s = (theirs - self._clock.now()).total_seconds() + half_s
        before, self.ahead_s = self.ahead_s, ahead_s
        threshold_s = self._model.whole(settings.TIME_ADJUSTMENT_THRESHOLD)
        if abs(ahead_s) > threshold_s and (before is None or abs(before) <= threshold_s):
            self._messages.say(Level.WARNING, "clocks_differ", {"ahead_s": round(ahead_s)})
