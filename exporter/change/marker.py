"""The marker by which wexport finds its own notes again, and what a note says about itself.

A marker is one HTML comment on the third line of a note's body. It carries only characters that can neither end
the comment nor mean anything to GitLab. Anyone can write one: it counts only in a note of wexport's own author.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import quote, unquote

MARKER_VERSION = 1
MARKER_LINE = 2  # counted from 0: the heading, an empty line, the marker
SHORT_DIGEST_CHARS = 12
MAX_PACKED_CHARS = 6_000  # of one packed list: about 150 assets; a longer one is left out
MAX_UNPACKED_BYTES = 1_000_000  # a hostile packed list must not fill the memory

_MARKER = re.compile(r"<!-- wexport:([0-9]{1,4})((?: [a-z0-9-]+=[A-Za-z0-9._~%-]*)+) -->")
_TIME = "%Y%m%dT%H%M%SZ"
_HEX = re.compile(r"[0-9a-f]{64}")


class NoteKind(StrEnum):
    """What a note of wexport is."""

    DIFF = "diff"  # the one comment of an environment pair
    CHANGE = "change"  # the short note that says that the diff changed
    SUPERSEDED = "superseded"  # a comment that another one replaced


@dataclass(frozen=True, slots=True)
class AssetMark:
    """One asset of a diff as a marker remembers it; `digest` is shortened to 12 hex digits."""

    path: str
    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Marker:
    """What a note says about itself.

    `sequence` counts the digests that this pair of environments had on this issue, from 1. `made_at` is when the
    snapshots were compared (UTC, whole seconds); the two revisions are their commits, "" for a fresh one, and the two
    times say when those were stored (UTC, whole seconds; None if that is not known). `approvals`
    names the checklist that is shown, `text` the body without its marker: a body that no longer fits was edited by
    someone. `upload` is the project-relative address of the attached file, "" without one. `assets` are those of the
    diff and `before` those of the version that it replaced; None where the list was too long to carry.
    """

    kind: NoteKind
    source: str
    target: str
    digest: str
    sequence: int
    made_at: datetime
    source_revision: str = ""
    target_revision: str = ""
    source_stored_at: datetime | None = None
    target_stored_at: datetime | None = None
    approvals: str = ""
    text: str = ""
    upload: str = ""
    upload_sha256: str = ""
    assets: tuple[AssetMark, ...] | None = ()
    before_digest: str = ""
    before: tuple[AssetMark, ...] | None = ()
    version: int = MARKER_VERSION

    def is_for(self, source: str, target: str) -> bool:
        """Whether the note is about this pair of environments, in this direction."""
        return (self.source, self.target) == (source, target)


def format_marker(marker: Marker) -> str:
    """The marker as one line. The same marker always gives the same line."""
    values = {
        "kind": marker.kind.value,
        "source": marker.source,
        "target": marker.target,
        "digest": marker.digest,
        "sequence": str(marker.sequence),
        "made-at": _format_time(marker.made_at),
        "source-revision": marker.source_revision,
        "target-revision": marker.target_revision,
        "source-stored-at": _format_time(marker.source_stored_at),
        "target-stored-at": _format_time(marker.target_stored_at),
        "approvals": marker.approvals,
        "text": marker.text,
        "upload": marker.upload,
        "upload-sha256": marker.upload_sha256,
        "assets": _pack(marker.assets),
        "before-digest": marker.before_digest,
        "before": _pack(marker.before),
    }
    words = " ".join(f"{key}={_safe(value)}" for key, value in values.items() if value or key in ("source", "target"))
    return f"<!-- wexport:{marker.version} {words} -->"


def read_marker(body: str) -> Marker | None:
    """The marker of a note's body, None if it has none in its place or one that makes no sense."""
    lines = body.replace("\r", "").split("\n", MARKER_LINE + 1)
    match = _MARKER.fullmatch(lines[MARKER_LINE]) if len(lines) > MARKER_LINE else None
    if not match:
        return None
    values = {key: unquote(value) for key, _, value in (word.partition("=") for word in match[2].split())}
    try:
        marker = Marker(
            kind=NoteKind(values["kind"]),
            source=values["source"],
            target=values["target"],
            digest=values["digest"],
            sequence=int(values["sequence"]),
            made_at=_parse_time(values["made-at"]),
            source_revision=values.get("source-revision", ""),
            target_revision=values.get("target-revision", ""),
            source_stored_at=_parse_time(values["source-stored-at"]) if "source-stored-at" in values else None,
            target_stored_at=_parse_time(values["target-stored-at"]) if "target-stored-at" in values else None,
            approvals=values.get("approvals", ""),
            text=values.get("text", ""),
            upload=values.get("upload", ""),
            upload_sha256=values.get("upload-sha256", ""),
            assets=_unpack(values.get("assets", "")),
            before_digest=values.get("before-digest", ""),
            before=_unpack(values.get("before", "")),
            version=int(match[1]),
        )
    except (KeyError, ValueError):
        return None
    return marker if _HEX.fullmatch(marker.digest) else None


def with_marker(text: str, marker: Marker) -> str:
    """A whole note body: the text, whose second line must be empty, with the marker in its place."""
    heading, _, rest = text.partition("\n\n")
    return f"{heading}\n\n{format_marker(marker)}\n\n{rest}"


def text_fingerprint(body: str) -> str:
    """A name (16 hex digits) for all of a body but its marker, so that someone else's edit is noticed. Blank
    ends and carriage returns do not count: GitLab drops them."""
    lines = body.replace("\r", "").strip().split("\n")
    if len(lines) > MARKER_LINE and _MARKER.fullmatch(lines[MARKER_LINE]):
        del lines[MARKER_LINE : MARKER_LINE + 2]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _format_time(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime(_TIME) if moment is not None else ""


def _parse_time(text: str) -> datetime:
    """Raises: ValueError."""
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def _safe(value: str) -> str:
    # "--" has a meaning of its own inside an HTML comment.
    return quote(value, safe="", errors="replace").replace("--", "-%2D")


def _pack(assets: tuple[AssetMark, ...] | None) -> str:
    """A list of assets in URL-safe base64, "-" for one that is unknown or too long to carry."""
    if assets is None:
        return "-"
    if not assets:
        return ""
    rows = [[asset.path, asset.name, asset.digest[:SHORT_DIGEST_CHARS]] for asset in assets]
    packed = base64.urlsafe_b64encode(zlib.compress(json.dumps(rows).encode("ascii"), 9)).decode("ascii").rstrip("=")
    return packed if len(packed) <= MAX_PACKED_CHARS else "-"


def _unpack(packed: str) -> tuple[AssetMark, ...] | None:
    """What `_pack` packed. Raises: ValueError when it cannot be that."""
    if packed in ("", "-"):
        return None if packed else ()
    try:
        inflate = zlib.decompressobj()
        raw = inflate.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), MAX_UNPACKED_BYTES)
        rows = json.loads(raw)
    except (binascii.Error, zlib.error, RecursionError) as error:
        raise ValueError("not a packed list of assets") from error
    if not isinstance(rows, list):
        raise ValueError("not a list of assets")
    marks = []
    for row in rows:
        if not (isinstance(row, list) and len(row) == 3 and all(isinstance(part, str) for part in row)):
            raise ValueError("not an asset")
        marks.append(AssetMark(*row))
    return tuple(marks)
