"""The hardware of one charging unit, simulated behind its real protocols, so that a station program runs unchanged.

A vehicle with a battery (``vehicle``, ``battery``) hangs on an EVSE-WB board (``evse_board``); what flows is measured by a
Shelly meter (``meter``, ``shelly``), the plug is held by a lock motor (``plug_lock``), and a house (``household``) uses the
same grid connection. ``world`` ties them together and moves them through time, lazily: whoever looks brings it up to now.
All of these are pure. Around them stand the shells: ``serial_line`` (Modbus RTU on a pseudo-terminal, frames in
``modbus_rtu``), ``shelly`` over ``http_server``, ``pins`` (pigpiod's socket protocol) and ``panel`` (a page and its API).
``app.running_simulator`` starts it all. Start reading in ``world``.
"""
