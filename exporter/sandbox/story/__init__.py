"""The story that the sandbox's Workato tells: an integrations team in the middle of change 123.

The story is kept in files that a person can read: workspace.toml (projects, connections, tables, …), recipes/*.toml
(one a recipe), fields.toml (field lists of the connected apps), connectors/ (Ruby source and logo) and edits.toml
(what dev has ahead of test, and test ahead of prod). From them the exports are made, byte for byte as Workato's.
"""

from __future__ import annotations

from exporter.sandbox.story.workspace import ENVIRONMENTS, StoryChange, load_story, story_changes

__all__ = ["ENVIRONMENTS", "StoryChange", "load_story", "story_changes"]
