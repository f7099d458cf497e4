"""The line to the CSMS, from the call of its address to the state of each connector.

``ocpp_side`` composes it; ``csms_link`` connects by one of the ``connection_profiles``, boots, reports and drains the
journal, again whenever the line went, and hears what the ``csms_clock`` shows; ``status``, ``alerts`` and
``security_events`` tell what has happened, ``availability`` and ``resets`` keep what was ordered. Start reading at
``csms_link``.
"""
