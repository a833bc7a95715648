"""Whose token it is, and whether there is a GitLab at all."""

from __future__ import annotations

from exporter.adapters.gitlab.access import GitLabAccess
from exporter.adapters.gitlab.replies import read_user
from exporter.adapters.gitlab.transport import Reply, Transport
from exporter.change.issue import User
from exporter.errors import GitLabNotFoundError


def fetch_user(transport: Transport, access: GitLabAccess) -> tuple[User, Reply]:
    """The token's user, and the whole answer. Raises: GitLabNotFoundError where no GitLab answers, GitLabError."""
    try:
        reply = transport.get("The token's user", "/user")
    except GitLabNotFoundError as error:
        # Every GitLab has /user, so a 404 is about the address.
        raise GitLabNotFoundError(
            f"There is no GitLab at {access.url}: it answers HTTP 404 where every GitLab tells whose token it is. "
            "Check the address, and the path behind it."
        ) from error
    return read_user(reply.data), reply
