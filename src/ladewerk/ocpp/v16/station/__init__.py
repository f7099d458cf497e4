"""The station's end of OCPP 1.6: a station that thinks in OCPP 2.1, at a CSMS that knows 1.6 alone.

``translate`` says which function translates which message -> ``reports`` and ``transactions`` what the station says;
``commands``, ``profiles``, ``configuration``, ``certificates`` and ``maintenance`` what the CSMS tells it. ``words`` are the
tables, ``memory`` is what has to be remembered of a connection; what outlives it is in
``ladewerk.ocpp.transaction_numbers``.
"""
