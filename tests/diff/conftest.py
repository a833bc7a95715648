"""An independent judge of completeness: what two recipes still differ in when all that a diff reports is taken out.

It shares no code with the diff. It takes the reported changes at their word (which step is gone, new or moved, which
field differs), pairs the steps that nothing was said about by their places alone, and compares what is left of the
two files by what an export may differ in without anybody having changed it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import pytest

from exporter.diff.changes import MISSING, ChangeKind, FieldChange, StepChange
from exporter.diff.recipes import RecipeComparison

Node: TypeAlias = "dict[str, Any]"
Path: TypeAlias = "tuple[str | int, ...]"
Report: TypeAlias = "tuple[Path, str]"  # where, and "new", "gone" or "both"

IDENTITY_AND_SCREEN = {
    "number", "uuid", "as", "block", "title", "description", "toggleCfg", "visible_config_fields",
    "hidden_config_fields", "wizardFinished", "unfinished", "collapsed_conditions", "format_version",
    "dynamicPickListSelection",
}  # fmt: skip
ON_TRIGGER = {"job_report_schema", "job_report_config", "param", "parameters_schema"}
SCHEMAS = ("extended_input_schema", "extended_output_schema")
DEFAULTS: Node = {"comment": "", "input": {}, "repeat_mode": "simple"}
TAILS = ("else", "catch", "while_condition")
PILL = re.compile(r"_dp\('(?P<json>(?:[^'\\]|\\.)*)'\)|_\((?P<dotted>'data\.[^']*'(?:\s*,\s*'[^']*')*)\)")
SLUG = re.compile(r"_connector_\d+_\d+(?=_secondary$|$)")


def load(content: bytes) -> Node:
    """Numbers with a fraction keep their digits: they become ("number", digits)."""
    document: Node = json.loads(content, parse_float=lambda digits: ("number", digits))
    return document


def plain_slug(provider: str) -> str:
    return SLUG.sub("_connector", provider)


class Side:
    """One recipe: its nodes by number (the trigger is 1), and the names by which its steps are known."""

    def __init__(self, document: Node):
        self.nodes: list[Node] = []
        self.parents: dict[int, int] = {}
        self.names: dict[int, str] = {}
        self._number(document["code"], 0)

    def _number(self, node: Node, parent: int) -> None:
        self.nodes.append(node)
        number = len(self.nodes)
        if parent:
            self.parents[number] = parent
        for child in node.get("block") or ():
            self._number(child, number)

    def children(self, number: int) -> list[int]:
        return [child for child, parent in self.parents.items() if parent == number]

    def by(self, key: str) -> dict[str, int]:
        found: dict[str, int] = {}
        shared_first = sorted(
            enumerate(self.nodes, 1), key=lambda item: self.names.get(item[0], "only").startswith("only")
        )
        for number, node in shared_first:
            if node.get(key):
                found.setdefault(node[key], number)
        return found


class Judge:
    def __init__(self, before: bytes, after: bytes, comparison: RecipeComparison):
        self.documents = load(before), load(after)
        self.sides = Side(self.documents[0]), Side(self.documents[1])
        self.comparison = comparison
        self.complaints: list[str] = []
        self.pairs: list[tuple[int, int]] = []
        self.one_sided: tuple[dict[int, StepChange | None], ...] = ({}, {})
        self.tail_reports: tuple[dict[int, list[Report]], ...] = ({}, {})
        self.matched: dict[tuple[int, int], StepChange] = {}

    def verdict(self) -> list[str]:
        for change in self.comparison.steps:
            self.take(change)
        self.moved = [pair for pair, change in self.matched.items() if ChangeKind.MOVED in change.kinds]
        self.pair(1, 1)
        for before, after in self.moved:
            self.pair(before, after)
        for pair in self.matched.keys() - set(self.pairs):
            self.complaints.append(f"reported as one step, but their places are not: {pair}")
        self.name_steps()
        for before, after in self.pairs:
            self.judge_pair(before, after)
        for place in (0, 1):
            for number, change in self.one_sided[place].items():
                self.judge_one_sided(place, number, change)
        self.judge_settings()
        return self.complaints

    def take(self, change: StepChange) -> None:
        for field in change.fields:
            if field.before == field.after and type(field.before) is type(field.after):
                self.complaints.append(f"reported as different, looks the same: {field}")
        if change.before and change.after:
            self.matched[change.before.number, change.after.number] = change
            return
        place = int(change.before is None)
        number = change.place.number
        self.one_sided[place][number] = change
        for child in self.sides[place].children(number):
            keyword = self.sides[place].nodes[child - 1].get("keyword")
            own = [(path[1:], flag) for path, flag in reports_of(change.fields) if path[0] == keyword]
            if keyword in TAILS and own:
                self.one_sided[place][child] = None
                self.tail_reports[place][child] = own

    def pair(self, before: int, after: int) -> None:
        """Pair two steps, and those below them that nothing was said about by their places."""
        self.pairs.append((before, after))
        below = self.staying(0, before), self.staying(1, after)
        if len(below[0]) != len(below[1]):
            self.complaints.append(f"steps unaccounted for under {before} and {after}: {below[0]} and {below[1]}")
        for one, other in zip(*below, strict=False):
            self.pair(one, other)

    def staying(self, place: int, number: int) -> list[int]:
        moved = {pair[place] for pair in self.moved}
        found: list[int] = []
        for child in self.sides[place].children(number):
            if child in self.one_sided[place]:
                found.extend(self.staying(place, child))
            elif child not in moved:
                found.append(child)
        return found

    def name_steps(self) -> None:
        for before, after in self.pairs:
            self.sides[0].names[before] = self.sides[1].names[after] = f"{before}={after}"
        for place in (0, 1):
            for number in self.one_sided[place]:
                self.sides[place].names[number] = f"only {place}: {number}"

    def judge_pair(self, before: int, after: int) -> None:
        change = self.matched.get((before, after))
        kinds = change.kinds if change else ()
        reports = reports_of(change.fields if change else ())
        nodes = self.sides[0].nodes[before - 1], self.sides[1].nodes[after - 1]
        skipped = [node.get("skip") is True for node in nodes]
        if (skipped[0] != skipped[1]) != (ChangeKind.DISABLED in kinds or ChangeKind.ENABLED in kinds):
            self.complaints.append(f"disabled or enabled, unreported: {before}, {after}")
        for key in SCHEMAS:
            if sorted_text(nodes[0].get(key)) != sorted_text(nodes[1].get(key)) and ((key,), "both") not in reports:
                rest = [path for path, _ in reports if path[:1] == (key,)]
                if not rest:
                    self.complaints.append(f"{key} of {before}, {after} differs, unreported")
        contents = [step_content(node, is_trigger=after == 1) for node in nodes]
        if not self.same(*contents, reports, ""):
            self.complaints.append(f"content of {before}, {after} differs beyond {reports}: {contents}")

    def judge_one_sided(self, place: int, number: int, change: StepChange | None) -> None:
        reports = self.tail_reports[place].get(number) or reports_of(change.fields if change else ())
        node = self.sides[place].nodes[number - 1]
        content = step_content(node, is_trigger=False)
        for key in ("keyword", "provider", "name"):
            content.pop(key, None)
        if content and not self.covers(content, [path for path, _ in reports]):
            self.complaints.append(f"configuration of {number} on side {place} is not told by {reports}: {content}")
        if change is not None:
            inside = self.inside(place, number)
            kind = (
                (ChangeKind.UNNESTED, ChangeKind.NESTED)[place]
                if inside
                else (ChangeKind.REMOVED, ChangeKind.ADDED)[place]
            )
            if change.kinds != (kind,):
                self.complaints.append(f"{number} on side {place} holds {inside} and is {change.kinds}")
            listing = change.fields[-1] if inside else None
            if listing and numbers_in((listing.before, listing.after)[place]) != inside:
                self.complaints.append(f"{number} on side {place} holds {inside}, told: {listing}")

    def inside(self, place: int, number: int) -> list[int]:
        """The steps right inside a block that stay; those of an ELSE stand beside its IF."""
        moved = {pair[place] for pair in self.moved}
        found: list[int] = []
        for child in self.sides[place].children(number):
            keyword = self.sides[place].nodes[child - 1].get("keyword")
            if child in self.one_sided[place]:
                found.extend([] if keyword in ("else", "elsif", "catch") else self.inside(place, child))
            elif child not in moved:
                found.append(child)
        return found

    def judge_settings(self) -> None:
        reports = reports_of(self.comparison.settings)
        switched = {switch.provider for switch in self.comparison.connections}
        one, other = (settings_content(document) for document in self.documents)
        auto = re.compile(r"\s*When\b.*\bdo\b", re.DOTALL)
        if any(auto.match(side.get("description") or "") for side in (one, other)):
            one.pop("description", None)
            other.pop("description", None)
        connections = one.pop("config"), other.pop("config")
        for provider in connections[0].keys() | connections[1].keys():
            used = [side.get(provider, ("", {})) for side in connections]
            if used[0][0] != used[1][0] and provider not in switched:
                self.complaints.append(f"another connection for {provider}, unreported")
            if used[0][0] != used[1][0] or not all(side.get("file") for _, side in used):
                for _, side in used:
                    side.pop("file", None)
            own = [(path[2:], flag) for path, flag in reports if path[:2] == ("config", provider)]
            if not self.same(used[0][1], used[1][1], own, ""):
                self.complaints.append(f"entry of {provider} differs beyond {own}: {used}")
        if not self.same(one, other, reports, ""):
            self.complaints.append(f"settings differ beyond {reports}: {one} {other}")

    def same(self, before: Any, after: Any, reports: list[Report], key: str | int) -> bool:
        """Whether two values mean the same where nothing is reported."""
        if any(not path for path, _ in reports):
            return True
        if isinstance(before, str) and isinstance(after, str):
            opened = embedded(key, before), embedded(key, after)
            if opened[0] is not None and opened[1] is not None:
                return self.same(*opened, reports, "")
        if isinstance(before, dict) and isinstance(after, dict):
            return self.same_objects(before, after, reports)
        if isinstance(before, list) and isinstance(after, list):
            return self.same_lists(before, after, reports)
        return self.meaning(before, 0, key) == self.meaning(after, 1, key)

    def same_objects(self, before: Node, after: Node, reports: list[Report]) -> bool:
        one, other = plain_object(before), plain_object(after)
        if all(isinstance(side.get("conditions"), list) for side in (one, other)):
            for side in (one, other):
                drop_moot(side, is_single=all(len(each["conditions"]) < 2 for each in (one, other)))
        for key in one.keys() | other.keys():
            below = [(path[1:], flag) for path, flag in reports if path[0] == key]
            if key in one and key in other:
                if not self.same(one[key], other[key], below, key):
                    return False
            elif not self.covers(one.get(key, other.get(key)), [path for path, _ in below]):
                return False
        return True

    def same_lists(self, before: list[Any], after: list[Any], reports: list[Report]) -> bool:
        """Whether some pairing of the items explains all that is not reported."""

        def below(place: int, *flags: str) -> list[Report]:
            return [(path[1:], flag) for path, flag in reports if path[0] == place and flag in flags]

        reachable = {(0, 0)}
        for total in range(len(before) + len(after) + 1):
            for i, j in [pair for pair in reachable if sum(pair) == total]:
                if i < len(before) and self.covers(before[i], [path for path, _ in below(i, "gone")]):
                    reachable.add((i + 1, j))
                if j < len(after) and self.covers(after[j], [path for path, _ in below(j, "new")]):
                    reachable.add((i, j + 1))
                is_inside = i < len(before) and j < len(after)
                if is_inside and self.same(before[i], after[j], below(j, "both", "new", "gone"), ""):
                    reachable.add((i + 1, j + 1))
        return (len(before), len(after)) in reachable

    def covers(self, value: Any, paths: list[Path]) -> bool:
        """Whether every leaf of a value that one side has is reported."""
        if () in paths:
            return True
        if isinstance(value, dict) and value:
            items = plain_object(value)
            if isinstance(items.get("conditions"), list):
                drop_moot(items, is_single=len(items["conditions"]) < 2)
            return all(self.covers(item, [path[1:] for path in paths if path[0] == key]) for key, item in items.items())
        if isinstance(value, list) and value:
            return all(
                self.covers(item, [path[1:] for path in paths if path[0] == place]) for place, item in enumerate(value)
            )
        return False

    def meaning(self, value: Any, place: int, key: str | int) -> Any:
        if isinstance(value, dict):
            return {name: self.meaning(item, place, name) for name, item in plain_object(value).items()}
        if isinstance(value, list):
            return [self.meaning(item, place, "") for item in value]
        if not isinstance(value, str):
            return type(value).__name__, repr(value)
        if key == "name" and value.partition(":")[0] in {*self.sides[0].by("uuid"), *self.sides[1].by("uuid")}:
            return [
                self.step_name(part, place, "uuid") or self.step_name(part, place, "as") or part
                for part in value.split(":")
            ]
        if SLUG.search(value):
            return plain_slug(value)
        texts = PILL.split(value)[:: PILL.groups + 1]
        return [*zip(texts, [*(self.pill(match, place) for match in PILL.finditer(value)), None], strict=True)]

    def pill(self, match: re.Match[str], place: int) -> Any:
        if match["json"]:
            return self.json_pill(json.loads(re.sub(r"\\(['\\])", r"\1", match["json"])), place)
        arguments = re.findall(r"'([^']*)'", match["dotted"])
        _, provider, line, *path = arguments[0].split(".")
        if len(arguments) > 2 and "property" in arguments[1]:
            return "property", arguments[2]
        if line == "job_context":
            return "job_context", ".".join(path)
        kind = "foreach_meta" if arguments[1:2] == ["foreach_meta"] else "output"
        if arguments[1:2] == ["list_meta"]:
            path = [*path[: -2 if path[-2:-1] == ["first"] else -1], "size"]
        parts = ["current_item" if part == "first" else part for part in path]
        return kind, self.source(provider, line, place), ".".join(parts)

    def json_pill(self, pill: Node, place: int) -> Any:
        kind = pill.get("pill_type")
        if "property" in str(kind):
            return "property", pill.get("property_name")
        parts = [
            part.get("path_element_type", part) if isinstance(part, dict) else part for part in pill.get("path", [])
        ]
        path = ".".join(map(str, [*parts, *([pill["key"]] if "key" in pill else [])]))
        if kind == "job_context":
            return kind, path
        return kind, self.source(pill.get("provider", ""), pill.get("line", ""), place), path

    def source(self, provider: str, line: str, place: int) -> Any:
        """The step that a datapill means; its app only where it is not that of the step."""
        for side in (place, 1 - place):
            number = self.sides[side].by("as").get(line)
            if number and (side == place or number in self.one_sided[side]):
                node = self.sides[side].nodes[number - 1]
                own = node.get("provider") or node.get("keyword")
                return self.sides[side].names.get(number), "" if plain_slug(provider) == plain_slug(own) else provider
        return line, provider

    def step_name(self, text: str, place: int, key: str) -> str | None:
        for side in (place, 1 - place):
            number = self.sides[side].by(key).get(text)
            if number and (side == place or number in self.one_sided[side]):
                return self.sides[side].names.get(number)
        return None


def reports_of(fields: Iterable[FieldChange]) -> list[Report]:
    return [(field.path, flag_of(field)) for field in fields]


def flag_of(field: FieldChange) -> str:
    if field.before is MISSING:
        return "new"
    return "gone" if field.after is MISSING else "both"


def numbers_in(listing: Any) -> list[int]:
    return [int(re.match(r"Step (\d+) · ", line)[1]) for line in listing]  # type: ignore[index]


def plain_object(value: Node) -> Node:
    """Without nulls, the ids of conditions and the folders of references."""
    plain = {key: item for key, item in value.items() if item is not None}
    if "operand" in plain and "lhs" in plain:
        plain.pop("uuid", None)
        if plain["operand"] in ("present", "blank", "is_true", "is_not_true") and plain.get("rhs") == "":
            del plain["rhs"]
    if isinstance(plain.get("zip_name"), str):
        plain = {key: item for key, item in plain.items() if key not in ("folder", "folder_full_path")}
        plain["zip_name"] = plain["zip_name"].rpartition("/")[2]
        if isinstance(plain.get("name"), str):
            plain["name"] = " ".join(plain["name"].split())
    return plain


def drop_moot(group: Node, *, is_single: bool) -> None:
    """A condition group's type is always the same, and one condition is joined with nothing."""
    if group.get("type") == "compound":
        del group["type"]
    if is_single:
        group.pop("operand", None)


