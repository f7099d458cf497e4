"""The charging station: units of EVSE board, meter and lock, directed by a CSMS, a page and their own table of states.

The way of a current: ``csms_link`` receives SetChargingProfile -> ``handlers/smart_charging`` checks it and makes a timeline
of it -> ``unit.step`` (a table, pure) takes it as its plan -> each poll of ``control`` asks the table what is due at this
moment -> ``drivers`` write it into the board. The way back: readings -> ``control`` -> ``transaction`` -> ``journal``
(committed first) -> ``csms_link``. Start reading at ``unit``, then ``control``, then ``app``, which puts all together.
"""
