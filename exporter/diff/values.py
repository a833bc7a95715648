"""Compare two JSON values of which it is known that they belong together: an aligned step's, or another asset's.

Both sides are first laid out as trees of the same shape (list items paired, canonical texts as leaves), and then
DeepDiff says where the trees differ. It sees nothing else, for measured reasons: it is slow on whole recipes, leaves
out keys that begin with "__", stops early where few keys are common, takes 1 and True in a list for equal, diffs
long texts in quadratic time, and reports in an order that follows PYTHONHASHSEED.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, TypeAlias, TypeGuard

from exporter.diff.changes import MISSING, Missing
from exporter.diff.meaning import MARK, Reader, names_property
from exporter.errors import RecipeFormatError
from exporter.recipe.jsontext import parse_json
from exporter.recipe.model import JsonValue

Path: TypeAlias = tuple[str | int, ...]
Tree: TypeAlias = "str | dict[str, Tree]"

# Levels laid out for DeepDiff, which recurses several frames a level; what lies deeper is compared as a whole.
MAX_TREE_DEPTH = 40
# Items of two lists whose product is larger are paired from both ends only: the exact pairing takes quadratic time.
MAX_ITEM_PAIRS = 4_000_000
_MAX_LEAF_CHARS = 120
# By these an object in a list is known again after an edit, best first.
_IDENTITY_KEYS: Final = ("uuid", "id", "name", "key", "field_id", "title")
# Strings that hold a list of fields as JSON: their layout means nothing, their fields do.
_SCHEMA_ENDINGS: Final = ("schema", "schema_json")


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One place where two values differ: the file's own values, and short canonical texts of what they mean
    (None where there is none). `path` is the place in the after value, or in the before value if it is gone."""

    path: Path
    before: JsonValue | Missing
    after: JsonValue | Missing
    meaning_before: str | None
    meaning_after: str | None


@dataclass(frozen=True, slots=True)
class ValueRules:
    """How values of one kind of file are compared.

    `ignored` are keys left out at the top. `has_null_values` says that a null differs from no key at all.
    """

    ignored: frozenset[str] = frozenset()
    has_null_values: bool = False


