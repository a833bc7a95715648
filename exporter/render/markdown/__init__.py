"""Diffs and notes as GitLab Flavored Markdown, with all foreign text made harmless."""

from exporter.render.markdown.check import check_note_body
from exporter.render.markdown.note import render_markdown

__all__ = ["check_note_body", "render_markdown"]
