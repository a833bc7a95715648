"""The key under which secrets are masked: random, beside the snapshots and never in them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

KEY_BYTES = 32
FILE_NAME = "mask.key"


def read_mask_key(folder: Path) -> bytes:
    """The key kept in this folder, made on first use, readable by its owner alone. Runs at the same moment get the
    same key. Where nothing can be written, and for a file that holds no key, one that lasts as long as this run.

    Losing the file only means that masks of earlier runs cannot be compared with those of later ones.
    """
    file = folder / FILE_NAME
    try:
        key = _stored(file)
        return key if key is not None else _made(file)
    except OSError:
        return secrets.token_bytes(KEY_BYTES)


def _stored(file: Path) -> bytes | None:
    try:
        key = bytes.fromhex(file.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


def _made(file: Path) -> bytes:
    """A new key. It is written beside its place and then linked there, which fails if another run was faster."""
    key = secrets.token_bytes(KEY_BYTES)
    draft = file.with_name(f"{FILE_NAME}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(key.hex())
        try:
            os.link(draft, file)
        except FileExistsError:
            stored = _stored(file)
            return key if stored is None else stored
    finally:
        draft.unlink()
    return key
