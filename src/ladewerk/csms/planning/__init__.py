"""From what cars need to plans, again whenever something changes.

``needs`` (pure) from whatever said them, ``habits`` and ``outlook`` (pure) for what nobody said, the ``site`` with its
``pricing`` -> ``charging_loop`` takes a snapshot -> ``problem`` (pure) makes a problem of it for ``ladewerk.optimizer``,
with the shares of ``fuse_planning``, and a plan of the answer -> ``plan_words`` says why. What a car says in turn is
looked at in ``ev_schedule``. Start reading at ``charging_loop``.
"""
