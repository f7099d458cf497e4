"""The books of the station: transactions, their events and meter values, kept until the CSMS has them (blocks E and J).

What happens to a unit -> ``bookkeeper`` -> ``books`` (pure: when a transaction begins, ends, and which events it has) ->
``transaction`` makes them -> ``journal`` commits them -> ``delivery`` sends them in order, each until it is answered. Start
reading at ``books``.
"""
