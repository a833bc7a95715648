"""Warnings that come with a diff: a likely secret that would arrive in the target, job data that would be visible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exporter.diff.changes import AssetChange, DiffWarning, FieldChange, Missing, StepChange, StepPlace, WarningKind
from exporter.diff.masking.diffs import field_key, row_names
from exporter.diff.masking.literals import NAMED, find_secrets
from exporter.diff.masking.masker import below, row_name, secret_literals
from exporter.diff.masking.names import names_secret
from exporter.recipe.model import JsonValue

_SHOWN_PLACES = 3


def find_arrivals(changes: Iterable[AssetChange]) -> Iterator[DiffWarning]:
    """The warnings of all assets, in their order. A warning says the place and the kind of a secret, never itself."""
    for change in changes:
        if change.path_after is None:
            continue
        for step in change.steps:
            if _shows_job_data(step):
                yield _masking_off(change, step)
        yield from _secrets(change)


def _shows_job_data(step: StepChange) -> bool:
    """Whether a step that is on both sides would no longer hide its data in the history of jobs."""
    if step.before is None or step.after is None:
        return False
    return any(
        field.path == ("mask_data",) and field.before is True and field.after is not True for field in step.fields
    )


def _masking_off(change: AssetChange, step: StepChange) -> DiffWarning:
    text = f"{_step_words(step.place)} of '{change.name}' would show its data in the job history."
    return DiffWarning(WarningKind.MASKING_OFF, text, change.path, step.place, is_severe=True)


def _secrets(change: AssetChange) -> Iterator[DiffWarning]:
    """One warning for each step, and one for the rest of the asset."""
    groups: list[tuple[StepPlace | None, tuple[FieldChange, ...]]] = [(None, (*change.settings, *change.fields))]
    groups.extend((step.after, step.fields) for step in change.steps if step.after is not None)
    for place, fields in groups:
        names = row_names(fields)
        found = [
            f"'{field.label}'{_kinds_words(kinds)}"
            for field in fields
            if (kinds := _new_secrets(field, field_key(field, names)))
        ]
        if found:
            where = f"{_step_words(place)} of " if place else ""
            more = f" and {len(found) - _SHOWN_PLACES} more" if len(found) > _SHOWN_PLACES else ""
            fields_words = ", ".join(found[:_SHOWN_PLACES]) + more
            text = f"{where}'{change.name}' would hold what looks like a secret in {fields_words}."
            yield DiffWarning(WarningKind.SECRET_ADDED, text[:1].upper() + text[1:], change.path, place)


def _kinds_words(kinds: set[str]) -> str:
    """ " (AWS access key)"; "" for what only its name gives away, since the name stands before it."""
    told = ", ".join(sorted(kinds - {NAMED}))
    return f" ({told})" if told else ""


def _new_secrets(field: FieldChange, key: str) -> set[str]:
    """The kinds of the secrets that only the after value holds."""
    if isinstance(field.after, Missing):
        return set()
    found = list(_secrets_in(key, field.after))
    if not found or isinstance(field.before, Missing):
        return {kind for kind, _ in found}
    known = {secret for _, secret in _secrets_in(key, field.before)}
    return {kind for kind, secret in found if secret not in known}


def _secrets_in(key: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    """(kind, secret) for everything in a value that would be masked."""
    if isinstance(value, str):
        yield from ((finding.kind, value[finding.start : finding.end]) for finding in find_secrets(key, value))
        if names_secret(key):
            yield from ((NAMED, value[start:end]) for start, end in secret_literals(value))
    elif isinstance(value, list):
        for item in value:
            yield from _secrets_in(key, item)
    elif isinstance(value, dict):
        name = row_name(value)
        for inner, item in value.items():
            yield from _secrets_in(below(key, name, inner), item)


def _step_words(place: StepPlace) -> str:
    return f"Step {place.number} ({place.headline})"
