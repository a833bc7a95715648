"""Workato's Developer API, the only address of httpx. Everything here was written by strangers until it is parsed.

access        what is needed to talk to one environment, and what comes back
datacenters   "eu" or a free-form address -> a base URL
budget        requests a minute, shared by everything that runs side by side in one environment
retry         how long to wait before asking again
replies       JSON in any of Workato's wrappers -> rows
client        one request: budget, retries, errors that say what to do
service       the endpoints that wexport uses
download      a signed link -> a file
layout        single-line JSON -> lines, nothing else changed
placing       a member of a package -> its true place in the workspace
journal       manifests that a killed run left behind
export        all projects side by side
assembly      their packages -> one Snapshot
probe         what doctor asks
workato       the synchronous face of it all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.adapters.workato.access import Probe, WorkatoAccess, Workspace
from exporter.adapters.workato.datacenters import DATA_CENTERS, resolve_base_url

if TYPE_CHECKING:
    from exporter.adapters.workato.workato import Workato

__all__ = ["DATA_CENTERS", "Probe", "Workato", "WorkatoAccess", "Workspace", "resolve_base_url"]


def __getattr__(name: str) -> object:
    """`Workato`, loaded when it is asked for: httpx takes as long to import as all of the command line."""
    if name == "Workato":
        from exporter.adapters.workato.workato import Workato

        return Workato
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
