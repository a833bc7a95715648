"""What is needed to talk to one Workato environment, and the plain values that come back."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from exporter.adapters.workato.datacenters import resolve_base_url
from exporter.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class WorkatoAccess:
    """How to reach one environment and what to take from it.

    `base_url` has no "/api". `token_variable` names the environment variable of the token, for messages.
    `workspace_id` pins the `users/me` id that the token must answer with, because a token does not say which
    environment it belongs to. `include` and `exclude` are globs on project names; no include means all.
    `requests_per_minute` stays below Workato's 60; 0 means no limit. `export_deadline_seconds` bounds the wait
    for one package.

    Raises: ConfigurationError for a base URL that is none, or a token that no HTTP header can carry.
    """

    environment: str
    base_url: str
    token: str = field(repr=False)
    token_variable: str
    workspace_id: int | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    requests_per_minute: int = 50
    with_table_data: bool = False
    with_home_assets: bool = True
    timeout_seconds: float = 60.0
    export_deadline_seconds: float = 900.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", resolve_base_url(self.base_url))
        if not self.token:
            raise ConfigurationError(
                f"No token for environment '{self.environment}': {self.token_variable} is empty or not set."
            )
        if not (self.token.isascii() and self.token.isprintable() and " " not in self.token):
            raise ConfigurationError(
                f"The token in {self.token_variable} for environment '{self.environment}' holds a space, a line end "
                "or a character that no token has. Copy it again."
            )

    @property
    def host(self) -> str:
        """The data center as messages name it: "app.eu.workato.com"."""
        return urlsplit(self.base_url).netloc

    def wants(self, project: str) -> bool:
        """Whether the include and exclude globs let this project in."""
        is_included = not self.include or any(fnmatchcase(project, glob) for glob in self.include)
        return is_included and not any(fnmatchcase(project, glob) for glob in self.exclude)


@dataclass(frozen=True, slots=True)
class Workspace:
    """Whose token it is: `users/me`. `root_folder_id` is the folder of Home and of all projects."""

    id: int
    name: str
    root_folder_id: int | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """One question of the doctor and its answer. `fix` says what to do: about a failure, or (`is_ok`) about something
    that works and is worth a look all the same; "" if there is nothing to do."""

    name: str
    is_ok: bool
    detail: str
    fix: str = ""
