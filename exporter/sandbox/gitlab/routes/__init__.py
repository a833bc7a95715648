"""The API's routes, one file a subject; what is in none of them is answered with 501."""

from __future__ import annotations

from exporter.sandbox.gitlab.call import Route
from exporter.sandbox.gitlab.routes import content, events, issues, labels, links, milestones, namespaces, notes, users

ROUTES: tuple[Route, ...] = (
    *users.ROUTES,
    *namespaces.ROUTES,
    *issues.ROUTES,
    *notes.ROUTES,
    *events.ROUTES,
    *labels.ROUTES,
    *links.ROUTES,
    *milestones.ROUTES,
    *content.ROUTES,
)
