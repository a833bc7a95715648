"""References from one asset to another, and which asset of an environment they mean.

An export writes a reference as {zip_name, name, folder}. `zip_name` is the target's file counted from the root of
the exported project; what lies in another project begins with that project's name. File names follow from names, so
the base name of `zip_name` tells the same asset in every environment, wherever it lies there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from exporter.recipe.model import JsonValue
from exporter.snapshot import HOME, AssetKind, Snapshot, asset_kind

# Counts up whenever `scan_mentions` reads the same bytes in another way: what was remembered before is worthless then.
MENTIONS_VERSION = 1

# Files that hold no references, or are too large with data to look for them.
_SILENT_ENDINGS = tuple(
    f"{kind}.json"
    for kind in (
        AssetKind.LOOKUP_TABLE,
        AssetKind.DATA_TABLE,
        AssetKind.ACCOUNT_PROPERTIES,
        AssetKind.PROJECT_PROPERTIES,
        AssetKind.PROJECT,
        AssetKind.TAGS,
    )
)
_ZIP_NAME = re.compile(rb'"zip_name"\s*:\s*("(?:[^"\\]|\\.)*")')
_RECIPE_ID = re.compile(rb'"flow_id"\s*:\s*"?(\d{1,18})\b')
_NUMBER = re.compile(r"#[0-9]{1,18}")
# Two assets of one folder whose names differ only in what a file name cannot hold: `get_api.1.recipe.json`.
_COLLISION = re.compile(r"\.\d+(?=\.[a-z_]+\.\w+$)")
_NO_STEM = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference as it is written. `key` is the field that holds it ("flow_id")."""

    key: str
    zip_name: str
    name: str

    @property
    def kind(self) -> AssetKind:
        return asset_kind(self.zip_name)

    @property
    def title(self) -> str:
        """The target's name, or that of its file."""
        return self.name or base_name(self.zip_name).partition(".")[0]


def base_name(place: str) -> str:
    """The file name that holds in every environment: without folders and without the number of a collision."""
    return _COLLISION.sub("", place.rpartition("/")[2])


def file_stem(name: str) -> str:
    """The file name that Workato makes of an asset's name (held for 1,063 of 1,063 real files)."""
    return _NO_STEM.sub("_", name.lower()).strip("_")


def leaves(value: JsonValue, key: str = "") -> Iterator[tuple[str, str | Reference]]:
    """Every string and every reference in a JSON value with the key it stands under, in the order of the file."""
    pending: list[tuple[str, JsonValue]] = [(key, value)]
    while pending:
        key, item = pending.pop()
        if isinstance(item, str):
            yield key, item
        elif isinstance(item, list):
            pending.extend((key, element) for element in reversed(item))
        elif isinstance(item, dict):
            reference = _reference(key, item)
            if reference is not None:
                yield key, reference
            else:
                pending.extend((name, item[name]) for name in reversed(item))


def _reference(key: str, value: Mapping[str, JsonValue]) -> Reference | None:
    zip_name, name = value.get("zip_name"), value.get("name")
    if not isinstance(zip_name, str) or not zip_name:
        return None
    return Reference(key, zip_name, " ".join(name.split()) if isinstance(name, str) else "")


def may_refer(path: str) -> bool:
    """Whether the asset at this path can hold references."""
    return path.endswith(".json") and not path.endswith(_SILENT_ENDINGS)


def scan_mentions(content: bytes) -> tuple[str, ...]:
    """Every `zip_name` in a file, and each recipe that it calls by a bare number as "#12345", once, sorted.

    Looks at the bytes only: parsing the files of a whole environment would take longer than the diff.
    """
    found = {_text(literal) for literal in _ZIP_NAME.findall(content)}
    found |= {f"#{digits.decode()}" for digits in _RECIPE_ID.findall(content)}
    return tuple(sorted(found - {""}))


def _text(literal: bytes) -> str:
    try:
        text = json.loads(literal)
        text.encode()
    except ValueError:  # no JSON string after all, or half a surrogate pair
        return ""
    return str(text)


