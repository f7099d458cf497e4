"""Cuts secrets out of lines of the log.

Nobody logs one on purpose. What slips in all the same, with an error of a database or a library, is cut out on the way of
every line: passwords, keys, credentials, and id tokens, which are all that a driver needs to charge.
"""

import re
from typing import Final

from ladewerk.secret_words import SECRET_NAME, without_credentials

_NAMES: Final = rf"id_?token|{SECRET_NAME}"

_SECRETS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), replacement)
    for pattern, replacement in (
        (r"(\bauthorization[\"']?\s*[:=,]\s*(?:b?[\"'])?(?:(?:basic|bearer|digest)\s+)?)[^\s\"',;}\]]+", r"\1…"),
        (r"\blwk_[\w-]+", "lwk_…"),
        (r"(/api/tokens/)[^\s?:]+", r"\1…"),
        # As JSON has it, also within a text in quotes, as Python shows it, and as settings are written.
        (rf"(\b(?:{_NAMES})(\\*[\"'])?\s*[:=]\s*(\\*[\"']))(?:(?!\3).)+", r"\1…"),
        (rf"(\b(?:{_NAMES})\\*[\"']?\s*[:=]\s*)[^\s\"',;}}\]{{\[\\…]+", r"\1…"),
        # A variable of that name, or a key of OCPP 1.6, and its value; before it or behind it.
        (
            rf"((?:\\*[\"']){SECRET_NAME}(\\*[\"'])\s*}}?\s*,\s*\\*[\"'](?:\w*value)\\*[\"']\s*:\s*\\*[\"'])(?:(?!\2).)+",
            r"\1…",
        ),
        (rf"((\\*[\"'])\w*value\\*[\"']\s*:\s*\\*[\"'])(?:(?!\2).)+(?=\2[^\[\]]{{0,200}}\2{SECRET_NAME}\2)", r"\1…"),
    )
)


def without_secrets(text: str) -> str:
    """``text`` with everything cut out that looks like a secret."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return without_credentials(text)
