"""The demonstration: simulator, station and CSMS in one process over their real protocols, and the person who uses them.

``scenario`` says what evening it is (pure); ``wiring`` starts the three programs; ``evening`` is the person, who plugs in,
asks, presses Start and unplugs, and knows the programs by their public API alone; ``recording`` collects what happened;
``verdict`` judges it (pure); ``report`` shows it. Start reading in ``evening``.

``car_park`` is another scenario: six stations behind one limit, played by ``car_park_run`` on the stage of ``rehearsal``,
taken down in ``car_park_recording`` (pure), judged and told by ``car_park_report``. ``page`` is what both reports look like.
"""
