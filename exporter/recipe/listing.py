"""A recipe written out, step by step and field by field, as its author sees it in Workato.

Everything that changes what the recipe does is listed, unknown keys too; what only the editor needs is not. Order is
that of the file. Pure values; `render.listing` writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from exporter.recipe.datapill import canonical_text
from exporter.recipe.fields import FieldLister, ListedField, Place, is_plain_group
from exporter.recipe.headline import Headlines
from exporter.recipe.model import Connection, JsonValue, Keyword, Recipe, Step

# (what the text is called, "headers ▸ Authorization", the text as people would read it) -> the text to show
Mask: TypeAlias = Callable[[str, str], str]

WORDS: Final[Mapping[str, str]] = {
    Keyword.TRIGGER: "TRIGGER",
    Keyword.ACTION: "ACTION",
    Keyword.IF: "IF",
    Keyword.ELSIF: "ELSE IF",
    Keyword.ELSE: "ELSE",
    Keyword.FOREACH: "REPEAT for each item of",
    Keyword.REPEAT: "REPEAT",
    Keyword.WHILE: "WHILE",
    Keyword.TRY: "HANDLE ERRORS",
    Keyword.CATCH: "ON ERROR",
    Keyword.STOP: "STOP job",
}
# What the listing says elsewhere, and what only the editor's screen needs.
_SAID_ELSEWHERE = frozenset({"keyword", "provider", "name", "skip", "comment"})
_EDITOR_KEYS = frozenset(
    {
        "number", "uuid", "as", "title", "description", "dynamicPickListSelection", "toggleCfg", "wizardFinished",
        "extended_input_schema", "extended_output_schema", "visible_config_fields", "hidden_config_fields",
        "unfinished", "collapsed_conditions", "format_version",
    }
)  # fmt: skip
_DEFAULTS: Mapping[str, tuple[JsonValue, ...]] = {
    "repeat_mode": ("simple",),
    "clear_scope": ("false", False),
    "input": ({}, None),
    "param": ({}, None),
}
_CONDITIONAL = frozenset({Keyword.IF, Keyword.ELSIF, Keyword.WHILE})
_SETTINGS_ELSEWHERE = frozenset({"name", "version"})
_CONNECTION_KEYS = frozenset({"keyword", "provider", "name", "skip_validation", "account_id"})


@dataclass(frozen=True, slots=True)
class ListedStep:
    """A step. `word` is its kind ("IF", "ACTION"), `title` what it is or on which condition, `conditions` the further
    ones ("AND …"), `operation` what runs ("salesforce.search_sobjects"), `mark` tells it from others of the same
    title where numbers are not used. `depth` is the indent that people see, 0 for the trigger."""

    number: int
    depth: int
    word: str
    title: str
    operation: str = ""
    mark: str = ""
    conditions: tuple[str, ...] = ()
    is_skipped: bool = False
    comment: str = ""
    fields: tuple[ListedField, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A whole recipe. `version` is Workato's save counter, None if unknown."""

    name: str
    version: JsonValue
    settings: tuple[ListedField, ...]
    connections: tuple[ListedField, ...]
    steps: tuple[ListedStep, ...]
    has_numbers: bool = True


def list_recipe(recipe: Recipe, *, has_numbers: bool = True, mask: Mask | None = None) -> Listing:
    """The recipe as a listing.

    Without numbers a step that is inserted changes no line of the others: that is what a line diff of two listings
    needs. `mask` sees every text that people typed, with what it is called: the keys that lead to it.
    """
    return _Lister(recipe, has_numbers, mask or _as_it_is).listing()


def _as_it_is(_: str, text: str) -> str:
    return text


