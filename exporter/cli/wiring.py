"""Settings -> what the operations and adapters need. Only this room knows both.

Each function imports its own adapter, so that a command loads what it uses and no more.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.cli.mask_key import MASK_KEY_VARIABLE, given_mask_key
from exporter.config.load import Configuration, load_configuration, nearest, working_directory
from exporter.config.tokens import read_token
from exporter.errors import ConfigurationError, UsageError
from exporter.render.printable import printable

if TYPE_CHECKING:
    from exporter.adapters.gitlab import GitLabAccess
    from exporter.adapters.repository import Repository, RepositoryAccess
    from exporter.adapters.workato import WorkatoAccess
    from exporter.diff.equivalence import Equivalences
    from exporter.diff.masking.masker import Masker


def open_configuration(config: Path | None) -> Configuration:
    """The configuration in force for this run. Raises: ConfigurationError."""
    return load_configuration(config, os.environ, working_directory())


def checked_environment(configuration: Configuration, name: str) -> str:
    """The name, if the configuration knows it. Raises: UsageError that names the known and the nearest ones."""
    known = list(configuration.settings.environments)
    if name in known:
        return name
    meant = nearest(name, known)
    hint = f" Did you mean '{meant}'?" if meant else ""
    raise UsageError(
        f"There is no environment '{printable(name)}' in {configuration.file}.{hint} Known: {', '.join(known)}."
    )


def chosen_environments(configuration: Configuration, names: Sequence[str], take_all: bool) -> list[str]:
    """The environments of a command line, each once. Raises: UsageError."""
    if take_all == bool(names):
        raise UsageError("Name the environments, or give --all, and not both. Example: wexport snapshot dev test")
    if take_all:
        return list(configuration.settings.environments)
    return list(dict.fromkeys(checked_environment(configuration, name) for name in names))


def workato_access(configuration: Configuration, environment: str) -> WorkatoAccess:
    """Raises: ConfigurationError if the token is not set."""
    from exporter.adapters.workato import WorkatoAccess, resolve_base_url

    settings = configuration.settings.environments[environment]
    variable = configuration.settings.token_variable(environment)
    return WorkatoAccess(
        environment=environment,
        base_url=resolve_base_url(settings.base_url or settings.data_center or ""),
        token=read_token(variable, f"the Workato API client token of the environment '{environment}'", os.environ),
        token_variable=variable,
        workspace_id=settings.workspace_id,
        include=settings.include,
        exclude=settings.exclude,
        requests_per_minute=settings.requests_per_minute,
        with_table_data=settings.table_data,
        with_home_assets=settings.home_assets,
    )


def repository_access(configuration: Configuration) -> RepositoryAccess:
    """Where the snapshots are and in whose name they are stored."""
    from exporter.adapters.repository import RepositoryAccess

    settings = configuration.settings.snapshots
    name, email = settings.author_parts()
    return RepositoryAccess(
        path=configuration.snapshot_path,
        remote=settings.remote,
        branch=settings.branch,
        author_name=name,
        author_email=email,
        max_vanished_share=settings.max_vanished_share,
    )


def equivalences(configuration: Configuration) -> Equivalences:
    """What is meant to differ between the environments."""
    from exporter.diff.equivalence import Equivalences

    settings = configuration.settings.equivalent
    return Equivalences(connections=settings.connections, values=settings.values)


def make_masker(repository: Repository | None) -> Masker:
    """What masks secrets in everything that is shown: with the key in WEXPORT_MASK_KEY, else with the repository's,
    else (two files are compared) with one for this run.

    Raises: ConfigurationError for a key in the variable that is too short to be one; RepositoryError.
    """
    from exporter.diff.masking.masker import MIN_KEY_BYTES, Masker

    given = given_mask_key()
    if given:
        if len(given) < MIN_KEY_BYTES:
            raise ConfigurationError(
                f"The environment variable {MASK_KEY_VARIABLE} holds {len(given)} characters; at least {MIN_KEY_BYTES} "
                "random ones are needed, or masked secrets could be guessed. Make one with `openssl rand -hex 32`."
            )
        return Masker(given)
    if repository is None:
        return Masker(secrets.token_bytes(MIN_KEY_BYTES))
    from exporter.adapters.repository.mask_key import read_mask_key

    return Masker(read_mask_key(repository.state_dir))


def gitlab_access(configuration: Configuration) -> GitLabAccess:
    """Raises: ConfigurationError if there is no `gitlab` section, or its token is not set."""
    from exporter.adapters.gitlab import GitLabAccess

    settings = configuration.settings.gitlab
    if settings is None:
        raise ConfigurationError(
            f"{configuration.file} has no 'gitlab' section, which this needs. Add one with url and project."
        )
    return GitLabAccess(
        url=settings.url,
        token=read_token(settings.token_variable, f"the token for GitLab at {settings.url}", os.environ),
        token_variable=settings.token_variable,
        project=settings.project or "",
    )
