"""Whether a change touches what callers pass to a recipe or get back from it.

Source: the triggers of callable recipes, skills and API recipes in platform exports, and the inputs that declare
their fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from exporter.diff.changes import ChangeClass, ChangeKind, StepChange
from exporter.recipe.model import Step

# Inputs of a trigger that declare a contract, by its provider.
_CONTRACTS: Final[Mapping[str, frozenset[str]]] = {
    "workato_recipe_function": frozenset({"parameters_schema_json", "result_schema_json"}),
    "workato_service": frozenset({"request_schema_json", "reply_schema_json"}),
    "workato_skill": frozenset({"parameters_schema_json", "result_schema_json"}),
    "workato_genie": frozenset({"parameters_schema_json", "result_schema_json"}),
    "workato_api_platform": frozenset({"request", "response"}),
}


def changes_contract(before: Step, after: Step, changes: Iterable[StepChange]) -> bool:
    """Whether callers of a recipe would meet another one: a declared field differs in more than its looks, or a
    trigger that can be called was replaced. `before` and `after` are the triggers, `changes` those of the steps."""
    declaring = _CONTRACTS.get(before.provider, frozenset()) | _CONTRACTS.get(after.provider, frozenset())
    if not declaring:
        return False
    for change in changes:
        if change.before is None or change.after is None or change.after.number != 1:
            continue
        return ChangeKind.REPLACED in change.kinds or any(
            field.path[:1] == ("input",)
            and (len(field.path) == 1 or field.path[1] in declaring)
            and field.change_class is not ChangeClass.COSMETIC
            for field in change.fields
        )
    return False
