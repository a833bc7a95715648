"""A diff as a person reads it in a terminal. Everything from outside goes through `printable` and into rich's Text,
which knows no markup, so no recipe can colour, move or hide anything.
"""

from exporter.render.terminal.diff import render_diff
from exporter.render.terminal.page import Page

__all__ = ["Page", "render_diff"]
