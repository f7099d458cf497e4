"""Who is here: which station may come in, over which connection, and by what rules.

``admission`` judges what a station shows (``passwords``, certificates, ``station_rules``, ``networks``); ``connections``
keeps the newest authenticated connection of each; a ``session`` is one of them as its handlers see it, with the
``invitations`` that a station has which is not accepted. Start reading at
``connections``.
"""
