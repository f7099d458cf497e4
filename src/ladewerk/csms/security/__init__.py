"""Who may use page and API: users with roles, sessions of browsers, keys of programs, and a record of every change.

A request passes ``api.guard`` (by cookie or key: who is it, and has its role the right that the route asks for?), then its
route; ``audit`` around both writes down what changed anything. ``accounts`` knows users, logins and keys and keeps them in
the store; ``roles`` is the table of what each role may. Start reading there.
"""
