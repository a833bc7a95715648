"""The command line: parse, call one operation, print its result, set the exit code."""

from __future__ import annotations


def main() -> None:
    """The `wexport` command."""
    raise SystemExit(2)
