"""`wexport textconv FILE`: the listing of a recipe file for git's own diffs.

Git starts this once for each version of each file, so it imports nothing that it does not need, and is also run as
`python -P -m exporter.cli.textconv FILE`, without the rest of the command line. Git ends a whole `git log -p` when it
fails: a file that is no recipe comes out as it is.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from exporter import __version__
from exporter.errors import RecipeFormatError
from exporter.recipe.listing import list_recipe
from exporter.recipe.parse import parse_recipe
from exporter.render.listing import render_listing


def textconv(content: bytes) -> bytes:
    """The listing without numbers, or the content itself if it is no recipe."""
    try:
        listing = list_recipe(parse_recipe(content), has_numbers=False)
    except RecipeFormatError:
        return content
    return render_listing(listing).encode("utf-8", errors="backslashreplace")


def textconv_command() -> str:
    """The line for the shell that git runs: this Python, wherever it lies; the raw file if it is gone or fails.

    The version makes git forget what an earlier one wrote. -P: a file in the repository is never taken for code.
    """
    run = f'{shlex.quote(sys.executable)} -P -m exporter.cli.textconv "$1"'
    return f': wexport {__version__}; f() {{ {run} || cat "$1"; }}; f'


def run_textconv(file: Path) -> int:
    """Writes to stdout. Raises: OSError if the file cannot be read."""
    text = textconv(file.read_bytes())
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(run_textconv(Path(sys.argv[1])))