class ValueComparison:
    """Compares values of one pair of files; remembers what it has read."""

    def __init__(self, before: Reader, after: Reader, rules: ValueRules | None = None):
        self._readers = (before, after)
        self._rules = rules or ValueRules()
        self._meanings: tuple[dict[int, str], dict[int, str]] = ({}, {})
        self._kept: list[JsonValue] = []  # keeps the objects alive whose id() is a key of _meanings
        self._as_written: ValueComparison | None = None
        if before.terms or after.terms:
            self._as_written = ValueComparison(before.as_written(), after.as_written(), rules)

    def compare(self, before: JsonValue | Missing, after: JsonValue | Missing, path: Path = ()) -> list[ValueChange]:
        """Every place where the two differ, in the order of the paths; what only one side has is listed by leaf."""
        if isinstance(before, Missing) or isinstance(after, Missing):
            return sorted(self._one_sided(path, before, after), key=_order)
        tree_before, tree_after = self._lay_out(before, after, path, 0)
        if tree_before == tree_after:
            return []
        changes: list[ValueChange] = []
        for keys in _differing_keys(tree_before, tree_after):
            changes.extend(self._change_at(keys, path, before, after))
        return sorted((change for change in changes if not self._says_the_same(change)), key=_order)

    def _says_the_same(self, change: ValueChange) -> bool:
        """Whether both sides hold the same characters, which promoting leaves as they are, though the mapping gives
        them to one of the two environments only."""
        if self._as_written is None or isinstance(change.before, Missing) or isinstance(change.after, Missing):
            return False
        key = change.path[-1] if change.path else ""
        before = self._as_written.meaning(change.before, is_after=False, key=key)
        return before == self._as_written.meaning(change.after, is_after=True, key=key)

    def meaning(self, value: JsonValue, *, is_after: bool, key: str | int = "") -> str:
        """A short text that is equal for two values exactly if they mean the same."""
        if isinstance(value, str):
            return self._text_meaning(value, is_after, key)
        if not isinstance(value, dict | list):
            return self._readers[is_after].scalar(value)
        meanings = self._meanings[is_after]
        if id(value) not in meanings:
            # From the inside out, so that no depth of nesting reaches Python's limit of recursion.
            for inner in reversed(_containers(value)):
                if id(inner) not in meanings:
                    meanings[id(inner)] = self._container_meaning(inner, is_after)
                    self._kept.append(inner)
        return meanings[id(value)]

    def _text_meaning(self, value: str, is_after: bool, key: str | int) -> str:
        parsed = embedded(key, value)
        if parsed is not None:
            return _short(self.meaning(parsed, is_after=is_after), f"{MARK}json ")
        return _short(self._read_text(value, is_after, key, folds_properties=True))

    def _read_text(self, value: str, is_after: bool, key: str | int, *, folds_properties: bool) -> str:
        reader = self._readers[is_after]
        if key == "name" and value.partition(":")[0] in reader.uuids:
            return reader.variable_reference(value)
        return reader.scalar(value, folds_properties=folds_properties)

    def _container_meaning(self, value: dict[str, JsonValue] | list[JsonValue], is_after: bool) -> str:
        if isinstance(value, list):
            return _short("[" + ",".join(_quoted(self.meaning(item, is_after=is_after)) for item in value) + "]", MARK)
        plain = self._plain(value, is_after)
        entries = [
            f"{_quoted(key)}:{_quoted(self.meaning(item, is_after=is_after, key=key))}" for key, item in plain.items()
        ]
        return _short("{" + ",".join(sorted(entries)) + "}", MARK)

    def _plain(self, value: dict[str, JsonValue], is_after: bool) -> Mapping[str, JsonValue]:
        """An object without what means nothing: nulls, the ids of conditions, the folders of references."""
        plain = self._readers[is_after].reference(value)
        has_own_id = is_condition(value)
        return {
            key: item
            for key, item in plain.items()
            if (item is not None or self._rules.has_null_values) and not (has_own_id and key == "uuid")
        }

    def _lay_out(self, before: JsonValue, after: JsonValue, path: Path, depth: int) -> tuple[Tree, Tree]:
        """The two values as trees of one shape. Keys of objects begin with ".", pairs of list items are "#i:j"."""
        key = path[-1] if path else ""
        if depth < MAX_TREE_DEPTH:
            if isinstance(before, str) and isinstance(after, str):
                parsed = embedded(key, before), embedded(key, after)
                if parsed[0] is not None and parsed[1] is not None:
                    return self._lay_out(parsed[0], parsed[1], path, depth + 1)
                return self._lay_out_texts(before, after, key)
            if isinstance(before, dict) and isinstance(after, dict):
                trees = self._lay_out_objects(before, after, path, depth)
                # A whole stays one leaf; its meaning may be equal where only the store of a property differs.
                is_leaf = (is_whole(before) or is_whole(after)) and trees[0] != trees[1]
                return (f"{MARK}before", f"{MARK}after") if is_leaf else trees
            if isinstance(before, list) and isinstance(after, list):
                return self._lay_out_lists(before, after, path, depth)
        return self.meaning(before, is_after=False, key=key), self.meaning(after, is_after=True, key=key)

    def _lay_out_texts(self, before: str, after: str, key: str | int) -> tuple[Tree, Tree]:
        one, other = self._text_meaning(before, False, key), self._text_meaning(after, True, key)
        if one != other:
            return one, other
        # Equal while the two stores of properties count as one. They do so only where the older notation is used,
        # which does not say which store it means.
        exact = (
            self._read_text(before, False, key, folds_properties=False),
            self._read_text(after, True, key, folds_properties=False),
        )
        if exact[0] != exact[1] and not any(names_property(text) for text in exact):
            return _short(exact[0]), _short(exact[1])
        return one, other

    def _lay_out_objects(
        self, before: dict[str, JsonValue], after: dict[str, JsonValue], path: Path, depth: int
    ) -> tuple[Tree, Tree]:
        ignored = self._rules.ignored if not path else frozenset()
        one, other = self._plain(before, False), self._plain(after, True)
        trees: tuple[dict[str, Tree], dict[str, Tree]] = ({}, {})
        for key in sorted((one.keys() | other.keys()) - ignored):
            if key in one and key in other:
                both = self._lay_out(one[key], other[key], (*path, key), depth + 1)
                if both[0] != both[1]:
                    trees[0][f".{key}"], trees[1][f".{key}"] = both
            elif key in one:
                trees[0][f".{key}"] = self.meaning(one[key], is_after=False, key=key)
            else:
                trees[1][f".{key}"] = self.meaning(other[key], is_after=True, key=key)
        return trees

    def _lay_out_lists(
        self, before: list[JsonValue], after: list[JsonValue], path: Path, depth: int
    ) -> tuple[Tree, Tree]:
        meanings = (
            [self.meaning(item, is_after=False) for item in before],
            [self.meaning(item, is_after=True) for item in after],
        )
        trees: tuple[dict[str, Tree], dict[str, Tree]] = ({}, {})
        for i, j in pair_items(before, after, *meanings):
            if i is not None and j is not None:
                both = self._lay_out(before[i], after[j], (*path, j), depth + 1)
                if both[0] != both[1]:
                    trees[0][f"#{i}:{j}"], trees[1][f"#{i}:{j}"] = both
            elif i is not None:
                trees[0][f"#{i}:"] = meanings[0][i]
            elif j is not None:
                trees[1][f"#:{j}"] = meanings[1][j]
        return trees

    def _change_at(self, keys: Sequence[str], path: Path, before: JsonValue, after: JsonValue) -> Iterator[ValueChange]:
        """The change at a place of the trees, with the values that the files have there."""
        one: JsonValue | Missing = before
        other: JsonValue | Missing = after
        for key in keys:
            one, other = _opened(path, one), _opened(path, other)
            if key.startswith("."):
                name = key[1:]
                path = (*path, name)
                one = one.get(name, MISSING) if isinstance(one, dict) else MISSING
                other = other.get(name, MISSING) if isinstance(other, dict) else MISSING
            else:
                i, _, j = key[1:].partition(":")
                path = (*path, int(j or i))
                one = one[int(i)] if i and isinstance(one, list) else MISSING
                other = other[int(j)] if j and isinstance(other, list) else MISSING
        if not self._rules.has_null_values:
            one, other = (MISSING if one is None else one), (MISSING if other is None else other)
        yield from self._one_sided(path, one, other)

    def _one_sided(self, path: Path, before: JsonValue | Missing, after: JsonValue | Missing) -> Iterator[ValueChange]:
        """The change itself; where a side has nothing, one change for each leaf of the other."""
        value = after if isinstance(before, Missing) else before
        is_one_sided = isinstance(before, Missing) or isinstance(after, Missing)
        is_leaf = is_whole(value) or is_schema_field(value) or (not value and bool(path))
        if is_one_sided and isinstance(value, dict | list) and not is_leaf:
            is_after = isinstance(before, Missing)
            items = self._plain(value, is_after).items() if isinstance(value, dict) else enumerate(value)
            for key, item in items:
                if not path and key in self._rules.ignored:
                    continue
                yield from self._one_sided((*path, key), *((MISSING, item) if is_after else (item, MISSING)))
            return
        key = path[-1] if path else ""
        yield ValueChange(
            path,
            before,
            after,
            None if isinstance(before, Missing) else self.meaning(before, is_after=False, key=key),
            None if isinstance(after, Missing) else self.meaning(after, is_after=True, key=key),
        )


