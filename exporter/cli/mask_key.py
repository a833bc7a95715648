"""The key of masks that was given in the environment. Imports next to nothing: git starts textconv for each file."""

from __future__ import annotations

import os

MASK_KEY_VARIABLE = "WEXPORT_MASK_KEY"  # for several machines that should show the same masks


def given_mask_key() -> bytes:
    """The key in WEXPORT_MASK_KEY, b"" if there is none."""
    return os.environ.get(MASK_KEY_VARIABLE, "").strip().encode("utf-8", errors="surrogateescape")
