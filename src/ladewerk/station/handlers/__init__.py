"""What the station answers to the CSMS, one module a functional block; what is not here is answered NotSupported.

``table.py`` registers them all; every handler gets a :class:`~ladewerk.station.handlers.reach.Reach`, all it may touch.
"""
