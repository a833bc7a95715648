"""Snapshots in Git. The only room that knows GitPython and the git program."""

from exporter.adapters.repository.access import CommitOutcome, PushOutcome, RepositoryAccess
from exporter.adapters.repository.probe import RepositoryProbe, probe_repository
from exporter.adapters.repository.repository import Repository
from exporter.adapters.repository.timeline import StoredCommit

__all__ = [
    "CommitOutcome",
    "PushOutcome",
    "Repository",
    "RepositoryAccess",
    "RepositoryProbe",
    "StoredCommit",
    "probe_repository",
]