def _containers(value: dict[str, JsonValue] | list[JsonValue]) -> list[dict[str, JsonValue] | list[JsonValue]]:
    """The value and every object and list in it, outer ones before inner ones."""
    found = [value]
    for container in found:
        items = container.values() if isinstance(container, dict) else container
        found.extend(item for item in items if isinstance(item, dict | list))
    return found


def is_reference(value: JsonValue | Missing) -> TypeGuard[dict[str, JsonValue]]:
    """Whether it names another asset: `{zip_name, name, folder}`."""
    return isinstance(value, dict) and isinstance(value.get("zip_name"), str)


def is_condition(value: JsonValue | Missing) -> TypeGuard[dict[str, JsonValue]]:
    """Whether it is one condition: `{operand, lhs, rhs, uuid}`."""
    return isinstance(value, dict) and isinstance(value.get("operand"), str) and "lhs" in value


def is_schema_field(value: JsonValue | Missing) -> TypeGuard[dict[str, JsonValue]]:
    """Whether it declares one field of an input or output, or one column of a table: `{name, type, label, …}`,
    `{id, title, type, …}`."""
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        return False
    if isinstance(value.get("title"), str) and isinstance(value.get("id"), str):
        return True
    return isinstance(value.get("name"), str) and bool(value.keys() & {"label", "control_type", "optional"})


def is_whole(value: JsonValue | Missing) -> bool:
    """Whether people read the object as one value: "Amount is greater than 100", the name of a recipe."""
    return is_reference(value) or is_condition(value)


