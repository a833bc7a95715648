"""Where Workato is: the data centers by name, and free-form addresses of private instances."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

from exporter.errors import ConfigurationError

# Source: docs.workato.com/workato-api.html, base URLs. The UK host is inferred from the pattern of the others.
DATA_CENTERS: Mapping[str, str] = MappingProxyType(
    {
        "us": "https://www.workato.com",
        "eu": "https://app.eu.workato.com",
        "jp": "https://app.jp.workato.com",
        "sg": "https://app.sg.workato.com",
        "au": "https://app.au.workato.com",
        "il": "https://app.il.workato.com",
        "kr": "https://app.kr.workato.com",
        "uk": "https://app.uk.workato.com",
        "cn": "https://app.workatoapp.cn",
        "trial": "https://app.trial.workato.com",
    }
)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")


def resolve_base_url(value: str) -> str:
    """The base URL, without a final "/" and without "/api", that a configured word or address means.

    A data center's name in any case ("eu"), or an https address as a private instance has. Plain http is taken
    for this machine only, since it would show the token to the network.

    Raises: ConfigurationError for anything else.
    """
    text = value.strip()
    if "://" in text:
        return _checked_address(text)
    base_url = DATA_CENTERS.get(text.lower())
    if base_url is not None:
        return base_url
    nearest = get_close_matches(text.lower(), DATA_CENTERS, n=1, cutoff=0.5)
    hint = f" Did you mean '{nearest[0]}'?" if nearest else ""
    raise ConfigurationError(
        f"There is no Workato data center '{_shown(text)}'.{hint} "
        f"Known are {', '.join(DATA_CENTERS)}; or give an address such as https://app.eu.workato.com."
    )


def is_loopback(host: str | None) -> bool:
    """Whether a host name means this machine."""
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _checked_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, port, netloc = parts.hostname, parts.port, parts.netloc
    except ValueError as error:
        raise ConfigurationError("A Workato address is not a valid URL (host or port).") from error
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(
            "A Workato address must not carry a user name or password; the token comes from a variable."
        )
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise ConfigurationError(f"The Workato address for '{host}' must end after the path: no '?' and no '#'.")
    bare_host = netloc if port is None else netloc.rpartition(":")[0]
    if host is None or not _HOST.fullmatch(bare_host.rstrip(":")):
        raise ConfigurationError(f"The Workato address '{_shown(text)}' names no host.")
    if parts.scheme.lower() not in ("https", "http"):
        raise ConfigurationError(f"The Workato address for '{host}' must begin with https://.")
    if parts.scheme.lower() == "http" and not is_loopback(host):
        raise ConfigurationError(
            f"The Workato address for '{host}' must begin with https://: plain http would show the token to the "
            "network. It is taken for 127.0.0.1 only."
        )
    path = parts.path.rstrip("/")
    path = path.removesuffix("/api").rstrip("/")
    return f"{parts.scheme.lower()}://{netloc.lower().rstrip(':')}{path}"


def _shown(text: str) -> str:
    printable = "".join(character if character.isprintable() else "?" for character in text)
    return printable if len(printable) <= 60 else printable[:60] + "…"
