"""Export manifests that were made and not yet deleted, remembered in a file, for the run after a killed one."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from exporter.adapters.workato.replies import as_reference


@dataclass(frozen=True, slots=True)
class _Entry:
    base_url: str
    environment: str
    manifest: str
    process: int


class Journal:
    """The manifests of one environment that still wait to be deleted. One file an environment.

    A line is written before the manifest is used and another one when it is deleted; `compact` writes the file
    anew with what is left, or removes it. A file that cannot be read counts as empty, and one that cannot be
    written is reported through OSError: at worst a manifest stays in Workato's list.
    """

    def __init__(self, path: Path, *, base_url: str, environment: str) -> None:
        self._path = path
        self._base_url = base_url
        self._environment = environment

    def add(self, manifest: str) -> None:
        self._append({"manifest": manifest, "process": os.getpid()})

    def remove(self, manifest: str) -> None:
        self._append({"deleted": manifest})

    def leftovers(self) -> list[str]:
        """Manifests of this environment whose run is over. Those of a run that is still alive are not touched."""
        return [
            entry.manifest
            for entry in self._pending()
            if (entry.base_url, entry.environment) == (self._base_url, self._environment)
            and not _is_other_process_running(entry.process)
        ]

    def compact(self) -> None:
        pending = self._pending()
        if not pending:
            self._path.unlink(missing_ok=True)
            return
        lines = [
            _line(entry.base_url, entry.environment, {"manifest": entry.manifest, "process": entry.process})
            for entry in pending
        ]
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        draft.write_text("".join(lines), encoding="utf-8")
        draft.replace(self._path)

    def _append(self, entry: dict[str, str | int]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line(self._base_url, self._environment, entry))

    def _pending(self) -> list[_Entry]:
        pending: dict[tuple[str, str, str], _Entry] = {}
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        for line in text.splitlines():
            entry, is_deleted = _read_line(line)
            if entry is None:
                continue  # a line that a kill cut off
            key = (entry.base_url, entry.environment, entry.manifest)
            if is_deleted:
                pending.pop(key, None)
            else:
                pending[key] = entry
        return list(pending.values())


def _line(base_url: str, environment: str, entry: dict[str, str | int]) -> str:
    return json.dumps({"base_url": base_url, "environment": environment, **entry}) + "\n"


def _read_line(line: str) -> tuple[_Entry | None, bool]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None, False
    if not isinstance(value, dict):
        return None, False
    manifest = value.get("deleted", value.get("manifest"))
    base_url, environment, process = value.get("base_url"), value.get("environment"), value.get("process", 0)
    if not (isinstance(base_url, str) and isinstance(environment, str) and isinstance(process, int)):
        return None, False
    if as_reference(manifest) is None:  # it becomes part of a request's path
        return None, False
    return _Entry(base_url, environment, str(manifest), process), "deleted" in value


def _is_other_process_running(process: int) -> bool:
    if process <= 0 or process == os.getpid() or os.name != "posix":
        return False
    try:
        os.kill(process, 0)  # signal 0 only asks whether the process exists
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
