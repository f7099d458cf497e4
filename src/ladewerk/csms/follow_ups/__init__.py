"""What is written down before a command goes to a station and after it is answered, one module a kind of thing.

``table.py`` says what belongs to which command: start reading there. Whatever sends the command, it goes through
:class:`ladewerk.csms.commands.Commands`, so that a command by hand is followed like one of the CSMS's own.
"""
