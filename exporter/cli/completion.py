"""What the shell offers after a Tab. Never fails: a broken configuration offers nothing."""

from __future__ import annotations

import os

from exporter.errors import WexportError


def complete_environment(incomplete: str) -> list[str]:
    """The environments of the configuration that would be used, without validating it."""
    from exporter.config.document import parse_document
    from exporter.config.load import find_file, read_text, working_directory

    try:
        file, _ = find_file(None, os.environ, working_directory())
        data = parse_document(read_text(file), str(file)).data
    except WexportError:
        return []
    environments = data.get("environments") if isinstance(data, dict) else None
    if not isinstance(environments, dict):
        return []
    return [name for name in environments if name.startswith(incomplete)]


def complete_side(incomplete: str) -> list[str]:
    """The environments, and the paths that begin so: folders with a "/" behind them."""
    from pathlib import Path

    folder, separator, start = incomplete.rpartition("/")
    try:
        entries = sorted(Path(folder + separator or ".").expanduser().iterdir())
        paths = [
            f"{folder}{separator}{entry.name}{'/' if entry.is_dir() else ''}"
            for entry in entries
            if entry.name.startswith(start) and (start or not entry.name.startswith("."))
        ]
    except (OSError, RuntimeError):
        paths = []
    environments = [] if separator else complete_environment(incomplete)
    return [*environments, *paths]