def pair_items(
    before: Sequence[JsonValue],
    after: Sequence[JsonValue],
    meanings_before: Sequence[str],
    meanings_after: Sequence[str],
) -> Iterator[tuple[int | None, int | None]]:
    """Pairs of places of two lists, each place once, in order: equal items, between them those with the same
    identity, between those the ones that are left, first with first."""
    if len(before) * len(after) > MAX_ITEM_PAIRS:
        yield from _paired_from_ends(meanings_before, meanings_after)
        return
    identities = [_identity(item, i) for i, item in enumerate(before)], [_identity(item, -1) for item in after]
    for gap_before, gap_after in _matched(meanings_before, meanings_after, range(len(before)), range(len(after))):
        if isinstance(gap_before, int) or isinstance(gap_after, int):
            yield gap_before, gap_after  # type: ignore[misc]
            continue
        for one, other in _matched(*identities, gap_before, gap_after):
            if isinstance(one, int) or isinstance(other, int):
                yield one, other  # type: ignore[misc]
                continue
            yield from _paired_in_order(one, other)


def _matched(
    before: Sequence[object], after: Sequence[object], places_before: range, places_after: range
) -> Iterator[tuple[int, int] | tuple[range, range]]:
    """Pairs of places with equal keys, and between them the ranges that are left."""
    keys = [before[i] for i in places_before], [after[j] for j in places_after]
    i, j = places_before.start, places_after.start
    for block in SequenceMatcher(None, *keys, autojunk=False).get_matching_blocks():
        start_before, start_after = places_before.start + block.a, places_after.start + block.b
        if i < start_before or j < start_after:
            yield range(i, start_before), range(j, start_after)
        for offset in range(block.size):
            yield start_before + offset, start_after + offset
        i, j = start_before + block.size, start_after + block.size


def _paired_in_order(before: range, after: range) -> Iterator[tuple[int | None, int | None]]:
    common = min(len(before), len(after))
    yield from zip(before[:common], after[:common], strict=True)
    for i in before[common:]:
        yield i, None
    for j in after[common:]:
        yield None, j


def _paired_from_ends(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    start, common = 0, min(len(before), len(after))
    while start < common and before[start] == after[start]:
        start += 1
    end = 0
    while end < common - start and before[-1 - end] == after[-1 - end]:
        end += 1
    yield from ((i, i) for i in range(start))
    yield from _paired_in_order(range(start, len(before) - end), range(start, len(after) - end))
    yield from ((len(before) - end + i, len(after) - end + i) for i in range(end))


def _identity(item: JsonValue, fallback: int) -> object:
    if isinstance(item, dict):
        for key in _IDENTITY_KEYS:
            value = item.get(key)
            if isinstance(value, str) and value:
                return key, value
    return fallback, "" if fallback < 0 else "before"


def embedded(key: str | int, text: str) -> JsonValue:
    """The object or list that a string of a schema holds as JSON; None for any other string."""
    if not (isinstance(key, str) and key.endswith(_SCHEMA_ENDINGS) and text.lstrip()[:1] in ("[", "{")):
        return None
    try:
        value = parse_json(text.encode("utf-8", errors="surrogatepass"))
    except RecipeFormatError:
        return None
    return value if isinstance(value, dict | list) else None


def _opened(path: Path, value: JsonValue | Missing) -> JsonValue | Missing:
    """What is inside a string of JSON, where the tree went into it."""
    if isinstance(value, str) and path:
        parsed = embedded(path[-1], value)
        return value if parsed is None else parsed
    return value


def _differing_keys(before: Tree, after: Tree) -> list[tuple[str, ...]]:
    """Where two trees differ, as the keys that lead there."""
    if isinstance(before, str) or isinstance(after, str):
        return [()] if before != after else []
    from deepdiff import DeepDiff

    found = DeepDiff(before, after, view="tree", ignore_private_variables=False, threshold_to_diff_deeper=0)
    levels = (level for group in found.values() for level in group)
    return sorted({tuple(str(key) for key in level.path(output_format="list")) for level in levels})


def _order(change: ValueChange) -> list[tuple[bool, int, str]]:
    return [(isinstance(key, str), key if isinstance(key, int) else 0, str(key)) for key in change.path]


def _quoted(text: str) -> str:
    return f"{len(text)}'{text}"


def _short(text: str, mark: str = "") -> str:
    """The text itself, or a hash of it: DeepDiff and the digest need to know that it differs, not how."""
    text = mark + text
    if len(text) <= _MAX_LEAF_CHARS:
        return text
    return f"{MARK}sha256 {hashlib.sha256(text.encode('utf-8', errors='surrogatepass')).hexdigest()}"
