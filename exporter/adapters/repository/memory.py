"""What earlier runs found out about blobs, kept beside the repository's own state.

A blob's bytes never change, so what is found in them once holds for ever. The file proves itself: a format that is
not ours, another version, a checksum that does not fit, and it counts as empty and is written anew. Two runs at the
same time each replace it whole; what one of them loses is found out again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from exporter.snapshot import Asset

MAX_ENTRIES = 200_000  # about 30 MB; beyond it only what the last run asked for is kept

Entries = Mapping[str, tuple[str, ...]]


def read_memory(file: Path, version: int) -> dict[str, tuple[str, ...]]:
    """Blob id -> what was found in it; empty for a file that is missing, damaged, or of another version."""
    try:
        head, _, body = file.read_bytes().partition(b"\n")
        if head != _head(version, body):
            return {}
        entries = json.loads(body)
        return {str(blob): tuple(map(str, found)) for blob, found in entries.items()}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return {}


def write_memory(file: Path, version: int, entries: Entries) -> None:
    """Replaces the file in one step. A disk that is full or read-only costs time in the next run, and nothing else."""
    body = json.dumps(dict(entries), separators=(",", ":")).encode()
    with contextlib.suppress(OSError):
        file.parent.mkdir(exist_ok=True)  # a clone has no state of its own yet
        descriptor, name = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(_head(version, body) + b"\n" + body)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise


def _head(version: int, body: bytes) -> bytes:
    return f"wexport memory 1.{version} {hashlib.sha256(body).hexdigest()}".encode()


def find_once(
    file: Path, version: int, assets: Sequence[Asset], find: Callable[[Asset], tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Blob id -> what `find` says of each asset; it is asked only about blobs that no earlier run has seen.

    `version` counts up whenever `find` answers differently.
    """
    known = read_memory(file, version)
    wanted = {asset.blob: asset for asset in assets}
    unseen = {blob: find(asset) for blob, asset in wanted.items() if blob not in known}
    if unseen:
        kept = {**known, **unseen}
        if len(kept) > MAX_ENTRIES:
            kept = {blob: kept[blob] for blob in wanted}
        write_memory(file, version, kept)
    return {blob: unseen[blob] if blob in unseen else known[blob] for blob in wanted}
