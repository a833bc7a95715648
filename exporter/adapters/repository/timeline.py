"""The commits that changed an environment, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from exporter.adapters.repository.paths import encode_name
from exporter.adapters.repository.store import Store


@dataclass(frozen=True, slots=True)
class StoredCommit:
    """A commit that changed an environment. `stored_at` is in UTC; `exported_by` is "" if the commit does not say."""

    revision: str
    stored_at: datetime
    exported_by: str


def list_commits(store: Store, commit: str, environment: str) -> tuple[StoredCommit, ...]:
    """The commits that changed the environment, from this one back along first parents."""
    trailer = "%(trailers:key=Exported-by,valueonly,separator=%x20)"
    output = store.program.run(
        "log", "--first-parent", f"--format=%H %ct {trailer}", commit, "--", encode_name(environment)
    )
    found = []
    for line in output.stdout.decode(errors="replace").splitlines():
        revision, seconds, exported_by = line.split(" ", 2)
        found.append(StoredCommit(revision, datetime.fromtimestamp(int(seconds), UTC), exported_by.strip()))
    return tuple(found)
