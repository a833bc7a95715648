"""What the words of a command line may stand for beside environments: paths, and standard input."""

from __future__ import annotations

import sys
from typing import BinaryIO

from exporter.cli.output import is_terminal, tell

# An environment's name has none of these; what follows an "@" may.
_PATH_SIGNS = "./\\~"


def can_only_be_a_path(text: str) -> bool:
    """Whether a word is written as no environment is: "./dev", "mine.zip"."""
    name = text.partition("@")[0]
    return any(sign in name for sign in _PATH_SIGNS)


def open_standard_input() -> BinaryIO | None:
    """Standard input, None if it is closed. A person who would have to type it is told what is waited for."""
    if sys.stdin is None:
        return None
    if is_terminal(sys.stdin):
        tell("Reading a recipe or a package from standard input; Ctrl-D ends it.")
    return sys.stdin.buffer
