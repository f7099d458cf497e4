"""The hardware of charging units, simulated behind its real protocols, so that a station program runs unchanged.

A vehicle with a battery (``vehicle``, ``battery``; ``vehicle_settings`` has the makes) hangs on an EVSE-WB board
(``evse_board``); what flows is measured by a Shelly meter (``meter``, ``shelly``) and the plug is held by a lock motor
(``plug_lock``). ``world`` ties the pieces of one unit together and moves them through time, lazily: whoever looks brings
it up to now. ``site`` puts units behind one grid connection with a ``house``: a ``household`` and a roof
(``photovoltaics``), summed up by ``grid_meter``. ``acts`` is all that can be done to them, by hand or by a ``scenario``.
All of these are pure.

Around them stand the shells: ``serial_line`` and ``bridge`` (Modbus, frames in ``modbus_rtu``, the wire in ``board_line``),
``shelly`` over ``http_server``, ``pins`` (pigpiod's socket protocol) and ``panel`` (a page and its API).
``app.running_simulator`` starts it all. Start reading in ``world``.
"""
