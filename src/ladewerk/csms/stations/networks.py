"""Addresses, as networks: ``10.0.0.0/8``, or one by itself."""

import ipaddress
from collections.abc import Iterable

from ladewerk.errors import ConfigError


class Networks:
    """Those of ``texts``. Raises ConfigError with ``key`` for what is no network."""

    def __init__(self, key: str, texts: Iterable[str]) -> None:
        self._networks = [_network(key, text) for text in texts]

    def __contains__(self, host: str) -> bool:
        """Whether the address ``host`` lies in one of them."""
        address = ipaddress.ip_address(host)
        # A socket of both families says IPv4 in its own way.
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self._networks)


def _network(key: str, text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as err:
        raise ConfigError(key, f"{text!r} is no address or network, such as 127.0.0.1 or 10.0.0.0/8") from err
