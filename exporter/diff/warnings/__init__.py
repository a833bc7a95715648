"""Warnings that come with a diff: what a promotion would break or leave unfinished."""

from exporter.diff.warnings.calls import Mentions
from exporter.diff.warnings.find import find_warnings, in_order, scan_assets, with_warnings

__all__ = ["Mentions", "find_warnings", "in_order", "scan_assets", "with_warnings"]
