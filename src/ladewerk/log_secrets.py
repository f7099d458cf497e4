"""Cuts secrets out of lines of the log.

Nobody logs one on purpose. What slips in all the same, with an error of a database or a library, is cut out on the way of
every line: passwords, keys, credentials, and id tokens, which are all that a driver needs to charge.
"""

import re
from typing import Final

_NAMES: Final = r"id_?token|\w*password|passwd|\w*secret|private_?key|authorizationkey"

_SECRETS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), replacement)
    for pattern, replacement in (
        (r"(\bauthorization[\"']?\s*[:=,]\s*(?:b?[\"'])?(?:(?:basic|bearer|digest)\s+)?)[^\s\"',;}\]]+", r"\1…"),
        (r"\blwk_[\w-]+", "lwk_…"),
        (r"(?<=://)[^/?#@\s]*@", "…@"),
        (r"(/api/tokens/)[^\s?:]+", r"\1…"),
        # As JSON has it, also within a text in quotes, as Python shows it, and as settings are written.
        (rf"(\b(?:{_NAMES})\\?[\"']?\s*[:=]\s*\\?[\"']?)[^\s\"',;}}\]{{\[\\]+", r"\1…"),
        (r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:(?=-----END)|\Z)", r"\1…"),
    )
)


def without_secrets(text: str) -> str:
    """``text`` with everything cut out that looks like a secret."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text