class Holdings:
    """The assets of one environment as references mean them. What takes a look at every asset is done when the first
    question needs it: most references are found at the very place they name."""

    def __init__(self, snapshot: Snapshot):
        self._snapshot = snapshot
        self._projects = {_slashed(project.name): project.name for project in snapshot.index.projects}
        self._unread = {_slashed(failure.project) for failure in snapshot.failures}

    def find(self, project: str, zip_name: str) -> str | None:
        """The path of the asset that an asset of `project` means; None if nothing has that file name.

        An asset of that file name in another folder counts: it was moved, or is exported from another root.
        """
        base = base_name(zip_name)
        return self.find_exactly(project, zip_name) or self._in_project.get((project, base)) or self._anywhere.get(base)

    def find_exactly(self, project: str, zip_name: str) -> str | None:
        """The same, but only if the asset lies at the very place that the reference gives."""
        return next((place for place in self._places(project, zip_name) if place in self._snapshot.assets), None)

    def _places(self, project: str, zip_name: str) -> Iterator[str]:
        """Where the asset may lie, the likeliest first."""
        if project != HOME:
            yield f"{project}/{zip_name}"
        yield zip_name
        owner = self._named_project(zip_name)
        if owner is not None:
            yield self._projects[owner] + zip_name[len(owner) :]

    def _named_project(self, place: str) -> str | None:
        """The project with whose name, as Workato writes it, the place begins; the longest, if several fit."""
        named = [name for name in self._projects if name and place.startswith(f"{name}/")]
        return max(named, key=len, default=None)

    @cached_property
    def _anywhere(self) -> Mapping[str, str]:
        """Base name -> the first path that has it."""
        found: dict[str, str] = {}
        for path in self._snapshot.assets:
            found.setdefault(base_name(path), path)
        return found

    @cached_property
    def _in_project(self) -> Mapping[tuple[str, str], str]:
        """The same for each project."""
        found: dict[tuple[str, str], str] = {}
        for path, asset in self._snapshot.assets.items():
            found.setdefault((asset.project, base_name(path)), path)
        return found

    @cached_property
    def _folders(self) -> frozenset[str]:
        """Each project with each folder right below it: "Project/Data"."""
        return frozenset("/".join(parts[:2]) for path in self._snapshot.assets if len(parts := path.split("/")) > 2)

    @cached_property
    def _has_home(self) -> bool:
        return any("/" not in path for path in self._snapshot.assets)

    @cached_property
    def _by_id(self) -> Mapping[int, str]:
        return {info.id: path for path, info in self._snapshot.index.assets.items() if info.id is not None}

    def find_mention(self, project: str, mention: str) -> str | None:
        """The same for what `scan_mentions` gave."""
        if _NUMBER.fullmatch(mention):
            return self._by_id.get(int(mention[1:]))
        return self.find(project, mention)

    def can_tell(self, project: str, zip_name: str) -> bool:
        """Whether what `find` does not find is truly missing: its project was to be exported, and was.

        A project that the configuration leaves out is known by nothing but the references into it.
        """
        if not self._projects:  # nobody said which projects there are, so none was left out
            return not self._unread
        owner = self._owner(project, _slashed(zip_name))
        return owner is not None and (owner == HOME or owner in self._projects) and self.was_read(owner)

    def was_read(self, project: str) -> bool:
        """Whether the project could be exported; if not, nothing may be concluded from what is missing in it."""
        return _slashed(project) not in self._unread

    def _owner(self, project: str, place: str) -> str | None:
        """The project in which the place lies; None if it may lie in one that was left out."""
        first, slash, _ = place.partition("/")
        if not slash:
            return _slashed(project) if self._has_home else None
        if f"{project}/{first}" in self._folders:
            return _slashed(project)
        return self._named_project(place)


def _slashed(place: str) -> str:
    """With a plain "/" where snapshots write "∕" in a folder's name, as Workato's own texts have it."""
    return place.replace("∕", "/")
