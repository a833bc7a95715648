"""The notes that wexport writes on a change issue: the comment, the short note on a change, the superseded one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from exporter.change.checklist import ApprovalState, ApprovalStatus, Checklist
from exporter.change.marker import SHORT_DIGEST_CHARS, AssetMark
from exporter.diff.changes import SnapshotDiff
from exporter.render.markdown.body import render_changes, render_heading
from exporter.render.markdown.escape import code, link_target, prose, table_code
from exporter.render.markdown.values import EVERYTHING, UNLIMITED, Detail
from exporter.render.tally import count

# GitLab takes a million characters, but gives its Markdown filters about 2 s each and drops the rest of the
# rendering (links, then everything) when they need longer. What stays below this renders in time.
MAX_BODY_BYTES = 80_000
MAX_MARKER_BYTES = 14_000  # two packed lists of assets and a dozen short words
# From everything down to mere names; the first that fits is taken.
_DETAILS = (
    Detail(assets=150, changes=1_000, fields=200, lines=300, chars=2_000),
    Detail(assets=150, changes=60, fields=30, lines=60, chars=400),
    Detail(assets=150, changes=20, fields=12, lines=20, chars=240),
    Detail(assets=120, changes=8, fields=6, lines=10, chars=160),
    Detail(assets=100, changes=3, fields=3, lines=5, chars=120),
    Detail(assets=80, changes=0, fields=0, lines=0, chars=80),
    Detail(assets=20, changes=0, fields=0, lines=0, chars=80),
    Detail(assets=0, changes=0, fields=0, lines=0, chars=0),
)
MAX_NAMED = 20  # assets that a short note names of each sort
_SIGNS = {
    ApprovalStatus.NOT_REQUESTED: "⬜",
    ApprovalStatus.REQUESTED: "⏳",
    ApprovalStatus.LABEL_SET: "🏷️",
    ApprovalStatus.CONFLICTING: "⚠️",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """The whole diff as a file beside the comment. `address` is GitLab's project-relative one
    (`/uploads/<hex>/<name>`), "" while it is not uploaded."""

    name: str
    address: str
    sha256: str


@dataclass(frozen=True, slots=True)
class NoteText:
    """The text of a note without its marker. `is_shortened`: it needs the whole diff attached."""

    text: str
    is_shortened: bool


def render_markdown(diff: SnapshotDiff, *, verbose: bool = True) -> str:
    """The whole diff as Markdown, without marker and approvals; ends with a line feed. Unless `verbose`, what is
    not about behaviour is only counted."""
    lines, _ = render_changes(diff, EVERYTHING if verbose else UNLIMITED)
    return "\n".join([render_heading(diff), "", *lines, "", *_footer(diff)]) + "\n"


def render_note(
    diff: SnapshotDiff, checklist: Checklist, *, sequence: int, made_at: datetime, attachment: Attachment | None = None
) -> NoteText:
    """The comment for an issue, shortened to the budget. Its second line is empty: the marker goes there."""
    text, is_shortened = "", False
    for detail in _DETAILS:
        changes, is_shortened = render_changes(diff, detail, MAX_BODY_BYTES)
        file_lines = _attachment(attachment) if is_shortened and attachment else []
        lines = [
            render_heading(diff),
            "",
            *changes,
            *file_lines,
            "",
            *_render_checklist(checklist, diff.digest),
            "",
            *_footer(diff),
            f"- Version {sequence} of this comment, compared {made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        ]
        text = "\n".join(lines)
        if len(text.encode("utf-8")) <= MAX_BODY_BYTES - MAX_MARKER_BYTES:
            break
    return NoteText(text, is_shortened)


def render_change_note(
    diff: SnapshotDiff, before: tuple[AssetMark, ...] | None, before_digest: str, comment_url: str
) -> str:
    """The short note that mails those who follow the issue: what changed in the diff since its last version."""
    where = link_target(comment_url)
    comment = f"[the comment with the diff]({where})" if where else "the comment with the diff"
    lines = [
        f"### wexport: the diff of {prose(diff.source.label)} → {prose(diff.target.label)} has changed",
        "",
        f"Please look again: {comment} now shows the diff {_short(diff.digest)}, before {_short(before_digest)}. "
        "An approval of the former diff does not count for this one.",
        "",
        *_since(before, diff),
    ]
    return "\n".join(lines)


def render_superseded(diff: SnapshotDiff, before_digest: str, comment_url: str) -> str:
    """What is left of a comment that another one replaced."""
    where = link_target(comment_url)
    comment = f"[a newer comment]({where})" if where else "a newer comment"
    return "\n".join(
        [
            f"### wexport: superseded diff of {prose(diff.source.label)} → {prose(diff.target.label)}",
            "",
            f"This comment showed the diff {_short(before_digest)}. See {comment}.",
        ]
    )


def checklist_fingerprint(checklist: Checklist) -> str:
    """A name (12 hex digits) for what the checklist shows."""
    text = "\n".join(_render_checklist(checklist, ""))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:SHORT_DIGEST_CHARS]


def asset_marks(diff: SnapshotDiff) -> tuple[AssetMark, ...]:
    """The assets of a diff as its marker remembers them."""
    return tuple(AssetMark(change.path, change.name, change.digest[:SHORT_DIGEST_CHARS]) for change in diff.changes)


def _short(digest: str) -> str:
    return code(digest[:SHORT_DIGEST_CHARS])


def _attachment(attachment: Attachment) -> list[str]:
    name = f"[{attachment.name}]({attachment.address})" if attachment.address else code(attachment.name)
    return ["", f"📎 **Shortened here.** The whole diff is in {name}, SHA-256 {code(attachment.sha256)}"]


def _render_checklist(checklist: Checklist, digest: str) -> list[str]:
    lines = ["### Approvals needed", ""]
    labels = ", ".join(map(code, checklist.type_labels))
    if checklist.change_type:
        lines.append(f"Change type **{prose(checklist.change_type.title)}** ({labels})")
    else:
        found = f" ({labels})" if labels else ""
        lines.append(f"⚠️ **{prose(checklist.problem)}{found}, so the strictest list applies.**")
    if not checklist.approvals:
        return [*lines, "", "The policy names no approval for this change type."]
    lines += ["", "| Approval | Needed | State | Label |", "| --- | --- | --- | --- |"]
    lines += [_approval_row(state) for state in checklist.approvals]
    if digest:
        lines += [
            "",
            f"An approval counts for the diff {_short(digest)} only. A label alone is no proof: who set it, and "
            "who approved in words, is not verified here.",
        ]
    return lines


def _approval_row(state: ApprovalState) -> str:
    approval = state.approval
    label = approval.approved_label if state.status is ApprovalStatus.LABEL_SET else approval.requested_label
    status = f"{_SIGNS[state.status]} {state.status.value}"
    return f"| {prose(approval.title)} | {state.when.value} | {status} | {table_code(label)} |"


def _footer(diff: SnapshotDiff) -> list[str]:
    sides = [
        f"{code(side.label)} at {code(side.revision)}" if side.revision else f"{code(side.label)} as it is now"
        for side in (diff.source, diff.target)
    ]
    return [f"- Digest of this diff: {code(diff.digest)}", f"- Snapshots: {', '.join(sides)}"]


def _since(before: tuple[AssetMark, ...] | None, diff: SnapshotDiff) -> list[str]:
    if before is None:
        return ["The former list of assets was too long to be kept, so what changed is not named here."]
    earlier = {mark.path: mark for mark in before}
    now = {mark.path: mark for mark in asset_marks(diff)}
    lines = [
        *_named(
            "Changed differently than before",
            (now[path] for path in now if path in earlier and now[path].digest != earlier[path].digest),
        ),
        *_named("New in the diff", (now[path] for path in now if path not in earlier)),
        *_named("No longer in the diff", (earlier[path] for path in earlier if path not in now)),
    ]
    same = sum(1 for path in now if path in earlier and now[path].digest == earlier[path].digest)
    if same:
        lines.append(f"- As before: {count(same, 'asset')}")
    return lines or ["No asset differs any more."]


def _named(title: str, marks: Iterable[AssetMark]) -> list[str]:
    found: Sequence[AssetMark] = list(marks)
    if not found:
        return []
    names = ", ".join(f"{code(mark.name or mark.path)} ({code(mark.path)})" for mark in found[:MAX_NAMED])
    more = f" and {len(found) - MAX_NAMED} more" if len(found) > MAX_NAMED else ""
    return [f"- **{title}:** {names}{more}"]
