"""Who may charge here: block C of OCPP 2.x, with the local list of block D.

A token shown at ``desk`` goes to ``authorizer``, which follows ``rules`` (pure): local list, cache, and the CSMS where
these do not decide. ``token_memory`` keeps list and cache over restarts. Start reading at ``rules``.
"""
