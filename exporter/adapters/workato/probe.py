"""What the doctor asks Workato: one harmless request for each privilege that an export needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from exporter.adapters.workato.access import Probe
from exporter.adapters.workato.client import Client
from exporter.adapters.workato.service import fetch_workspace
from exporter.errors import WexportError, WorkatoAccessError, WorkatoNotFoundError

PROBE_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class _Question:
    """A read-only request and the privilege it needs. `expects_missing`: a 404 shows that it is permitted."""

    name: str
    path: str
    privilege: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    expects_missing: bool = False
    is_optional: bool = False


_ONE = {"page": 1, "per_page": 1}
_QUESTIONS = (
    _Question("list projects", "/projects", "Projects & folders: list projects", _ONE),
    _Question("list folders", "/folders", "Projects & folders: list folders", _ONE),
    _Question("list assets", "/export_manifests/folder_assets", "Export manifests: folder assets"),
    _Question("use manifests", "/export_manifests/0", "Export manifests: create, show, delete", expects_missing=True),
    _Question("get packages", "/packages/0", "Packages: export, get, download", expects_missing=True),
    _Question(
        "list recipes",
        "/recipes",
        "Recipes: list (without it, versions' authors and running recipes stay unknown)",
        {"exclude_code": "true", "per_page": 1},
    ),
    _Question("list connections", "/connections", "Connections: list", is_optional=True),
    _Question("list custom connectors", "/custom_connectors", "Custom connectors: list", is_optional=True),
    _Question("list properties", "/properties", "Properties: list", {"prefix": ""}, is_optional=True),
)


async def ask_all(client: Client) -> tuple[Probe, ...]:
    """The answers in a fixed order. Where already the token is refused, only that is reported."""
    try:
        workspace = await fetch_workspace(client)
    except WexportError as error:
        return (Probe("token", False, str(error), f"Check {client.access.token_variable} and the base URL."),)
    token = Probe("token", True, f"workspace {workspace.id} ({workspace.name}) at {client.access.host}")
    return (token, *[await _ask(client, question) for question in _QUESTIONS])


async def _ask(client: Client, question: _Question) -> Probe:
    try:
        await client.fetch(question.path, question.query, attempts=PROBE_ATTEMPTS)
    except WorkatoNotFoundError as error:
        if question.expects_missing:
            return Probe(question.name, True, "permitted")
        return _refused(client, question, error)
    except WorkatoAccessError as error:
        return _refused(client, question, error)
    except WexportError as error:
        return Probe(question.name, False, str(error), "Try again; if it stays, look at the address and the network.")
    return Probe(question.name, True, "permitted")


def _refused(client: Client, question: _Question, error: WexportError) -> Probe:
    if question.is_optional:
        return Probe(question.name, True, f"not permitted, and not needed for exports ({question.privilege})")
    fix = (
        f"In Workato, open the API client of {client.access.token_variable} and give its role the privilege "
        f"{question.privilege}; look at its project scope and IP allow list, too."
    )
    return Probe(question.name, False, str(error), fix)
