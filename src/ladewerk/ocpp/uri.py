"""The grammar of a URI as a regular expression: RFC 3986, appendix A."""

_LETTER = r"[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2}"
_CHARACTER = rf"[:@]|{_LETTER}"
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_GROUP = "[0-9A-Fa-f]{1,4}"
_LAST_TWO = rf"(?:{_GROUP}:{_GROUP}|{_BYTE}(?:\.{_BYTE}){{3}})"


def _addresses() -> str:
    """IPv6address: eight groups of four digits, or some of them left out as ``::``; the last two may be written as IPv4."""
    addresses = [f"(?:{_GROUP}:){{6}}{_LAST_TWO}"]
    for before in range(8):
        beginning = f"(?:(?:{_GROUP}:){{0,{before - 1}}}{_GROUP})?" if before else ""
        between = f"(?:{_GROUP}:){{{5 - before}}}" if before < 5 else ""
        ending = {6: _GROUP, 7: ""}.get(before, _LAST_TWO)
        addresses.append(f"{beginning}::{between}{ending}")
    return "|".join(addresses)


def _pattern() -> str:
    future = r"v[0-9A-Fa-f]+\.(?:[A-Za-z0-9\-._~!$&'()*+,;=:])+"
    host = rf"(?:\[(?:{_addresses()}|{future})\]|(?:{_LETTER})*)"
    authority = rf"(?:(?::|{_LETTER})*@)?{host}(?::\d*)?"
    segments = rf"(?:/(?:{_CHARACTER})*)*"
    path = rf"/?(?:(?:{_CHARACTER})+{segments})?"
    rest = rf"(?:{_CHARACTER}|[/?])*"
    return rf"^[A-Za-z][A-Za-z0-9+.\-]*:(?://{authority}{segments}|{path})(?:\?{rest})?(?:#{rest})?\Z"


URI_PATTERN = _pattern()
"""Fits a whole URI that begins with a scheme, and nothing else."""
