"""What operators can see of the CSMS itself: messages, counts and health, without a secret in them.

Frames pass ``redaction`` before anybody keeps them; ``frame_log`` has the newest for the console, ``message_log`` those
of days, paired by ``exchanges``. ``measures`` counts for Prometheus, ``health`` says which part is not well. Start
reading at ``message_log``.
"""
