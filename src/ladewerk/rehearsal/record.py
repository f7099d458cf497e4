"""What happened in a rehearsal, line by line: the same seed writes the same bytes."""

import json
from functools import partial
from typing import Any

from ladewerk.csms.app import Csms
from ladewerk.csms.watching.frame_log import LoggedFrame
from ladewerk.rehearsal.stage import BoardWrite, Stage
from ladewerk.simulator.world import Sample
from ladewerk.station.app import Station
from ladewerk.station.control import UnitControl
from ladewerk.station.unit.state import UnitState

_WH_DIGITS = 3


class Record:
    """OCPP frames as the CSMS sees them, board writes, units' states, what flows; with its seconds since the start each."""

    def __init__(self, stage: Stage) -> None:
        self.lines: list[str] = []
        self._stage = stage
        self._shown: dict[str, tuple[Any, ...]] = {}
        stage.board_written.connect(self._board_written)
        stage.csms.started.connect(self._csms_started)
        for name, station in stage.stations.items():
            station.started.connect(partial(self._station_started, name))
        for name, world in stage.site.units.items():
            world.samples.connect(partial(self._sample, name))

    def add(self, what: str, **said: object) -> None:
        """Write one line down."""
        at_s = round(self._stage.clock.monotonic(), 6)
        self.lines.append(json.dumps({"at_s": at_s, "what": what, **said}, ensure_ascii=False))

    def text(self) -> str:
        """All lines, each with its end."""
        return "".join(f"{line}\n" for line in self.lines)

    def _board_written(self, write: BoardWrite) -> None:
        self.add("board", unit=write.unit, register=write.register, value=write.value)

    def _csms_started(self, csms: Csms) -> None:
        self.add("csms started")
        csms.frame_log.seen.connect(self._frame)

    def _frame(self, frame: LoggedFrame) -> None:
        self.add("frame", station=frame.station_id, sent=frame.sent, text=frame.text)

    def _station_started(self, name: str, station: Station) -> None:
        self.add("station started", station=name)
        for unit in station.units:
            unit.changed.connect(self._changed)
            self._changed(unit)

    def _changed(self, unit: UnitControl) -> None:
        shown = _shown(unit.state)
        if self._shown.get(unit.unit_id) != shown:
            self._shown[unit.unit_id] = shown
            phase, offer_a, locked, fault = shown
            self.add("unit", unit=unit.unit_id, phase=phase, offer_a=offer_a, locked=locked, fault=fault)

    def _sample(self, unit: str, sample: Sample) -> None:
        self.add(
            "flow",
            unit=unit,
            at=sample.at.isoformat(),
            pilot=str(sample.pilot),
            offer_a=sample.offer_a,
            current_a=round(sample.current_a, 6),
            closed=sample.contactor_closed,
            drawn_wh=round(sample.drawn_wh, _WH_DIGITS),
        )


def _shown(state: UnitState) -> tuple[str, float, bool, str | None]:
    return state.phase.value, state.offer_a, state.locked, None if state.fault is None else state.fault.code
