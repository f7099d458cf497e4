"""What a CSMS can read and set of this station: components and variables (blocks B05 to B08, OCPP 2.x part 1, 4).

``variable`` is one of them as data, ``variables`` the table of those that can be set, ``facts`` what is only told; ``model``
answers for all and keeps what is set in ``settings_memory`` before it says so; ``report`` puts them into messages. Start
reading at ``variables``.
"""
