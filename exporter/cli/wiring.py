"""Settings -> what the operations and adapters need. Only this room knows both."""

from __future__ import annotations

import os
from pathlib import Path

from exporter.config.load import Configuration, load_configuration, nearest, working_directory
from exporter.errors import UsageError
from exporter.render.printable import printable


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
