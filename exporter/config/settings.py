"""What wexport.yaml may say: every key, its type, its default. Values are frozen and hold no token.

A validator raises ValueError with a sentence for the user; `load` puts file, line and key before it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from exporter.adapters.workato import resolve_base_url
from exporter.errors import ConfigurationError

# Short, lower case and plain: the name is a folder on every disk, a part of "prod@2026-11-01" and of a variable.
_ENVIRONMENT_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,30}[a-z0-9])?")
_RESERVED_NAMES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in "123456789")}
)
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_AUTHOR = re.compile(r"(?P<name>[^<>\x00-\x1f\x7f]*[^<>\x00-\x20\x7f]) <(?P<email>[^<>@\s]+@[^<>@\s]+)>")
_PROJECT = re.compile(r"[\w.][\w.+-]*(?:/[\w.][\w.+-]*)+")  # a GitLab path: group/…/project
_BRANCH_TABOO = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[-/.]|[/.]$|/\.|\.lock(?:/|$)|^@$")
_TOKEN_LIKE = re.compile(r"^(?:wrk[a-z]+-|gl[a-z]+-|ey[A-Za-z0-9_-]+\.)|^[0-9a-fA-F]{32,}$|^[A-Za-z0-9+/=_.-]{64,}$")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def looks_like_token(text: str) -> bool:
    """Whether a text is more likely a secret than a name: Workato's and GitLab's prefixes, JWTs, long digests."""
    return _TOKEN_LIKE.search(text) is not None


def _checked_environment(name: str) -> str:
    if not _ENVIRONMENT_NAME.fullmatch(name):
        raise ValueError(
            "an environment's name has 1 to 32 lower-case letters, digits, '-' and '_', "
            "and begins and ends with a letter or digit"
        )
    if name in _RESERVED_NAMES:
        raise ValueError("this name is reserved on Windows, where it could not be a folder; take another one")
    return name


def _checked_variable(name: str) -> str:
    if looks_like_token(name):
        raise ValueError(
            "this looks like the token itself. Put the token into an environment variable and name that variable here"
        )
    if not _VARIABLE_NAME.fullmatch(name):
        raise ValueError("the name of an environment variable has letters, digits and '_', such as WEXPORT_DEV_TOKEN")
    return name


def _checked_url(url: str) -> str:
    """https, or http to this machine; no user, password, query or fragment; without a slash at the end."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as exc:
        raise ValueError("this is no valid URL") from exc
    if not host or re.search(r"[\s\x00-\x1f\x7f\\]", url):
        raise ValueError("a URL is needed, such as https://app.eu.workato.com")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise ValueError("the URL must begin with https:// (http:// only for this machine, such as the sandbox)")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError("the URL must not hold a user, a password, a query or a fragment")
    return url.rstrip("/")


def _checked_data_center(name: str) -> str:
    if "://" in name:
        raise ValueError("this is an address; give it as base_url")
    _checked_base_url(name)
    return name


def _checked_base_url(value: str) -> str:
    try:
        return resolve_base_url(value)
    except ConfigurationError as exc:
        raise ValueError(str(exc).removesuffix(".")) from exc


def _checked_remote(remote: str) -> str:
    if remote.startswith("-") or "::" in remote or re.search(r"[\x00-\x1f\x7f]", remote):
        raise ValueError("this is no address of a Git remote (https://…, ssh://…, git@host:path or a folder)")
    if "://" in remote and ":" in remote.split("://", 1)[1].rpartition("@")[0]:
        raise ValueError("the address must not hold a password; leave credentials to Git (credential helper or SSH)")
    return remote


def _checked_branch(branch: str) -> str:
    if _BRANCH_TABOO.search(branch):
        raise ValueError("Git does not take this as the name of a branch")
    return branch


def _checked_author(author: str) -> str:
    if not _AUTHOR.fullmatch(author):
        raise ValueError('an author is written as "Name <mail@example.com>"')
    return author


def _checked_project(project: str) -> str:
    if not _PROJECT.fullmatch(project):
        raise ValueError("a GitLab project is given by its path, such as enterprise-apps/integrations/platypus")
    return project


def _checked_path(path: str) -> str:
    if "\x00" in path:
        raise ValueError("a path has no NUL character")
    return path


def _checked_mapped_name(name: str) -> str:
    """Spaces are made plain, as they are where the name is looked for."""
    name = " ".join(name.split())
    if not name:
        raise ValueError("must not be empty")
    return name


