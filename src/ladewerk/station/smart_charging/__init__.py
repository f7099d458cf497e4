"""What the units may draw: charging profiles, limits from outside, plans from a file, and the needs that ask for them (block
K).

``charging_profiles`` keeps what is installed; ``guidance`` tells each unit its plan and limit, by ``ladewerk.charging``;
``timeless`` is the same while nobody knows what time it is; ``shares`` splits what several units have together.
``needs_delivery`` asks for a plan through ``spaced_queue``. Start reading at ``charging_profiles``.
"""
