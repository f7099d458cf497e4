"""The limit that holds: what every EVSE of a site may draw at this moment, whatever is late, lost or cut off (C3).

What is asked for comes as a plan or an operator's command -> ``outlets`` knows what each EVSE may still draw ->
``allocation`` (pure) says how much of it may be sent now under the ``fuses`` (pure): lower first, confirm, then raise.
``loads`` (pure) is the arithmetic of both, ``commanded`` counts what operators allow, ``fallbacks`` brings to each
station what it keeps to without us. Start reading at ``allocation``.
"""