NonEmpty = Annotated[str, Field(min_length=1)]
EnvironmentName = Annotated[str, AfterValidator(_checked_environment)]
VariableName = Annotated[NonEmpty, AfterValidator(_checked_variable)]
Url = Annotated[NonEmpty, AfterValidator(_checked_url)]
Globs = Annotated[tuple[NonEmpty, ...], Field(strict=False)]  # YAML has lists, not tuples
MappedName = Annotated[str, AfterValidator(_checked_mapped_name)]
Row = Annotated[Mapping[NonEmpty, MappedName], AfterValidator(lambda row: MappingProxyType(dict(row)))]
Rows = Annotated[tuple[Row, ...], Field(strict=False, max_length=1000)]


class _Section(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class EnvironmentSettings(_Section):
    """One Workato environment. `token_variable` None stands for the default name."""

    data_center: Annotated[NonEmpty, AfterValidator(_checked_data_center)] | None = None
    base_url: Annotated[NonEmpty, AfterValidator(_checked_base_url)] | None = None
    token_variable: VariableName | None = None
    workspace_id: Annotated[int, Field(ge=1)] | None = None
    include: Globs = ()
    exclude: Globs = ()
    requests_per_minute: Annotated[int, Field(ge=1, le=6000)] = 50  # Workato allows 60 for packages
    table_data: bool = False
    home_assets: bool = True

    @model_validator(mode="after")
    def _one_address(self) -> EnvironmentSettings:
        if (self.data_center is None) == (self.base_url is None):
            raise ValueError("give either data_center (such as eu) or base_url (such as https://app.eu.workato.com)")
        return self


class SnapshotSettings(_Section):
    """The snapshot repository. A relative `path` starts at the folder of wexport.yaml."""

    path: Annotated[NonEmpty, AfterValidator(_checked_path)] = "snapshots"
    remote: Annotated[NonEmpty, AfterValidator(_checked_remote)] | None = None
    branch: Annotated[NonEmpty, AfterValidator(_checked_branch)] = "main"
    author: Annotated[NonEmpty, AfterValidator(_checked_author)] = "wexport <wexport@localhost>"
    max_vanished_share: Annotated[float, Field(ge=0, le=1)] = 0.25

    def author_parts(self) -> tuple[str, str]:
        """Name and mail address."""
        match = _AUTHOR.fullmatch(self.author)
        if match is None:
            raise ValueError("the author was validated before")
        return match["name"].strip(), match["email"]


class GitLabSettings(_Section):
    """Where the change issues are. `project` is where an issue given by its bare number is."""

    url: Url = "https://gitlab.com"
    token_variable: VariableName = "WEXPORT_GITLAB_TOKEN"  # noqa: S105 - the name of a variable
    project: Annotated[NonEmpty, AfterValidator(_checked_project)] | None = None


class PolicySettings(_Section):
    """Which approvals a change needs."""

    preset: Literal["handbook"] = "handbook"


class EquivalentSettings(_Section):
    """What is meant to differ between environments: rows with a name per environment."""

    connections: Rows = ()
    values: Rows = ()

    def problems(self, environments: Collection[str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """What is wrong with the rows beside the types: the key below `equivalent`, and the sentence."""
        known = ", ".join(environments)
        for key, rows in (("connections", self.connections), ("values", self.values)):
            owners: dict[tuple[str, str], int] = {}
            for place, row in enumerate(rows):
                if len(row) < 2:
                    yield (key, place), "a row needs the names of two environments at least"
                for environment, name in row.items():
                    where = (key, place, environment)
                    if environment not in environments:
                        yield where, f"there is no environment '{environment}'. Known: {known}"
                    first = owners.setdefault((environment, name), place)
                    if first != place:
                        yield (
                            where,
                            f"this name stands in row {first + 1} for the same environment already; a name has one "
                            "counterpart in each other environment",
                        )


class Settings(_Section):
    """The whole file. Environments keep the order of the file."""

    environments: Annotated[
        Mapping[EnvironmentName, EnvironmentSettings],
        Field(min_length=1, max_length=100),
        AfterValidator(lambda environments: MappingProxyType(dict(environments))),
    ]
    snapshots: SnapshotSettings = SnapshotSettings()
    gitlab: GitLabSettings | None = None
    policy: PolicySettings = PolicySettings()
    equivalent: EquivalentSettings = EquivalentSettings()

    @model_validator(mode="after")
    def _one_token_each(self) -> Settings:
        users: dict[str, str] = {}
        for name in self.environments:
            variable = self.token_variable(name)
            if variable in users:
                raise ValueError(
                    f"the environments '{users[variable]}' and '{name}' would take their token from the same variable "
                    f"{variable}, but a Workato token belongs to one environment; give one of them a token_variable"
                )
            users[variable] = name
        return self

    def token_variable(self, environment: str) -> str:
        """The variable that holds an environment's token: as configured, or WEXPORT_<NAME>_TOKEN."""
        given = self.environments[environment].token_variable
        return given or f"WEXPORT_{environment.upper().replace('-', '_')}_TOKEN"
