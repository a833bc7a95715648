"""The one address of python-gitlab."""

from exporter.adapters.gitlab.access import GitLabAccess, Probe
from exporter.adapters.gitlab.client import GitLab
from exporter.adapters.gitlab.reference import parse_issue_ref

__all__ = ["GitLab", "GitLabAccess", "Probe", "parse_issue_ref"]
