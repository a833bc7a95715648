"""What lists and dependencies need of an asset's files, read once for each version.

Generated recipes make their bytes anew at every access, and real ones are large: nothing here keeps them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from exporter.sandbox.workato.references import find_references, objects, walk_steps


@dataclass(frozen=True, slots=True)
class Extract:
    """`references` are member names from the root, `tags` titles; the rest is empty but for recipes.

    `providers` are those of every step, each once, in the order of the listing.
    """

    references: tuple[str, ...]
    tags: tuple[str, ...]
    uses_account_properties: bool
    description: str
    providers: tuple[str, ...]
    config: list[dict[str, object]]


def extract(files: Mapping[str, bytes]) -> Extract:
    """The extract of an asset's files. Files that are no JSON objects have nothing to extract."""
    contents = [files[suffix] for suffix in files if suffix.endswith(".json")]
    value = _object(contents[0]) if contents else {}
    tags = value.get("tags")
    providers = [str(step["provider"]) for step in walk_steps(value.get("code")) if step.get("provider")]
    return Extract(
        references=tuple(dict.fromkeys(name for content in contents for name in find_references(content))),
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        uses_account_properties=any(b"account_property" in content for content in contents),
        description=str(value.get("description") or ""),
        providers=tuple(dict.fromkeys(providers)),
        config=objects(value.get("config")),
    )


def _object(content: bytes) -> dict[str, object]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
