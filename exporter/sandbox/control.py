"""The sandbox's own address: what it was asked, how it shall misbehave, what its workspaces hold.

    GET, DELETE        /__sandbox__/requests   the request log
    GET, POST, DELETE  /__sandbox__/faults     see faults.py
    GET, PUT           /__sandbox__/settings   latency_ms, rate_limit, export_polls, import_polls, link_seconds
    GET                /__sandbox__/state      how much each environment holds

Tests in the same process use the methods of Control; other programs use the addresses.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from werkzeug import Request, Response

from exporter.sandbox.faults import FaultBook, parse_fault
from exporter.sandbox.request_log import RequestLog
from exporter.sandbox.seed import SeedAsset
from exporter.sandbox.workato import Workato
from exporter.sandbox.workato.errors import not_emulated
from exporter.sandbox.workato.reply import json_reply
from exporter.sandbox.workato.state import Environment

PREFIX = "/__sandbox__/"
_SETTINGS: Mapping[str, type] = {
    "latency_ms": int,
    "rate_limit": int,
    "export_polls": int,
    "import_polls": int,
    "link_seconds": float,
}


class Control:
    """Everything that can be read and turned from outside."""

    def __init__(self, workato: Workato, *, clock: Callable[[], float]) -> None:
        self.workato = workato
        self.faults = FaultBook()
        self.log = RequestLog(clock)
        self.latency_ms = 0

    # Requests and faults

    def requests(self) -> list[dict[str, object]]:
        """What was asked so far, in the order of arrival; see LoggedRequest."""
        return self.log.describe()

    def clear_requests(self) -> None:
        self.log.clear()

    def set_fault(self, action: str, **details: object) -> None:
        """Switches a failure on: set_fault("status", path="/api/projects", status=503, times=2).

        Raises: ValueError if the fault makes no sense.
        """
        self.faults.add(parse_fault({"action": action, **details}))

    def clear_faults(self) -> None:
        self.faults.clear()

    # Settings

    def settings(self) -> dict[str, float]:
        turned = self.workato.settings
        return {
            "latency_ms": self.latency_ms,
            "rate_limit": self.workato.limiter.per_minute,
            "export_polls": turned.export_polls,
            "import_polls": turned.import_polls,
            "link_seconds": turned.link_seconds,
        }

    def configure(self, **settings: float) -> None:
        """Turns what `settings` shows. `rate_limit` is in requests a minute, 0 is no limit.

        Raises: ValueError for an unknown name or a value that is no number of at least 0.
        """
        for name, value in settings.items():
            if name not in _SETTINGS:
                raise ValueError(f"unknown setting {name!r}; known are {', '.join(_SETTINGS)}")
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
                raise ValueError(f"{name!r} must be a number of at least 0")
        for name, value in settings.items():
            number = _SETTINGS[name](value)
            if name == "latency_ms":
                self.latency_ms = number
            elif name == "rate_limit":
                self.workato.limiter.per_minute = number
            else:
                setattr(self.workato.settings, name, number)

    # What the workspaces hold

    def state(self) -> dict[str, dict[str, int]]:
        """How much each environment holds; `manifests` counts those that are not deleted."""
        with self.workato.lock:
            return {name: _counts(environment) for name, environment in self.workato.environments.items()}

    def save_asset(self, environment: str, seed: SeedAsset) -> int:
        """Saves an asset as somebody in that environment would: a new one, or a new version. Returns its id.

        The version's number is the seed's. References in its files are written from the root, project first.
        """
        with self.workato.lock:
            workspace = self.workato.environments[environment]
            now = self.workato.now()
            folder_id = workspace.ensure_folder(seed.folder, now)
            asset = workspace.find_asset(seed.type, folder_id, seed.name)
            if asset is None:
                return workspace.add_asset(seed, now).id
            return workspace.save_asset(asset, seed, now).id

    def remove_asset(self, environment: str, asset_type: str, folder: tuple[str, ...], name: str) -> None:
        """Deletes an asset. Raises: KeyError if there is none."""
        with self.workato.lock:
            workspace = self.workato.environments[environment]
            asset = workspace.find_asset(asset_type, workspace.ensure_folder(folder, self.workato.now()), name)
            if asset is None:
                raise KeyError(name)
            del workspace.assets[asset.id]

    def remove_project(self, environment: str, name: str) -> None:
        """Deletes a project with all that is in it. Raises: KeyError if there is none."""
        with self.workato.lock:
            workspace = self.workato.environments[environment]
            project = workspace.project_named(name)
            if project is None:
                raise KeyError(name)
            workspace.remove_project(project)

    # Over HTTP

    def respond(self, request: Request) -> Response:
        actions: Mapping[str, Callable[[], object]] = {
            "GET requests": self.requests,
            "DELETE requests": self.clear_requests,
            "GET faults": self.faults.describe,
            "DELETE faults": self.clear_faults,
            "POST faults": lambda: self.faults.add(parse_fault(_json(request))),
            "GET settings": self.settings,
            "PUT settings": lambda: self._configure(_json(request)),
            "GET state": self.state,
        }
        action = actions.get(f"{request.method} {request.path.removeprefix(PREFIX)}")
        if action is None:
            return not_emulated(request.method, request.path).response()
        try:
            value = action()
        except ValueError as error:
            return json_reply({"message": str(error)}, 400)
        return Response(status=204) if value is None else json_reply(value)

    def _configure(self, settings: object) -> dict[str, float]:
        if not isinstance(settings, dict):
            raise ValueError("settings are a JSON object")
        self.configure(**settings)
        return self.settings()


def _counts(environment: Environment) -> dict[str, int]:
    return {
        "workspace_id": environment.workspace_id,
        "projects": len(environment.projects),
        "folders": len(environment.folders),
        "assets": len(environment.assets),
        "recipes": sum(asset.type == "recipe" for asset in environment.assets.values()),
        "manifests": sum(manifest.deleted_at is None for manifest in environment.manifests.values()),
        "packages": len(environment.packages),
    }


def _json(request: Request) -> object:
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the body is not valid JSON: {error}") from error
