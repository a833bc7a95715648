"""What a caller says about the snapshot repository, and what it hears back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from exporter.snapshot import ProjectFailure


@dataclass(frozen=True, slots=True)
class RepositoryAccess:
    """Where snapshots are kept and in whose name.

    `remote` is a URL, a path (a relative one counts from the repository), or the name of a remote that the repository
    knows; None means no remote.
    `max_vanished_share` (0 to 1) of an environment's files may be missing in an export before it is refused.
    """

    path: Path
    remote: str | None = None
    branch: str = "main"
    author_name: str = "wexport"
    author_email: str = "wexport@localhost"
    max_vanished_share: float = 0.25


@dataclass(frozen=True, slots=True)
class CommitOutcome:
    """What one snapshot did. `revision` is the commit that holds it: the earlier one if nothing changed.

    `added`, `changed` and `removed` are asset paths. A commit with none of them changed details of the index only
    (a recipe was started, a version counted up).
    """

    environment: str
    revision: str
    is_new: bool
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    failures: tuple[ProjectFailure, ...] = ()


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """`revision` is what the remote's branch holds now; `is_new` says that this push brought it there.

    `replayed` counts the commits that were made again because the remote had moved.
    """

    revision: str
    is_new: bool
    replayed: int = 0
