"""What the station remembers: readings, sessions, plans and messages in ``history.sqlite3``, within a size that is kept.

``gauge`` makes readings of what the meters say, ``thinning`` makes fewer of them with their age, ``sessions`` reads the
events of the journal; these decide and are pure. ``tables`` is the SQL, ``bound`` keeps the size, ``recorder`` is the one
that writes, a group a minute, and ``archive`` the one that reads, on a connection of its own. ``export`` makes CSV of it.
"""