def step_content(node: Node, *, is_trigger: bool) -> Node:
    left_out = IDENTITY_AND_SCREEN | set(SCHEMAS) | (ON_TRIGGER if is_trigger else set())
    content = {key: value for key, value in node.items() if key not in left_out and value is not None}
    if isinstance(content.get("skip"), bool):
        del content["skip"]
    if content.get("clear_scope") in ("true", "false"):
        content["clear_scope"] = content["clear_scope"] == "true"
    return {key: value for key, value in content.items() if key not in DEFAULTS or value != DEFAULTS[key]}


def settings_content(document: Node) -> Node:
    content = {
        key: value for key, value in document.items() if key not in ("code", "version") and value not in ("", [])
    }
    content |= {key: document["code"][key] for key in ON_TRIGGER if document["code"].get(key)}
    config: Node = {}
    for entry in document.get("config") or ():
        account = entry.get("account_id") or {}
        rest = {key: value for key, value in entry.items() if key not in CONFIG_NOISE}
        rest |= {"file": account.get("zip_name", "").rpartition("/")[2]}
        config[plain_slug(entry["provider"])] = (" ".join(account.get("name", "").split()), rest)
    return content | {"config": config}


CONFIG_NOISE = {"keyword", "provider", "name", "skip_validation", "account_id"}


def embedded(key: str | int, text: str) -> Any:
    if not (isinstance(key, str) and key.endswith(("schema", "schema_json")) and text.lstrip()[:1] in ("[", "{")):
        return None
    try:
        return load(text.encode())
    except ValueError:
        return None


def sorted_text(schema: Any) -> str:
    """A field list in one order, without nulls."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items() if item is not None and item != []}
        return (
            sorted((plain(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
            if isinstance(value, list)
            else value
        )

    return json.dumps(plain(schema or []), sort_keys=True)


@pytest.fixture(scope="session")
def unreported() -> Callable[[bytes, bytes, RecipeComparison], list[str]]:
    """What a comparison of two recipes leaves out or gets wrong, in words; nothing if it is complete."""
    return lambda before, after, comparison: Judge(before, after, comparison).verdict()
