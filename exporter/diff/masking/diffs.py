"""A whole diff with its secrets masked: every text that a renderer may show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from exporter.diff.changes import (
    AssetChange,
    ConnectionSwitch,
    DeclaredFieldChange,
    DiffWarning,
    FieldChange,
    Missing,
    Side,
    SnapshotDiff,
    StepChange,
    StepPlace,
)
from exporter.diff.masking.masker import Masker
from exporter.diff.shapes import Path
from exporter.recipe.labels import SEPARATOR, humanise
from exporter.snapshot import AssetInfo

_HEADER_LISTS = frozenset({"headers", "request_headers", "header"})
_ROW_VALUES = ("value", "default", "default_value", "content")


def mask_diff(diff: SnapshotDiff, masker: Masker) -> SnapshotDiff:
    """The same diff as anybody may read it. Digests stay those of the unmasked changes, and ids, kinds and numbers
    stay as they are."""
    return _DiffMasker(masker).diff(diff)


class _DiffMasker:
    def __init__(self, masker: Masker):
        self._masker = masker

    def diff(self, diff: SnapshotDiff) -> SnapshotDiff:
        return replace(
            diff,
            source=self._side(diff.source),
            target=self._side(diff.target),
            changes=tuple(self._asset(change) for change in diff.changes),
            noise_only=self._texts(diff.noise_only),
            only=self._texts(diff.only),
            unread_projects=self._texts(diff.unread_projects),
            warnings=tuple(self._warning(warning) for warning in diff.warnings),
        )

    def _asset(self, change: AssetChange) -> AssetChange:
        return replace(
            change,
            path_before=self._optional(change.path_before),
            path_after=self._optional(change.path_after),
            name=self._text(change.name),
            connections=tuple(self._switch(switch) for switch in change.connections),
            steps=tuple(self._step(step) for step in change.steps),
            settings=self._fields(change.settings),
            fields=self._fields(change.fields),
            note=self._text(change.note),
            url=self._text(change.url),
            info_before=self._info(change.info_before),
            info_after=self._info(change.info_after),
        )

    def _step(self, step: StepChange) -> StepChange:
        return replace(
            step,
            before=self._place(step.before),
            after=self._place(step.after),
            fields=self._fields(step.fields),
        )

    def _fields(self, fields: tuple[FieldChange, ...]) -> tuple[FieldChange, ...]:
        names = row_names(fields)
        return tuple(self._field(field, names) for field in fields)

    def _field(self, field: FieldChange, names: Mapping[Path, str]) -> FieldChange:
        key = field_key(field, names)
        is_header = _is_nameless_header(field, names)
        before, after = (
            value
            if isinstance(value, Missing)
            else self._masker.mask_header(value)
            if is_header and isinstance(value, str)
            else self._masker.mask_value(key, value)
            for value in (field.before, field.after)
        )
        return replace(
            field,
            path=tuple(self._text(part) if isinstance(part, str) else part for part in field.path),
            label=self._label(field),
            before=before,
            after=after,
            declared=tuple(self._declared(change, is_row=field.path == ("data",)) for change in field.declared),
        )

    def _label(self, field: FieldChange) -> str:
        """A label without secrets, also where one is a key and written for people there."""
        label = self._text(field.label)
        for key in field.path:
            if isinstance(key, str) and (masked := self._text(key)) != key:
                label = label.replace(humanise(key), masked)
        return label

    def _declared(self, change: DeclaredFieldChange, *, is_row: bool) -> DeclaredFieldChange:
        mask = self._masker.mask_row if is_row else self._masker.mask_declaration
        return replace(
            change,
            label=self._text(change.label),
            before=mask(change.label, change.before),
            after=mask(change.label, change.after),
        )

    def _switch(self, switch: ConnectionSwitch) -> ConnectionSwitch:
        return replace(
            switch,
            provider=self._text(switch.provider),
            before=self._optional(switch.before),
            after=self._optional(switch.after),
        )

    def _warning(self, warning: DiffWarning) -> DiffWarning:
        return replace(
            warning, text=self._text(warning.text), path=self._text(warning.path), step=self._place(warning.step)
        )

    def _place(self, place: StepPlace | None) -> StepPlace | None:
        if place is None:
            return None
        return replace(
            place,
            keyword=self._text(place.keyword),
            provider=self._text(place.provider),
            headline=self._text(place.headline),
            blocks=self._texts(place.blocks),
            uuid=self._text(place.uuid),
        )

    def _side(self, side: Side) -> Side:
        return replace(side, label=self._text(side.label), environment=self._text(side.environment))

    def _info(self, info: AssetInfo) -> AssetInfo:
        return replace(
            info, author_name=self._optional(info.author_name), author_email=self._optional(info.author_email)
        )

    def _texts(self, texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(self._text(text) for text in texts)

    def _optional(self, text: str | None) -> str | None:
        return None if text is None else self._text(text)

    def _text(self, text: str) -> str:
        return self._masker.mask_text("", text)


def row_names(fields: Iterable[FieldChange]) -> dict[Path, str]:
    """The names of the rows `{name, value}` whose fields are listed one by one, by the row's path."""
    return {
        field.path[:-1]: value
        for field in fields
        if field.path and field.path[-1] in ("name", "key", "header", "field")
        for value in (field.after, field.before)
        if isinstance(value, str)
    }


def field_key(field: FieldChange, names: Mapping[Path, str]) -> str:
    """What a field is called, for the question whether it holds a secret: its label, its keys, its row's name. A
    declaration of a field is no value of that field."""
    keys = [part for part in field.path if isinstance(part, str)]
    if _declares(field.path):
        return "value"
    is_row_value = bool(keys) and keys[-1] in _ROW_VALUES
    name = names.get(field.path[:-1], "") if is_row_value else ""
    return SEPARATOR.join(part for part in (field.label, name, *keys) if part)


def _declares(path: Path) -> bool:
    """Whether the place is in a list of declared fields, other than a default."""
    is_inside = any(isinstance(part, str) and part.endswith(("schema", "schema_json")) for part in path)
    return is_inside and path[-1] not in _ROW_VALUES


def _is_nameless_header(field: FieldChange, names: Mapping[Path, str]) -> bool:
    """Whether the field is the value of a header in a list, and nothing says of which header."""
    if not field.path or field.path[-1] not in _ROW_VALUES or field.path[:-1] in names:
        return False
    is_row = any(isinstance(part, int) for part in field.path)
    return is_row and not _HEADER_LISTS.isdisjoint(part for part in field.path if isinstance(part, str))
