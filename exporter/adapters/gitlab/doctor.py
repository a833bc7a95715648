"""What is well and what is not between wexport and one GitLab. Only reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import quote

from exporter.adapters.gitlab.access import GitLabAccess, Probe
from exporter.adapters.gitlab.identity import fetch_user
from exporter.adapters.gitlab.replies import read_issue, read_number, read_text, read_texts
from exporter.adapters.gitlab.transport import Transport
from exporter.change.issue import IssueRef
from exporter.change.policy import Policy
from exporter.errors import GitLabError, GitLabNotFoundError

REPORTER = 20  # GitLab's number for the least role that sees internal notes and may set labels
_ROLES: Mapping[int, str] = MappingProxyType(  # https://docs.gitlab.com/api/access_requests/
    {
        0: "no access",
        5: "Minimal Access",
        10: "Guest",
        15: "Planner",
        20: "Reporter",
        25: "Security Manager",
        30: "Developer",
        40: "Maintainer",
        50: "Owner",
    }
)


def probe_access(
    transport: Transport, access: GitLabAccess, project: str, issue: IssueRef | None, policy: Policy
) -> tuple[Probe, ...]:
    """One probe after the other; if the token does not work at all, the rest is left out."""
    probes: list[Probe] = []
    try:
        me, reply = fetch_user(transport, access)
    except GitLabError as error:
        return (Probe("GitLab token", False, str(error), f"Set {access.token_variable} and the GitLab address."),)
    probes.append(Probe("GitLab token", True, f"belongs to @{me.username}"))
    probes.append(_probe_scopes(transport, access))
    if remaining := reply.headers.get("RateLimit-Remaining"):
        limit = reply.headers.get("RateLimit-Limit", "?")
        probes.append(Probe("GitLab rate", remaining != "0", f"{remaining} of {limit} requests left", ""))
    if project:
        probes.append(_guard("GitLab role", lambda: _probe_role(transport, project, me.id)))
        probes.append(_guard("GitLab labels", lambda: _probe_labels(transport, project, policy)))
    else:
        fix = "Set the GitLab project in the configuration."
        probes.append(Probe("GitLab project", False, "none is configured; an issue cannot be given as a number", fix))
    if issue:
        probes.append(_guard("GitLab issue", lambda: _probe_issue(transport, issue)))
    return tuple(probes)


def _guard(name: str, look: Callable[[], Probe]) -> Probe:
    try:
        return look()
    except GitLabError as error:
        return Probe(name, False, str(error), "Check the project's path and who the token's user is there.")


def _probe_scopes(transport: Transport, access: GitLabAccess) -> Probe:
    name = "GitLab scope"
    try:
        data = transport.get("The token", "/personal_access_tokens/self").data
        scopes = read_texts(data, "scopes")
        # A token near its end is worth a word; GitLab gives a date or null.
        expires = read_text(data, "expires_at") if isinstance(data, dict) and data.get("expires_at") else ""
    except GitLabError:
        # An OAuth token has no such record, and some servers do not tell: posting itself will show.
        return Probe(name, True, "not known: GitLab does not tell for this token")
    until = f", valid until {expires}" if expires else ""
    detail = f"{', '.join(scopes)}{until}"
    fix = "" if "api" in scopes else f"Make a token with the scope 'api' and set it as {access.token_variable}."
    return Probe(name, not fix, detail, fix)


def _probe_role(transport: Transport, project: str, user_id: int) -> Probe:
    name, fix = "GitLab role", f"Give the token's user the role Reporter in {project}."
    base = f"/projects/{quote(project, safe='')}"
    transport.get(f"Project {project}", base)
    try:
        member = transport.get(f"The membership in {project}", f"{base}/members/all/{user_id}").data
    except GitLabNotFoundError:
        return Probe(name, False, f"the token's user is no member of {project}", fix)
    level = read_number(member, "access_level")
    return Probe(name, level >= REPORTER, f"{_role_words(level)} in {project}", fix if level < REPORTER else "")


def _role_words(level: int) -> str:
    """ "Reporter (20)"; a level that GitLab adds one day is its number: "access level 60"."""
    return f"{_ROLES[level]} ({level})" if level in _ROLES else f"access level {level}"


def _probe_labels(transport: Transport, project: str, policy: Policy) -> Probe:
    """Posting needs no label, so a missing one is worth knowing and no fault."""
    rows = transport.get_all(f"The labels of {project}", f"/projects/{quote(project, safe='')}/labels")
    known = {read_text(row, "name") for row in rows}
    missing = [label for label in policy.labels if label not in known]
    missing += [kind.labels[0] for kind in policy.change_types if kind.labels and known.isdisjoint(kind.labels)]
    if not missing:
        return Probe("GitLab labels", True, "all labels of the policy exist")
    fix = (
        f"Make them in {project} or its group (Manage ▸ Labels); until then these approvals can be asked for and given "
        "in comments only."
    )
    return Probe("GitLab labels", True, f"not in the project, so nobody can set them: {', '.join(missing)}", fix)


def _probe_issue(transport: Transport, ref: IssueRef) -> Probe:
    data = transport.get(f"Issue {ref}", f"/projects/{quote(ref.project, safe='')}/issues/{ref.iid}").data
    issue = read_issue(data, ref)
    return Probe(
        "GitLab issue",
        issue.is_open,
        f"{ref} is {'open' if issue.is_open else 'closed'}",
        "" if issue.is_open else "Reopen it, or name another issue.",
    )
