"""Where the references of a text lead on the sandbox's pages."""

from __future__ import annotations

from dataclasses import dataclass

from exporter.sandbox.gitlab.references import find_issue, parse_issue_address
from exporter.sandbox.gitlab.state import Project, State


@dataclass(frozen=True, slots=True)
class PageLinker:
    """Links for one project's texts; without a project only full references work."""

    state: State
    base_url: str
    project: Project | None

    def link_user(self, name: str, *, is_quoted: bool) -> str | None:
        user, group = self.state.user_named(name), self.state.group_at(name)
        if user is not None:
            return f"{self.base_url}/{user.username}"
        return f"{self.base_url}/groups/{group.full_path}" if group else None

    def link_issue(self, project_path: str | None, iid: int) -> tuple[str, str] | None:
        issue = find_issue(self.state, self.project, project_path, iid)
        if issue is None:
            return None
        return f"{self.base_url}/{self.state.project_of(issue).path_with_namespace}/-/issues/{iid}", issue.title

    def link_address(self, address: str) -> tuple[str, str] | None:
        """An issue's own address is shown as its short reference."""
        found = parse_issue_address(address, self.base_url)
        issue = find_issue(self.state, self.project, *found) if found else None
        if issue is None:
            return None
        is_here = self.project is not None and issue.project_id == self.project.id
        prefix = "" if is_here else self.state.project_of(issue).path_with_namespace
        return address, f"{prefix}#{issue.iid}"

    def link_label(self, name: str) -> tuple[str, str] | None:
        if self.project is None:
            return None
        found = next((label for label, _ in self.state.labels_of(self.project) if label.name == name), None)
        if found is None:
            return None
        return f"{self.base_url}/{self.project.path_with_namespace}/-/issues", f"pill label-{found.id}"

    def link_upload(self, path: str) -> str | None:
        return f"{self.base_url}/{self.project.path_with_namespace}{path}" if self.project else None
