"""The pages a person sees: an issue with everything that was said, a project's issues, the projects.

Nobody has to sign in: the sandbox has no secrets, and a newcomer should see at once what was posted. Every page
carries its own style and runs no script; the policy in its header allows nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from functools import cache
from html import escape
from importlib import resources

from werkzeug import Request, Response

from exporter.sandbox.gitlab.checklist import parse_tasks
from exporter.sandbox.gitlab.linker import PageLinker
from exporter.sandbox.gitlab.markdown import pill_text, render_markdown
from exporter.sandbox.gitlab.routes.content import upload_response
from exporter.sandbox.gitlab.shapes import luminance_text_color
from exporter.sandbox.gitlab.state import Issue, Label, LabelEvent, Note, Project, State, User

_ISSUE = re.compile(r"^/(?P<project>.+?)/-/(?:issues|work_items)/(?P<iid>\d{1,9})/?$")
_ISSUES = re.compile(r"^/(?P<project>.+?)/-/(?:issues|work_items)/?$")
_UPLOAD = re.compile(r"^/(?P<project>.+?)/uploads/(?P<secret>[0-9a-f]{32})/(?P<filename>[^/]+)$")
_UPLOAD_BY_ID = re.compile(r"^/-/project/(?P<id>\d{1,9})/uploads/(?P<secret>[0-9a-f]{32})/(?P<filename>[^/]+)$")
_HUES = 8
_STATES = {"opened": "Open", "closed": "Closed"}
_LOGO = (
    '<svg class="fox" viewBox="0 0 24 22" role="img" aria-label="GitLab"><path fill="#fc6d26" d="M23 9 20 1l-4 7H8L4 1 '
    '1 9a7 7 0 0 0 2 8l9 5 9-5a7 7 0 0 0 2-8z"/></svg>'
)


def respond(state: State, base_url: str, request: Request, path: str) -> Response:
    if request.method not in ("GET", "HEAD"):
        text = f"The sandbox does not emulate {request.method} {path} of GitLab."
        return _page(state, "Not emulated", f'<p class="empty">{escape(text)}</p>', 501)
    if path in ("/-/health", "/-/readiness", "/-/liveness"):
        return Response("GitLab OK", content_type="text/plain")
    found = _find_upload(state, path)
    if found is not None:
        return found
    if match := _ISSUE.match(path):
        project = state.project_at(match["project"]) or state.moved_project(match["project"])
        issue = project.issues.get(int(match["iid"])) if project else None
        if issue is not None:
            return _IssuePage(state, base_url, issue).respond()
    listed = _ISSUES.match(path)
    project = state.project_at(listed["project"] if listed else path.strip("/"))
    if project is not None:
        return _project_page(state, project)
    if path == "/" or path.startswith("/groups/"):
        return _projects_page(state, path.removeprefix("/groups").strip("/"))
    user = state.user_named(path.strip("/"))
    if user is not None:
        return _user_page(state, user)
    return _page(state, "Not found", '<p class="empty">404: there is no such page in the sandbox.</p>', 404)


def _find_upload(state: State, path: str) -> Response | None:
    if match := _UPLOAD_BY_ID.match(path):
        project = state.projects.get(int(match["id"]))
    elif match := _UPLOAD.match(path):
        project = state.project_at(match["project"])
    else:
        return None
    upload = project.uploads.get(match["secret"]) if project else None
    if upload is None or upload.filename != match["filename"]:
        return None
    return upload_response(upload)


# --- the frame ---


@cache
def _style() -> str:
    return resources.files("exporter.sandbox.gitlab").joinpath("style.css").read_text(encoding="utf-8")


def _label_style(state: State) -> str:
    """One class a label: the policy forbids style attributes."""
    owners = [*state.groups.values(), *state.projects.values()]
    return "".join(
        f".label-{label.id}{{background:{label.color};border-color:{label.color};"
        f"color:{luminance_text_color(label.color)}}}"
        for owner in owners
        for label in owner.labels.values()
    )


def _page(state: State, title: str, body: str, status: int = 200) -> Response:
    style = _style() + _label_style(state)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body>"
        f'<div class="bar">{_LOGO}<b>GitLab</b><span class="note">Sandbox: everything here is made up, '
        "and gone when it stops</span></div>"
        f'<main class="page">{body}</main></body></html>'
    )
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
    )
    headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
    return Response(html, status, headers, content_type="text/html; charset=utf-8")


def _crumbs(project: Project, *more: str) -> str:
    parts = [escape(part) for part in project.path_with_namespace.split("/")]
    parts[-1] = f'<a href="/{escape(project.path_with_namespace)}">{parts[-1]}</a>'
    return f'<nav class="crumbs">{" / ".join([*parts, *map(escape, more)])}</nav>'


def _initials(name: str) -> str:
    words = name.split()
    if not words[0].isascii():
        return words[0][:1]
    return "".join(word[0] for word in words[:2]).upper()


def _avatar(user: User | None, size: str = "") -> str:
    name, hue = (user.name, user.id % _HUES) if user else ("Ghost User", 0)
    return f'<span class="avatar {size} hue-{hue}" aria-hidden="true">{escape(_initials(name))}</span>'


def _person(user: User | None) -> str:
    if user is None:
        return "<b>Ghost User</b>"
    return f"<b>{escape(user.name)}</b> @{escape(user.username)}"


def _time(moment: datetime) -> str:
    return f'<time datetime="{moment.isoformat()}">{moment.strftime("%b %d, %Y, %H:%M")} UTC</time>'


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _pill(label: Label, project: Project) -> str:
    tip = escape(label.description or label.name)
    return (
        f'<a class="pill label-{label.id}" title="{tip}" href="/{escape(project.path_with_namespace)}/-/issues">'
        f"{pill_text(label.name)}</a>"
    )


def _labels_of(state: State, issue: Issue) -> list[Label]:
    found = [label for each in issue.label_ids if (label := state.label_by_id(each))]
    return sorted(found, key=lambda label: label.name.lower())


# --- the pages ---


def _projects_page(state: State, group_path: str) -> Response:
    """All projects, or those below a group."""
    rows = "".join(
        f'<li><a class="name" href="/{escape(project.path_with_namespace)}">{escape(project.path_with_namespace)}</a>'
        f"<p>{escape(project.description or '')} {_counted(len(project.issues), 'issue')}</p></li>"
        for project in state.projects.values()
        if not group_path or project.path_with_namespace.startswith(f"{group_path}/")
    )
    listed = f'<ul class="list">{rows}</ul>' if rows else '<p class="empty">No projects.</p>'
    title = group_path or "Projects"
    return _page(state, title, f'<h1 class="title">{escape(title)}</h1>{listed}')


def _user_page(state: State, user: User) -> Response:
    issues = [issue for project in state.projects.values() for issue in project.issues.values()]
    rows = "".join(_issue_row(state, issue) for issue in issues if user.id in (issue.author_id, *issue.assignee_ids))
    listed = f'<ul class="list">{rows}</ul>' if rows else '<p class="empty">No issues.</p>'
    return _page(
        state, user.name, f'<h1 class="title">{escape(user.name)}</h1><p class="meta">@{user.username}</p>{listed}'
    )


def _issue_row(state: State, issue: Issue) -> str:
    project, author = state.project_of(issue), state.users.get(issue.author_id)
    comments = sum(not note.is_system for note in issue.notes)
    pills = "".join(_pill(label, project) for label in _labels_of(state, issue))
    return (
        f'<li><a class="name" href="/{escape(project.path_with_namespace)}/-/issues/{issue.iid}">'
        f"{escape(issue.title)}</a>"
        f"<p>#{issue.iid} by {escape(author.name if author else 'Ghost User')} on {_time(issue.created_at)} · "
        f'{_counted(comments, "comment")} · <span class="status {issue.state}">{_STATES[issue.state]}</span></p>'
        f'<div class="pills">{pills}</div></li>'
    )


def _project_page(state: State, project: Project) -> Response:
    rows = "".join(_issue_row(state, issue) for issue in sorted(project.issues.values(), key=lambda each: -each.iid))
    listed = f'<ul class="list">{rows}</ul>' if rows else '<p class="empty">No issues yet.</p>'
    title = f'<h1 class="title">{escape(project.name)}</h1><p class="meta">{escape(project.description or "")}</p>'
    return _page(state, project.name, _crumbs(project) + title + listed)


class _IssuePage:
    def __init__(self, state: State, base_url: str, issue: Issue) -> None:
        self.state = state
        self.issue = issue
        self.project = state.project_of(issue)
        self.linker = PageLinker(state, base_url, self.project)

    def respond(self) -> Response:
        issue = self.issue
        author = self.state.users.get(issue.author_id)
        shown = _STATES[issue.state]
        lock = '<span class="badge">confidential</span>' if issue.is_confidential else ""
        description = render_markdown(issue.description, self.linker) or "<p>No description.</p>"
        body = (
            f"{_crumbs(self.project, 'Issues', f'#{issue.iid}')}"
            f'<h1 class="title">{escape(issue.title)}</h1>'
            f'<div class="meta"><span class="status {issue.state}">{shown}</span>{lock}'
            f"<span>Issue created {_time(issue.created_at)} by {_person(author)}</span></div>"
            f'<div class="columns"><div><article class="description md">{description}</article>'
            f'<h2 class="activity">Activity</h2>{self._activity()}</div>{self._sidebar()}</div>'
        )
        return _page(self.state, f"{issue.title} (#{issue.iid})", body)

    def _sidebar(self) -> str:
        issue = self.issue
        people = "".join(
            f'<div class="person">{_avatar(self.state.users.get(each), "small")}'
            f"<span>{escape(self.state.users[each].name)}</span></div>"
            for each in issue.assignee_ids
            if each in self.state.users
        )
        pills = "".join(_pill(label, self.project) for label in _labels_of(self.state, issue))
        tasks = parse_tasks(issue.description)
        sections = [
            ("", "Assignees", people or "<p>None</p>"),
            ("wide", "Labels", f'<div class="pills">{pills}</div>' if pills else "<p>None</p>"),
        ]
        if tasks:
            done = sum(task.is_done for task in tasks)
            sections.append(("", "Checklist", f"<p>{done} of {len(tasks)} items completed</p>"))
        links = self._links()
        if links:
            sections.append(("wide", "Linked items", links))
        reference = escape(f"{self.project.path_with_namespace}#{issue.iid}")
        sections.append(("wide", "Reference", f"<p>{reference}</p>"))
        return (
            "<aside>"
            + "".join(f'<section class="{kind}"><h2>{title}</h2>{body}</section>' for kind, title, body in sections)
            + "</aside>"
        )

    def _links(self) -> str:
        rows = []
        for link in self.state.issue_links.values():
            if self.issue.id in (link.source_id, link.target_id):
                other = self.state.issue_by_id(link.target_id if link.source_id == self.issue.id else link.source_id)
                if other is not None:
                    path = escape(self.state.project_of(other).path_with_namespace)
                    rows.append(f'<p><a href="/{path}/-/issues/{other.iid}">#{other.iid} {escape(other.title)}</a></p>')
        return "".join(rows)

    def _activity(self) -> str:
        """Comments, system notes and events in the order in which they happened."""
        entries: list[tuple[datetime, int, str]] = []
        threads: set[str] = set()
        for note in self.issue.notes:
            is_reply = note.discussion_id in threads
            threads.add(note.discussion_id)
            shown = self._system_note(note) if note.is_system else self._comment(note, is_reply=is_reply)
            entries.append((note.created_at, 1, shown))
        for moment, user_id, events in self._label_changes():
            entries.append((moment, 0, self._event(user_id, moment, self._label_sentence(events))))
        for event in self.issue.state_events:
            sentence = "closed this issue" if event.state == "closed" else "reopened this issue"
            entries.append((event.created_at, 2, self._event(event.user_id, event.created_at, sentence)))
        return "".join(shown for _, _, shown in sorted(entries, key=lambda entry: entry[:2]))

    def _label_changes(self) -> list[tuple[datetime, int, list[LabelEvent]]]:
        """What one person did to the labels in one moment is one line."""
        found: dict[tuple[datetime, int], list[LabelEvent]] = {}
        for event in self.issue.label_events:
            found.setdefault((event.created_at, event.user_id), []).append(event)
        return [(moment, user_id, events) for (moment, user_id), events in found.items()]

    def _label_sentence(self, events: list[LabelEvent]) -> str:
        parts = []
        for action, verb in (("add", "added"), ("remove", "removed")):
            pills = [self._event_pill(event) for event in events if event.action == action]
            if pills:
                parts.append(f"{verb} {' '.join(pills)}")
        return f"{' and '.join(parts)} {'label' if len(events) == 1 else 'labels'}"

    def _event_pill(self, event: LabelEvent) -> str:
        label = self.state.label_by_id(event.label_id)
        return _pill(label, self.project) if label else "<em>deleted label</em>"

    def _event(self, user_id: int, moment: datetime, sentence: str) -> str:
        return (
            f'<div class="event"><div>{_person(self.state.users.get(user_id))} {sentence} · {_time(moment)}</div></div>'
        )

    def _system_note(self, note: Note) -> str:
        return self._event(note.author_id, note.created_at, render_markdown(note.body, self.linker).strip())

    def _comment(self, note: Note, *, is_reply: bool) -> str:
        author = self.state.users.get(note.author_id)
        badges = ['<span class="badge">bot</span>'] if author and author.is_bot else []
        badges += ['<span class="badge">internal note</span>'] if note.is_internal else []
        edited = f"· edited {_time(note.updated_at)}" if note.updated_at != note.created_at else ""
        return (
            f'<div class="entry{" reply" if is_reply else ""}" id="note_{note.id}">{_avatar(author)}'
            f'<article class="card{" internal" if note.is_internal else ""}"><header>{_person(author)} '
            f'{"".join(badges)} <a href="#note_{note.id}">{_time(note.created_at)}</a> {edited}</header>'
            f'<div class="md">{render_markdown(note.body, self.linker)}</div></article></div>'
        )
