"""Plans on their way to the stations: charging profiles as each station takes them, told, accepted and read back (block K).

A plan comes to ``delivery``, which asks ``ladewerk.csms.limit`` how much of it may go out, makes ``profiles`` (pure) of
it by the ``quirks`` of the station (``quirks_line``: what of a plan it can be told), sends them by ``telling`` and has them
confirmed by ``read_back``. ``quirks_asking`` finds out how a station differs. Start reading at ``delivery``.
"""
