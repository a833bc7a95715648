"""What differs between two exports of the same recipe without anybody having changed it: tables, no code.

Source: measured on 410 pairs of platform exports; what is in no table is compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# Keys of a step. `number` is the place, `uuid` and `as` are identities, the rest is kept for the editor's screen.
STEP_NOISE: Final = frozenset(
    {
        "number",
        "uuid",
        "as",
        "title",
        "description",
        "toggleCfg",
        "visible_config_fields",
        "hidden_config_fields",
        "wizardFinished",
        "unfinished",
        "collapsed_conditions",
        "format_version",
        "dynamicPickListSelection",
    }
)
# Field lists that the connector refreshes by itself.
STEP_SCHEMAS: Final = frozenset({"extended_input_schema", "extended_output_schema"})
STEP_COSMETIC: Final = frozenset({"comment"})
# Keys of the trigger that are settings of the recipe.
TRIGGER_SETTINGS: Final = frozenset({"job_report_schema", "job_report_config", "param", "parameters_schema"})
# What a step means when a key is absent.
STEP_DEFAULTS: Final[Mapping[str, object]] = {"comment": "", "input": {}, "repeat_mode": "simple"}

# Keys of a recipe: counters, ids, times and texts that Workato writes by itself (package and REST form).
RECIPE_NOISE: Final = frozenset(
    {
        "version",
        "id",
        "recipe_id",
        "user_id",
        "folder_id",
        "flow_id",
        "author_name",
        "created_at",
        "updated_at",
        "copy_count",
        "likes_count",
        "last_run_at",
        "stopped_at",
        "stop_cause",
        "running",
        "active",
        "job_succeeded_count",
        "job_failed_count",
        "lifetime_task_count",
        "trigger_application",
        "action_applications",
        "applications",
        "trigger_closure",
        "webhook_url",
    }
)
RECIPE_COSMETIC: Final = frozenset({"tags", "version_comment", "description"})

# Keys of an entry of `config`.
CONNECTION_NOISE: Final = frozenset({"keyword", "provider", "name", "skip_validation", "account_id"})

# Attributes of a schema field that decide what a step does with a value; the others are looks.
SCHEMA_CONTRACT: Final = frozenset(
    {
        "name",
        "type",
        "of",
        "optional",
        "properties",
        "toggle_field",
        "default",
        "convert_input",
        "convert_output",
        "render_input",
        "parse_output",
    }
)

SCHEMA_LOOKS: Final = frozenset({"hint", "sticky", "control_type", "toggle_hint", "placeholder"})

_MAX_AUTO_CHARS = 2_000  # what is longer has the telling words before that, and no text may cost quadratic time
# The description that Workato writes by itself: "When there is a new record, do search accounts".
_AUTO_DESCRIPTION = re.compile(r"^\s*When\b.*,\s*(?:<[^>]*>\s*)*do\b", re.DOTALL | re.IGNORECASE)

# A custom connector's slug ends with the workspace and the moment of its making; both differ per environment.
_CONNECTOR_SLUG = re.compile(r"(?P<base>.+_connector)_(?P<workspace>\d+)_(?P<made>\d+)(?P<rest>_secondary)?")


def is_auto_description(text: object) -> bool:
    return isinstance(text, str) and _AUTO_DESCRIPTION.match(text[:_MAX_AUTO_CHARS]) is not None


def connector_slug(provider: str) -> tuple[str, str, str] | None:
    """(name that holds in every environment, workspace id, moment of making); None for a built-in provider."""
    found = _CONNECTOR_SLUG.fullmatch(provider)
    if found is None:
        return None
    return found["base"] + (found["rest"] or ""), found["workspace"], found["made"]


def plain_provider(provider: str) -> str:
    """The provider without what only one environment gives it."""
    slug = connector_slug(provider)
    return slug[0] if slug else provider
