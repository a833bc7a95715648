"""Names for sets of changes: an approval counts for one digest and no other.

A digest is made of what the changes mean, never of rendered text, ids, versions, links or authors. So the same
change exported again, from another environment or in another notation has the same digest. The prefix names the
algorithm: should a later version need another one, no digest of the old kind can equal one of the new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from exporter.diff.changes import ChangeKind
from exporter.recipe.datapill import canonical_text
from exporter.recipe.model import JsonValue
from exporter.snapshot import AssetKind

_ASSET_PREFIX = b"wexport asset change 1\n"
_DIFF_PREFIX = b"wexport diff 1\n"


def asset_digest(
    kind: AssetKind,
    kinds: Sequence[ChangeKind],
    path_before: str | None,
    path_after: str | None,
    material: JsonValue,
) -> str:
    """The name of one asset's change, 64 hex digits. `material` is the canonical content of the change."""
    document: list[JsonValue] = [str(kind), [*sorted(str(item) for item in kinds)], path_before, path_after, material]
    return hashlib.sha256(_ASSET_PREFIX + canonical_text(document).encode("ascii")).hexdigest()


def diff_digest(asset_digests: Iterable[str]) -> str:
    """The name of a whole diff, 64 hex digits, whatever the order of its changes."""
    return hashlib.sha256(_DIFF_PREFIX + "\n".join(sorted(asset_digests)).encode("ascii")).hexdigest()
