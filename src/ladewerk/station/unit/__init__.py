"""One charging unit, pure: what it knows, what can happen to it, and what it then wants done.

``table`` is the table of states, ``step(state, event, now) -> state, actions``; its rows stand in ``before`` (no vehicle to
ready) and ``running`` (start to end), what they share in ``moves``. ``state`` is all that a unit knows, ``events`` the
columns, ``actions`` the answers. ``execution`` says which current of a plan is due, ``safety`` what must not be. Start
reading at ``table``.
"""
