"""A recipe as Workato's API replies it (GET /api/recipes/:id), brought to the form of the package.

The reply has the steps as a string, connections by ids that mean something in their own workspace only, counters of
jobs, and neither concurrency nor privacy. What one form cannot say is taken from the other side, so that it does not
differ; a note says so.
"""

from __future__ import annotations

from exporter.errors import RecipeFormatError
from exporter.recipe.jsontext import parse_json
from exporter.recipe.model import JsonValue
from exporter.render.json import dump_json
from exporter.snapshot import Asset, AssetKind, asset_of

# Keys of a package's recipe that the reply lacks.
_NOT_REPLIED = ("private", "concurrency", "tags")
# Keys of the reply that no package has and that are no counters (those mean nothing in a diff anyway).
_REPLY_ONLY = frozenset(
    {"parameters", "parameters_schema", "project_id", "version_author_email", "version_author_name"}
)


def match_forms(one: Asset, other: Asset) -> tuple[Asset, Asset, bool]:
    """Both recipes; if exactly one of them is a reply, in the form of the package, and whether that is so."""
    if one.kind is not AssetKind.RECIPE:
        return one, other, False
    documents = _document(one), _document(other)
    if documents[0] is None or documents[1] is None or _is_reply(documents[0]) == _is_reply(documents[1]):
        return one, other, False
    if _is_reply(documents[0]):
        return _as_package(one, documents[0], documents[1]), other, True
    return one, _as_package(other, documents[1], documents[0]), True


def _document(asset: Asset) -> dict[str, JsonValue] | None:
    try:
        document = parse_json(asset.content)
    except RecipeFormatError:  # whoever compares it says what is wrong with it
        return None
    return document if isinstance(document, dict) else None


def _is_reply(document: dict[str, JsonValue]) -> bool:
    return isinstance(document.get("code"), str)


def _as_package(asset: Asset, reply: dict[str, JsonValue], package: dict[str, JsonValue]) -> Asset:
    known = {str(entry.get("provider")): entry for entry in _entries(package)}
    config: list[JsonValue] = []
    for entry in _entries(reply):
        same = known.get(str(entry.get("provider")), {})
        is_id = isinstance(entry.get("account_id"), int) and "account_id" in same
        config.append({**same, **entry, "account_id": same["account_id"]} if is_id else {**same, **entry})
    said = {key: value for key, value in reply.items() if key not in _REPLY_ONLY and value is not None}
    document: dict[str, JsonValue] = {
        **{key: package[key] for key in _NOT_REPLIED if key in package},
        **said,
        "config": config,
    }
    return asset_of(asset.path, dump_json(document).encode("utf-8", "surrogatepass"))


def _entries(document: dict[str, JsonValue]) -> list[dict[str, JsonValue]]:
    config = document.get("config")
    return [entry for entry in config if isinstance(entry, dict)] if isinstance(config, list) else []
