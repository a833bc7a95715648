"""`wexport textconv FILE`: the listing of a recipe file for git's own diffs.

Git starts this once for each version of each file, so it imports nothing that it does not need, and is also run as
`python -P -m exporter.cli.textconv KEY-FILE FILE`, without the rest of the command line. Git ends a whole
`git log -p` when it fails: a file that is no recipe comes out as it is.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from exporter import __version__
from exporter.cli.mask_key import given_mask_key
from exporter.diff.masking.masker import MIN_KEY_BYTES, Masker
from exporter.errors import EXIT_DONE, RecipeFormatError
from exporter.recipe.listing import list_recipe
from exporter.recipe.parse import parse_recipe
from exporter.render.listing import render_listing


def textconv(content: bytes, masker: Masker) -> bytes:
    """The listing without numbers, or the content itself if it is no recipe."""
    try:
        listing = list_recipe(parse_recipe(content), has_numbers=False, mask=masker.mask_text)
    except RecipeFormatError:
        return content
    return render_listing(listing).encode("utf-8", errors="backslashreplace")


def textconv_command(key_file: Path) -> str:
    """The line for the shell that git runs: this Python, wherever it lies; the raw file if it is gone or fails.

    The version makes git forget what an earlier one wrote. -P: a file in the repository is never taken for code.
    """
    run = f'{shlex.quote(sys.executable)} -P -m exporter.cli.textconv {shlex.quote(str(key_file))} "$1"'
    return f': wexport {__version__}; f() {{ {run} || cat "$1"; }}; f'


def run_textconv(file: Path, masker: Masker) -> int:
    """Writes to stdout. Raises: OSError if the file cannot be read."""
    sys.stdout.buffer.write(textconv(file.read_bytes(), masker))
    sys.stdout.buffer.flush()
    return EXIT_DONE


def masker_of(key_file: Path) -> Masker:
    """What masks as the other commands do: both sides of a diff, and every run, with one key."""
    given = given_mask_key()
    return Masker(given if len(given) >= MIN_KEY_BYTES else _read_key(key_file))


def _read_key(file: Path) -> bytes:
    """The key of the snapshot repository; made anew if somebody deleted it, so that the two sides of a diff agree."""
    try:
        key = bytes.fromhex(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        key = b""
    if len(key) < MIN_KEY_BYTES:
        from exporter.adapters.repository.mask_key import read_mask_key  # loads Git, which is rarely needed here

        return read_mask_key(file.parent)
    return key


if __name__ == "__main__":
    sys.exit(run_textconv(Path(sys.argv[2]), masker_of(Path(sys.argv[1]))))
