"""The hardware of a charging unit: one product a file, behind the ports of :mod:`~ladewerk.station.drivers.ports`.

A driver is opened by ``station.app`` with an ``open_…`` context manager, read once per poll, and told what to do by the
actions of the unit. It turns registers, JSON and pin levels into readings with units in their names, keeps the device's own
rules (spacing, retries, what must not be written), and lets no name or exception of the device's library out of its file.

What products share stands beside them: Modbus as ``modbus_frames`` (bytes), ``modbus_ports`` (serial device, TCP bridge) and
``modbus_bus`` (one owner, retries), ``shelly_rpc``, ``live_register``, and the pins.

Start reading with ``ports.py``, then ``_blueprint.py``, the smallest whole driver; ``docs/drivers.md`` tells how to add one.
"""
