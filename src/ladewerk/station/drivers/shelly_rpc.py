"""The RPC of a Shelly of the second generation or later over HTTP: one request at a time, and its password.

The device closes the connection after each answer. From firmware 2.0.0 on it keeps 32 nonces for an hour each; a client that
needs one more is answered 429 for two seconds, and again for each nonce that it replays. So a nonce is used again as long as
it lives, with a rising count; after 401 or 429 it is dropped, and two seconds later one request goes out without any.
Sources: the maker's Gen2 API pages RPC Protocol, RPC Channels and Authentication; home-assistant/core issue 177257.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import httpx

from ladewerk.errors import ConfigError, DeviceUnreachable

_TIMEOUT_S: Final = 3.0
_DROPPED_NONCE_WAIT_S: Final = 2.0
_REFUSED_WAIT_S: Final = 600.0
"""An attempt with a wrong password costs four nonces: one in ten minutes leaves room for others in the table of 32."""


class NoSuchMethod(DeviceUnreachable):
    """The device does not know the method, or what it is asked about: it may have been given another profile."""


class ShellyRpc:
    """Requests to one device; open it with :func:`open_rpc`."""

    def __init__(self, client: httpx.AsyncClient, url: str, password: str | None) -> None:
        self._client = client
        self._url = url
        self._password = password
        self._one_at_a_time = asyncio.Lock()
        self._refused_until_s = -math.inf
        self._drop_nonce()

    async def ask(self, method: str) -> bytes:
        """The JSON answer to ``method``, such as ``EM.GetStatus?id=0``."""
        async with self._one_at_a_time:
            return await self._ask(method)

    async def _ask(self, method: str) -> bytes:
        loop = asyncio.get_running_loop()
        if loop.time() < self._refused_until_s:
            raise self._wrong_password()
        response = await self._get(method)
        if response.status_code in (401, 429):
            self._drop_nonce()
            await asyncio.sleep(_DROPPED_NONCE_WAIT_S)
            response = await self._get(method)
        if response.status_code == 401:
            self._drop_nonce()
            self._refused_until_s = loop.time() + _REFUSED_WAIT_S
            raise self._wrong_password()
        if response.status_code != 200:
            # An unknown method is answered 404 or, by some firmware, 500 with the error as JSON.
            unknown = response.status_code == 404 or (response.status_code == 500 and response.text.startswith("{"))
            raise (NoSuchMethod if unknown else DeviceUnreachable)(
                f"{self}: answers HTTP {response.status_code} to {method}: {response.text[:120]!r}; "
                "restart the meter if that stays so"
            )
        return response.content

    async def _get(self, method: str) -> httpx.Response:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await self._client.get(f"/rpc/{method}")
        except TimeoutError as err:
            raise DeviceUnreachable(
                f"{self}: no answer within {_TIMEOUT_S:g} s; look at its Wi-Fi or network cable"
            ) from err
        except httpx.HTTPError as err:
            raise DeviceUnreachable(
                f"{self}: {str(err) or type(err).__name__}; look at the address, its power and the network"
            ) from err

    def _drop_nonce(self) -> None:
        """Forget the digest challenge: the next request goes out without one and gets a new one."""
        if self._password is not None:
            self._client.auth = httpx.DigestAuth("admin", self._password)

    def _wrong_password(self) -> DeviceUnreachable:
        why = "asks for a password; put it into the configuration" if self._password is None else "refuses the password"
        return DeviceUnreachable(f"{self}: {why} (it is asked again every {_REFUSED_WAIT_S / 60:g} minutes)")

    def __str__(self) -> str:
        return f"Shelly meter at {self._url}"


@asynccontextmanager
async def open_rpc(url: str, password: str | None) -> AsyncIterator[ShellyRpc]:
    """The device at ``url``, such as ``http://192.168.1.20``. ConfigError when that is no such URL."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
        base_url = httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as err:
        raise ConfigError("meter.url", f"{url!r}: {err}; expected such as http://192.168.1.20") from err
    if not usable:
        raise ConfigError("meter.url", f"{url!r} is no address such as http://192.168.1.20")
    # trust_env=False: a proxy of the environment is not for a device in the house. verify=False: the meter has no TLS, and
    # the store of certificates would be loaded for nothing.
    async with httpx.AsyncClient(base_url=base_url, timeout=None, trust_env=False, verify=False) as client:
        yield ShellyRpc(client, url, password)
