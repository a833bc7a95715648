"""One line for a step, as its author reads it in Workato: "IF Amount is greater than 100", "Search accounts"."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.recipe.datapill import Pill, split_text
from exporter.recipe.labels import humanise, pick_list_label, plain_text
from exporter.recipe.model import JsonValue, Keyword, Recipe, Step
from exporter.recipe.pills import PillWriter

# Workato's words for the operators of a condition; those of UNARY take no right side.
OPERATORS: Mapping[str, str] = {
    "equals_to": "equals",
    "equals": "equals",
    "not_equals_to": "doesn't equal",
    "present": "is present",
    "blank": "is not present",
    "is_true": "is true",
    "is_not_true": "is not true",
    "greater_than": "is greater than",
    "less_than": "is less than",
    "contains": "contains",
    "not_contains": "doesn't contain",
    "starts_with": "starts with",
    "not_starts_with": "doesn't start with",
    "ends_with": "ends with",
    "not_ends_with": "doesn't end with",
}
UNARY = frozenset({"present", "blank", "is_true", "is_not_true"})
MAX_HEADLINE_CHARS = 120

# Where `input.name` is the title that the author gave, and not a value that the step writes somewhere.
_NAMED_BY_INPUT = frozenset({"py_eval", "js_eval", "workato_custom_code", "rest", "workato_list", "workato_smart_list"})
_NAMED_OPERATIONS = frozenset({("workato_variable", "declare_list")})
_BLOCK_TITLES: Mapping[str, str] = {Keyword.CATCH: "On error", Keyword.REPEAT: "Repeat"}
_BLOCK_WORDS: Mapping[str, str] = {
    Keyword.IF: "IF",
    Keyword.ELSIF: "ELSE IF",
    Keyword.ELSE: "ELSE",
    Keyword.WHILE: "WHILE",
    Keyword.REPEAT: "REPEAT",
    Keyword.TRY: "HANDLE ERRORS",
}
# The input fields that say what a step works on, best first.
_OBJECT_FIELDS = ("flow_id", "sobject_name", "lookup_table_id", "table_id", "object", "topic_id", "name")


class Headlines:
    """The headlines of one recipe's steps, and its datapills for people."""

    def __init__(self, recipe: Recipe, *, has_numbers: bool = True):
        """`has_numbers`: datapills name their step with its number (see PillWriter)."""
        steps = recipe.steps()
        self._cache: dict[int, str] = {}
        self.pills = PillWriter(steps, self.title, has_numbers=has_numbers)
        self._parents = {child.number: step for step in steps for child in step.children}

    def headline(self, step: Step) -> str:
        """The whole line, with the keyword where the step is no action."""
        if step.number not in self._cache:
            self._cache[step.number] = _cut(self._line(step))
        return self._cache[step.number]

    def title(self, step: Step) -> str:
        """What a datapill names the step by: without conditions, which may hold that very datapill."""
        if step.keyword == Keyword.FOREACH:
            return self._loop_title(step)
        if step.keyword in (Keyword.ACTION, Keyword.TRIGGER):
            return _cut(_operation_title(step))
        return _BLOCK_TITLES.get(step.keyword) or humanise(step.keyword or "step")

    def _loop_title(self, step: Step) -> str:
        """ "For each Orders" where the loop goes through one datapill and no formula."""
        source = step.raw.get("source")
        parts = split_text(source) if isinstance(source, str) else ()
        pills = [part for part in parts if isinstance(part, Pill)]
        is_plain = len(pills) == 1 and all(part in ("#{", "}", "=") for part in parts if isinstance(part, str))
        return _cut(f"For each {self.pills.short_pill(pills[0])}") if is_plain else "For each"

    def blocks(self, step: Step) -> tuple[str, ...]:
        """The headlines of the blocks around a step, from the outside in, as people see the recipe: an ELSE
        stands beside its IF, so its steps are in the ELSE alone. The trigger is no block."""
        around: list[str] = []
        inner = step
        while (parent := self._parents.get(inner.number)) is not None and parent.keyword != Keyword.TRIGGER:
            if inner.depth > parent.depth:
                around.append(self.headline(parent))
            inner = parent
        return tuple(reversed(around))

    def condition(self, group: JsonValue, *, is_full: bool = False) -> str:
        """A condition group as one sentence: "Amount is greater than 100 AND Name is present". `is_full` writes
        datapills with the step that they come from."""
        conditions = group.get("conditions") if isinstance(group, dict) else None
        if not isinstance(group, dict) or not isinstance(conditions, list):
            return ""
        word = " OR " if group.get("operand") == "or" else " AND "
        return word.join(self._one_condition(item, is_full) for item in conditions if isinstance(item, dict))

    def conditions(self, group: Mapping[str, JsonValue]) -> list[str]:
        """The conditions of a group one by one in full, from the second on with the word that joins them: "AND …"."""
        items = group.get("conditions")
        listed = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        word = "OR" if group.get("operand") == "or" else "AND"
        texts = [self._one_condition(item, is_full=True) for item in listed]
        return [*texts[:1], *(f"{word} {text}" for text in texts[1:])]

    def _one_condition(self, condition: dict[str, JsonValue], is_full: bool) -> str:
        if "conditions" in condition:
            return f"({self.condition(condition, is_full=is_full)})"
        operand = str(condition.get("operand") or "")
        words = [self._side(condition.get("lhs"), is_full), OPERATORS.get(operand) or humanise(operand).lower()]
        right_side = self._side(condition.get("rhs"), is_full)
        if operand not in UNARY:
            words.append(right_side)
        elif right_side and is_full:
            words.append(f"(right side without effect: {right_side})")
        return " ".join(word for word in words if word)

    def _side(self, value: JsonValue, is_full: bool = False) -> str:
        if isinstance(value, str):
            return self.pills.text(value) if is_full else plain_text(self.pills.short_text(value).removeprefix("="))
        return "" if value is None else str(value)

    def _line(self, step: Step) -> str:
        condition = self.condition(step.raw.get("input"))
        if step.keyword == Keyword.FOREACH:
            source = step.raw.get("source")
            return f"Repeat for each {self._side(source)}".strip()
        if step.keyword == Keyword.STOP:
            return self._stop(step)
        if step.keyword == Keyword.CATCH:
            rule = self.condition(step.raw.get("filter"))
            return f"ON ERROR if {rule}" if rule else "ON ERROR"
        word = _BLOCK_WORDS.get(step.keyword)
        return f"{word} {condition}".strip() if word else _operation_title(step)

    def _stop(self, step: Step) -> str:
        settings = _input(step)
        if settings.get("stop_with_error") not in ("true", True):
            return "STOP job"
        reason = self._side(settings.get("stop_reason"))
        return f"STOP job with error: {reason}" if reason else "STOP job with error"