class _Lister:
    def __init__(self, recipe: Recipe, has_numbers: bool, mask: Mask):
        self._recipe = recipe
        self._has_numbers = has_numbers
        self._mask = mask
        self._lines = Headlines(recipe, has_numbers=has_numbers)

    def listing(self) -> Listing:
        recipe = self._recipe
        return Listing(
            name=self.text("", recipe.name),
            version=recipe.settings.get("version"),
            settings=tuple(self._settings()),
            connections=tuple(self._connection(entry) for entry in recipe.connections if _is_told(entry)),
            steps=tuple(self._step(step) for step in recipe.steps()),
            has_numbers=self._has_numbers,
        )

    def _settings(self) -> Iterator[ListedField]:
        for key, value in self._recipe.settings.items():
            if key not in _SETTINGS_ELSEWHERE and value not in (None, "", [], {}):
                yield from FieldLister(self, self._recipe.trigger, is_step=False).of(key, value, None)

    def _connection(self, entry: Connection) -> ListedField:
        account = entry.raw.get("account_id")
        place = account.get("zip_name") if isinstance(account, dict) else None
        notes = [place] if isinstance(place, str) and place else []
        notes += [
            f"{key}: {canonical_text(value)}"
            for key, value in entry.raw.items()
            if key not in _CONNECTION_KEYS and value not in (None, False)
        ]
        name = self.text("", entry.name) or "(no connection)"
        return ListedField(entry.provider, f"{name} ({', '.join(notes)})" if notes else name)

    def _step(self, step: Step) -> ListedStep:
        title, conditions, told = self._heading(step)
        operation = ".".join(part for part in (step.provider, step.name) if part)
        comment = step.raw.get("comment")
        return ListedStep(
            number=step.number,
            depth=step.depth,
            word=WORDS.get(step.keyword, step.keyword.upper() or "STEP"),
            title=title,
            operation=operation,
            mark=self._lines.pills.mark(step),
            conditions=conditions,
            is_skipped=step.is_skipped,
            comment=self.text("comment", comment) if isinstance(comment, str) else "",
            fields=tuple(self._fields(step, told)),
        )

    def _heading(self, step: Step) -> tuple[str, tuple[str, ...], frozenset[str]]:
        """The title, further conditions, and the keys that are said by both."""
        group = step.raw.get("input")
        if step.keyword in _CONDITIONAL and is_plain_group(group) and isinstance(group, dict):
            conditions = [self.text("", text) for text in self._lines.conditions(group)]
            return "".join(conditions[:1]), tuple(conditions[1:]), frozenset({"input"})
        source = step.raw.get("source")
        if step.keyword == Keyword.FOREACH and isinstance(source, str):
            return self.text("", self._lines.pills.text(source)), (), frozenset({"source"})
        if step.keyword in (Keyword.ACTION, Keyword.TRIGGER) or step.keyword not in WORDS:
            return self.text("", self._lines.title(step)), (), frozenset()
        return "", (), frozenset()

    def _fields(self, step: Step, told: frozenset[str]) -> Iterator[ListedField]:
        fields = FieldLister(self, step)
        for key, value in step.raw.items():
            if key in _EDITOR_KEYS or key in _SAID_ELSEWHERE or key in told or value in _DEFAULTS.get(key, (None,)):
                continue
            if key == "input" and isinstance(value, dict):
                yield from fields.inside(value, step.raw.get("extended_input_schema"))
            elif key == "job_report_config" and isinstance(value, dict):
                yield from fields.inside(value, step.raw.get("job_report_schema"), Place(("Job report",)))
            else:
                yield from fields.of(key, value, None)

    def text(self, called: str, text: str) -> str:
        return self._mask(called, text)

    def written(self, called: str, text: str) -> str:
        """A text from the file for people: its datapills written out, masked."""
        return self._mask(called, self._lines.pills.text(text))

    def column(self, key: str) -> str:
        return self._lines.pills.column(key)

    def conditions(self, group: Mapping[str, JsonValue]) -> list[str]:
        return self._lines.conditions(group)


def _is_told(entry: Connection) -> bool:
    """Built-in apps need no connection; an entry that says anything else is listed."""
    return bool(entry.name) or any(
        value not in (None, False) for key, value in entry.raw.items() if key not in _CONNECTION_KEYS
    )
