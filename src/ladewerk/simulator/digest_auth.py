"""The password of a Shelly: digest authentication of RFC 7616 with SHA-256, and the small table of nonces of its firmware.

From firmware 2.0.0 on a nonce lasts an hour or 30,000 uses, and 32 are kept. A client that needs one more finds the table
full: for two seconds everything is answered 429, and each attempt with a nonce that is dead begins these two seconds anew.
Source: home-assistant/core issues 177257 and 178327. Assumed: the oldest nonce makes room after that, and before 2.0.0 the
table has no end.
"""

import hashlib
import hmac
import re
from collections import OrderedDict
from typing import Final

from ladewerk.simulator.http_server import Request, Response

_LIFE_S: Final = 3600.0
_USES: Final = 30_000
_SLOTS: Final = 32
_WINDOW_S: Final = 2.0
_FIELD: Final = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


class DigestAuth:
    """``realm`` is the device's id; the user is always admin."""

    def __init__(self, realm: str, password: str, *, limited: bool) -> None:
        self._realm = realm
        self._password = password
        self._limited = limited
        self._nonces: OrderedDict[str, tuple[float, int]] = OrderedDict()
        """Since when each is alive, and its last count; the oldest first."""
        self._made = 0
        self._throttled_until_s = 0.0

    def forget(self) -> None:
        """All nonces are gone, as after a restart."""
        self._nonces.clear()
        self._throttled_until_s = 0.0

    def refusal(self, request: Request, now_s: float) -> Response | None:
        """What to answer instead, or None where the request may pass."""
        fields = {name: quoted or bare for name, quoted, bare in _FIELD.findall(request.headers.get("authorization", ""))}
        self._bury(now_s)
        known = fields.get("nonce", "") in self._nonces
        if now_s < self._throttled_until_s:
            if fields and not known:
                self._throttled_until_s = now_s + _WINDOW_S
            return Response(429, b"Too Many Requests", "text/plain")
        if known and self._is_right(request, fields):
            return None
        return self._challenge(now_s)

    def _bury(self, now_s: float) -> None:
        for nonce, (since_s, uses) in tuple(self._nonces.items()):
            if now_s - since_s > _LIFE_S or uses >= _USES:
                del self._nonces[nonce]

    def _challenge(self, now_s: float) -> Response:
        if self._limited and len(self._nonces) >= _SLOTS:
            self._nonces.popitem(last=False)
            self._throttled_until_s = now_s + _WINDOW_S
            return Response(429, b"Too Many Requests", "text/plain")
        self._made += 1
        nonce = str(self._made)
        self._nonces[nonce] = (now_s, 0)
        header = f'Digest qop="auth", realm="{self._realm}", nonce="{nonce}", algorithm=SHA-256'
        return Response(401, b"Unauthorized", "text/plain", {"WWW-Authenticate": header})

    def _is_right(self, request: Request, fields: dict[str, str]) -> bool:
        since_s, uses = self._nonces[fields["nonce"]]
        try:
            count = int(fields["nc"], 16)
            ours = _sha256(f"admin:{self._realm}:{self._password}")
            asked = _sha256(f"{request.method}:{fields['uri']}")
            expected = _sha256(":".join((ours, fields["nonce"], fields["nc"], fields["cnonce"], "auth", asked)))
            right = hmac.compare_digest(expected, fields["response"]) and fields["uri"].partition("?")[0] == request.path
        except (KeyError, ValueError):
            return False
        if not right or count <= uses:
            return False
        self._nonces[fields["nonce"]] = (since_s, count)
        return True


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