def _operation_title(step: Step) -> str:
    """The title of an action or trigger: the author's own name for it, else Workato's description, else title,
    else what it works on and its operation."""
    settings = _input(step)
    for key in ("mnemonic", "request_name"):
        if title := _plain(settings.get(key)):
            return title
    is_named = step.provider in _NAMED_BY_INPUT or (step.provider, step.name) in _NAMED_OPERATIONS
    if is_named and (title := _plain(settings.get("name"))):
        return title
    for key in ("description", "title"):
        if title := _plain(step.raw.get(key)):
            return title
    operation = humanise(step.name) if step.name else humanise(step.provider or step.keyword or "step")
    subject = _subject(step, settings)
    return f"{operation} · {subject}" if subject else operation


def _subject(step: Step, settings: Mapping[str, JsonValue]) -> str:
    for key in _OBJECT_FIELDS:
        if label := pick_list_label(step, key):
            return label
        value = settings.get(key)
        if isinstance(value, dict) and (name := _plain(value.get("name"))):
            return name
    return ""


def _input(step: Step) -> Mapping[str, JsonValue]:
    value = step.raw.get("input")
    return value if isinstance(value, dict) else {}


def _plain(value: JsonValue) -> str:
    return plain_text(value) if isinstance(value, str) else ""


def _cut(text: str) -> str:
    return text if len(text) <= MAX_HEADLINE_CHARS else text[: MAX_HEADLINE_CHARS - 1] + "…"
