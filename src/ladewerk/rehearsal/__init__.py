"""The whole system in virtual time: stations, their CSMS and the simulated world in one process, under one clock that jumps.

``stage`` sets it up: the programs are composed by their own ``app`` modules and run as they are, over the channel in memory
of ``ocpp/loopback`` and the ``devices`` of this room, which stand where serial line, network and pins would be. ``programs``
starts, stops and kills them, ``settable_clock`` is the time on the wall of each, ``record`` writes down what happens, and
``day`` is a day of one unit. All of it runs on a :class:`~ladewerk.virtual_loop.VirtualLoop` alone. Start reading in
``stage``.
"""
