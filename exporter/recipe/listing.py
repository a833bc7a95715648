"""A recipe written out, step by step and field by field, as its author sees it in Workato.

Everything that changes what the recipe does is listed, unknown keys too; what only the editor needs is not. Order is
that of the file. Pure values; `render.listing` writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from exporter.errors import RecipeFormatError
from exporter.recipe.datapill import canonical_text, pills_in
from exporter.recipe.declared import is_schema, schema_lines
from exporter.recipe.headline import Headlines
from exporter.recipe.jsontext import parse_json
from exporter.recipe.labels import SEPARATOR, is_opaque, key_label, pick_list_label, schema_field
from exporter.recipe.model import Connection, JsonValue, Keyword, Recipe, Step

# What lies deeper in a field than people ever put it is shown as JSON: each level costs several calls in a row.
MAX_LISTED_DEPTH = 40

# (key of the field, text as people would read it) -> the text to show
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
_GROUP_KEYS = frozenset({"type", "operand", "conditions"})
_CONDITION_KEYS = frozenset({"operand", "lhs", "rhs", "uuid"})
_REFERENCE_KEYS = frozenset({"zip_name", "name", "folder", "folder_full_path", "custom"})
_PAIR_KEYS = ({"name", "value"}, {"key", "value"})
_SETTINGS_ELSEWHERE = frozenset({"name", "version"})
_CONNECTION_KEYS = frozenset({"keyword", "provider", "name", "skip_validation", "account_id"})


@dataclass(frozen=True, slots=True)
class ListedField:
    """A field: a single `value` (a JSON document is an object or a list), or `lines` under its label (conditions,
    declared fields), or `items`, each with fields of its own (a list)."""

    label: str
    value: JsonValue = None
    lines: tuple[str, ...] = ()
    items: tuple[tuple[ListedField, ...], ...] = ()


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
    needs. `mask` sees every text of a field with the key it stands under.
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
            name=recipe.name,
            version=recipe.settings.get("version"),
            settings=tuple(self._settings()),
            connections=tuple(self._connection(entry) for entry in recipe.connections if _is_told(entry)),
            steps=tuple(self._step(step) for step in recipe.steps()),
            has_numbers=self._has_numbers,
        )

    def _settings(self) -> Iterator[ListedField]:
        for key, value in self._recipe.settings.items():
            if key not in _SETTINGS_ELSEWHERE and value not in (None, "", [], {}):
                yield from _Fields(self, self._recipe.trigger, is_step=False).of(key, value, None)

    def _connection(self, entry: Connection) -> ListedField:
        account = entry.raw.get("account_id")
        place = account.get("zip_name") if isinstance(account, dict) else None
        notes = [place] if isinstance(place, str) and place else []
        notes += [
            f"{key}: {canonical_text(value)}"
            for key, value in entry.raw.items()
            if key not in _CONNECTION_KEYS and value not in (None, False)
        ]
        name = entry.name or "(no connection)"
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
            comment=self._mask("comment", comment) if isinstance(comment, str) else "",
            fields=tuple(self._fields(step, told)),
        )

    def _heading(self, step: Step) -> tuple[str, tuple[str, ...], frozenset[str]]:
        """The title, further conditions, and the keys that are said by both."""
        group = step.raw.get("input")
        if step.keyword in _CONDITIONAL and is_plain_group(group) and isinstance(group, dict):
            conditions = [self.text("condition", text) for text in self._lines.conditions(group)]
            return "".join(conditions[:1]), tuple(conditions[1:]), frozenset({"input"})
        source = step.raw.get("source")
        if step.keyword == Keyword.FOREACH and isinstance(source, str):
            return self._lines.pills.text(source), (), frozenset({"source"})
        if step.keyword in (Keyword.ACTION, Keyword.TRIGGER) or step.keyword not in WORDS:
            return self._lines.title(step), (), frozenset()
        return "", (), frozenset()

    def _fields(self, step: Step, told: frozenset[str]) -> Iterator[ListedField]:
        fields = _Fields(self, step)
        for key, value in step.raw.items():
            if key in _EDITOR_KEYS or key in _SAID_ELSEWHERE or key in told or value in _DEFAULTS.get(key, (None,)):
                continue
            if key == "input" and isinstance(value, dict):
                yield from fields.inside(value, step.raw.get("extended_input_schema"))
            elif key == "job_report_config" and isinstance(value, dict):
                yield from fields.inside(value, step.raw.get("job_report_schema"), ("Job report",))
            else:
                yield from fields.of(key, value, None)

    def text(self, key: str, text: str) -> str:
        return self._mask(key, text)

    def written(self, text: str) -> str:
        return self._lines.pills.text(text)

    def column(self, key: str) -> str:
        return self._lines.pills.column(key)

    def conditions(self, group: Mapping[str, JsonValue]) -> list[str]:
        return self._lines.conditions(group)


class _Fields:
    """The fields below one key of a step, in the order of the file."""

    def __init__(self, lister: _Lister, step: Step, *, is_step: bool = True):
        self._lister = lister
        self._step = step
        self._is_step = is_step

    def of(
        self,
        key: str,
        value: JsonValue,
        schema: JsonValue,
        labels: tuple[str, ...] = (),
        path: tuple[str, ...] = (),
    ) -> Iterator[ListedField]:
        """One field or, for an object, all below it. `schema` describes the object that the key stands in; `labels`
        and `path` lead to that object."""
        field = schema_field(schema, key)
        own_labels, own_path = (*labels, self._label(field, key, path)), (*path, key)
        label = SEPARATOR.join(own_labels)
        if isinstance(value, dict | list) and len(path) > MAX_LISTED_DEPTH:
            yield self._document(label, key, value)
        elif isinstance(value, dict):
            yield from self._object(key, value, field, own_labels, own_path)
        elif isinstance(value, list):
            yield self._list(label, key, value, field, own_path)
        elif isinstance(value, str):
            yield self._text(label, key, value, own_path)
        else:
            yield ListedField(label, value)

    def inside(
        self, value: dict[str, JsonValue], schema: JsonValue, labels: tuple[str, ...] = (), path: tuple[str, ...] = ()
    ) -> Iterator[ListedField]:
        """The fields of an object, one after the other."""
        for key, item in value.items():
            yield from self.of(key, item, schema, labels, path)

    def _label(self, field: Mapping[str, JsonValue] | None, key: str, path: tuple[str, ...]) -> str:
        if key == "filter" and self._is_step and self._step.keyword == Keyword.CATCH:
            return "Retry condition"
        if field is None and is_opaque(key):
            return self._lister.column(key)
        if field is None and path and path[-1].endswith("headers"):
            return key  # "Accept-Language" is what is sent
        return key_label(field, key.removesuffix("_json") if key.endswith("schema_json") else key)

    def _object(
        self,
        key: str,
        value: dict[str, JsonValue],
        field: Mapping[str, JsonValue] | None,
        labels: tuple[str, ...],
        path: tuple[str, ...],
    ) -> Iterator[ListedField]:
        label = SEPARATOR.join(labels)
        if not value:
            yield ListedField(label, "{}")
        elif is_plain_group(value):
            texts = (self._lister.text("condition", text) for text in self._lister.conditions(value))
            yield ListedField(label, lines=tuple(texts))
        elif is_reference(value):
            yield ListedField(label, f"{value['name']} ({value['zip_name']})")
        else:
            yield from self.inside(value, field.get("properties") if field else None, labels, path)

    def _list(
        self, label: str, key: str, value: list[JsonValue], field: Mapping[str, JsonValue] | None, path: tuple[str, ...]
    ) -> ListedField:
        if not value:
            return ListedField(label, "[]")
        if key.endswith("schema") and is_schema(value):
            return self._declared(label, key, value)
        schema = field.get("properties") if field else None
        items = (self._item(key, item, schema, (*path, str(place))) for place, item in enumerate(value))
        return ListedField(label, items=tuple(items))

    def _item(self, key: str, item: JsonValue, schema: JsonValue, path: tuple[str, ...]) -> tuple[ListedField, ...]:
        if isinstance(item, dict) and item and not is_plain_group(item):
            pair = _pair(item)
            if pair is not None:
                return (self._text(self._lister.written(pair[0]), pair[0], pair[1], path),)
            return tuple(self.inside(item, schema, (), path))
        return tuple(self.of("", item, None) if not isinstance(item, str) else (self._text("", key, item, path),))

    def _text(self, label: str, key: str, text: str, path: tuple[str, ...]) -> ListedField:
        parsed = _embedded(key, text)
        if parsed is not None:
            if parsed == []:
                return ListedField(label, "no fields")
            return self._declared(label, key, parsed) if is_schema(parsed) else self._document(label, key, parsed)
        shown = self._lister.text(key, self._lister.written(text))
        chosen = pick_list_label(self._step, ".".join(path)) if path and self._is_step else ""
        if chosen and chosen.casefold() != text.casefold() and not text.startswith("=") and not pills_in(text):
            shown = f"{shown} ({chosen})"
        return ListedField(label, shown)

    def _declared(self, label: str, key: str, fields: JsonValue) -> ListedField:
        lines = schema_lines(fields) if isinstance(fields, list) else ()
        return ListedField(label, lines=tuple(self._lister.text(key, self._lister.written(line)) for line in lines))

    def _document(self, label: str, key: str, value: JsonValue) -> ListedField:
        """A JSON document, each text in it masked by its own key."""
        return ListedField(label, self._masked(key, value))

    def _masked(self, key: str, value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {name: self._masked(name, item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._masked(key, item) for item in value]
        return self._lister.text(key, self._lister.written(value)) if isinstance(value, str) else value


def is_plain_group(value: JsonValue) -> bool:
    """Whether a value is a group of conditions that reads as sentences, without anything that they would not say."""
    if not isinstance(value, dict) or not value.keys() <= _GROUP_KEYS or "conditions" not in value:
        return False
    conditions = value["conditions"]
    is_usual = value.get("type", "compound") == "compound" and value.get("operand", "and") in ("and", "or")
    return is_usual and isinstance(conditions, list) and bool(conditions) and all(map(_is_plain_condition, conditions))


def _is_plain_condition(value: JsonValue) -> bool:
    if not isinstance(value, dict):
        return False
    if "conditions" in value:
        return is_plain_group({key: item for key, item in value.items() if key != "uuid"})
    sides = (value.get("lhs"), value.get("rhs"))
    return value.keys() <= _CONDITION_KEYS and not any(isinstance(side, dict | list) for side in sides)


def is_reference(value: Mapping[str, JsonValue]) -> bool:
    """Whether an object is the export's reference to another asset."""
    return (
        value.keys() <= _REFERENCE_KEYS
        and isinstance(value.get("zip_name"), str)
        and isinstance(value.get("name"), str)
    )


def _pair(item: Mapping[str, JsonValue]) -> tuple[str, str] | None:
    """Name and value of a header, a parameter or the like; None for any other object."""
    if set(item) not in _PAIR_KEYS:
        return None
    name, value = item.get("name", item.get("key")), item["value"]
    return (name, value) if isinstance(name, str) and name and isinstance(value, str) else None


def _embedded(key: str, text: str) -> JsonValue:
    """What a string of JSON holds if it declares fields or is a sample; None for any other text."""
    start = text.lstrip()[:1]
    is_declaration = key.endswith(("schema", "schema_json")) or start == "["
    if start not in ("[", "{") or not (is_declaration or key.startswith("sample")):
        return None
    try:
        value = parse_json(text.encode("utf-8", errors="surrogatepass"))
    except RecipeFormatError:
        return None
    is_known = is_schema(value) or key.endswith(("schema", "schema_json")) or key.startswith("sample")
    return value if is_known else None


def _is_told(entry: Connection) -> bool:
    """Built-in apps need no connection; an entry that says anything else is listed."""
    return bool(entry.name) or any(
        value not in (None, False) for key, value in entry.raw.items() if key not in _CONNECTION_KEYS
    )
