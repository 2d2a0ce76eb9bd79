"""Loopback never goes through a proxy, whatever http_proxy and all_proxy say; what does go through one is told so."""

import os
from importlib.util import find_spec

import requests

from psl.runtime.errors import PslError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
VARIABLES = ("no_proxy", "NO_PROXY")
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def bypass_for_loopback() -> None:
    """Let this process and those that it starts reach this machine directly.

    Raises PslError where a proxy is of a kind that Prefect's client cannot even be made with.
    """
    stated = next((os.environ[name] for name in VARIABLES if os.environ.get(name)), "")
    hosts = [host.strip() for host in stated.split(",") if host.strip()]
    if "*" not in hosts:
        hosts += [host for host in LOOPBACK if host not in hosts]
    os.environ.update(dict.fromkeys(VARIABLES, ",".join(hosts)))
    for name, proxy in _proxies():
        if proxy.startswith("socks") and find_spec("socksio") is None:
            raise PslError(
                f"{name} is a SOCKS proxy, for which Prefect's client needs a package: `pip install socksio`, "
                f"or unset {name}"
            )


def connection_cause(error: requests.RequestException) -> str:
    """The kind of error, and the proxy that was asked in place of the server."""
    kind = type(error).__name__
    if not isinstance(error, requests.exceptions.ProxyError):
        return kind
    named = ", ".join(f"{name}={proxy}" for name, proxy in _proxies())
    return f"{kind}: it was asked for through the proxy of {named}; no_proxy names hosts that need none"


def _proxies() -> list[tuple[str, str]]:
    """The variables that name a proxy, with the proxy; lower case first, as Python reads them."""
    both = [(name, os.environ.get(name, "")) for proxy in PROXIES for name in (proxy, proxy.upper())]
    return [(name, proxy) for name, proxy in both if proxy]
