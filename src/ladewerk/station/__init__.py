"""The charging station: units of EVSE board, meter and lock, directed by a CSMS, a page and their own table of states.

The rooms: ``unit`` decides what one charging unit does (pure), ``smart_charging`` what it may draw, ``authorization`` who
may charge, ``transactions`` keeps the books, ``device_model`` what can be read and set, ``link`` is the line to the CSMS
whose requests ``handlers`` answer; ``drivers`` speak to devices, ``history`` remembers, ``web`` shows. What stands beside
them puts units, clock and configuration together.

The way of a current: ``link/csms_link`` receives SetChargingProfile -> ``handlers/smart_charging`` checks it and makes a
timeline of it -> ``unit/table`` takes it as its plan -> each poll of ``control`` asks the table what is due at this
moment -> ``drivers`` write it into the board. The way back: readings -> ``control`` -> ``transactions/books`` ->
``transactions/journal`` (committed first) -> ``link``. Start reading at ``unit/table``, then ``control``, then ``app``,
which puts all together.
"""
