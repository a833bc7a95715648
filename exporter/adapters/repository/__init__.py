"""Snapshots in Git. The only room that knows GitPython and the git program."""

from exporter.adapters.repository.access import CommitOutcome, PushOutcome, RepositoryAccess
from exporter.adapters.repository.probe import RepositoryProbe, probe_repository
from exporter.adapters.repository.repository import Repository

__all__ = ["CommitOutcome", "PushOutcome", "Repository", "RepositoryAccess", "RepositoryProbe", "probe_repository"]
