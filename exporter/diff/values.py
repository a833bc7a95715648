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
from typing import TypeAlias

from exporter.diff.changes import MISSING, ChangeClass, ChangeKind, DeclaredFieldChange, Missing
from exporter.diff.items import ItemPairs, pair_items, place_words
from exporter.diff.meaning import MARK, Reader, names_property
from exporter.diff.samples import SAMPLE_KEYS, sample_fields
from exporter.diff.schemas import DeclaredDifference, compare_declared, is_schema_field, schema_label
from exporter.diff.shapes import Path, declare_fields, declares_fields, embedded, is_condition, is_whole, opened
from exporter.recipe.datapill import canonical_text
from exporter.recipe.headline import UNARY
from exporter.recipe.model import JsonValue

Tree: TypeAlias = "str | dict[str, Tree]"

# Levels laid out for DeepDiff, which recurses several frames a level; what lies deeper is compared as a whole.
MAX_TREE_DEPTH = 40
_MAX_LEAF_CHARS = 120
# Longer texts are read once and remembered: each of their datapills costs a parse.
_LONG_TEXT_CHARS = 1_000
_ORDER = "~"  # the key in a tree for the order of a list's items
_MAX_ITEM_LABEL_CHARS = 60


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One place where two values differ: the file's own values, and short canonical texts of what they mean
    (None where there is none). `path` is the place in the after value, or in the before value if it is gone.

    `declared` lists what differs inside where the value declares fields, or inside its order: a list whose items
    stand in another order is one change at the list, beside those of its items. `change_class` is what the values
    themselves say: less than LOGIC only for looks and samples.
    """

    path: Path
    before: JsonValue | Missing
    after: JsonValue | Missing
    meaning_before: str | None
    meaning_after: str | None
    declared: tuple[DeclaredFieldChange, ...] = ()
    change_class: ChangeClass = ChangeClass.LOGIC
    moved: tuple[JsonValue, ...] = ()  # of a list whose order differs: the items of `declared`


@dataclass(frozen=True, slots=True)
class ValueRules:
    """How values of one kind of file are compared.

    `ignored` are keys left out at the top. `has_null_values` says that a null differs from no key at all.
    """

    ignored: frozenset[str] = frozenset()
    has_null_values: bool = False


class ValueComparison:
    """Compares values of one pair of files; remembers what it has read."""

    def __init__(
        self, before: Reader, after: Reader, rules: ValueRules | None = None, *, folds_properties: bool = True
    ):
        self._readers = (before, after)
        self._folds_properties = folds_properties
        self._rules = rules or ValueRules()
        self._meanings: tuple[dict[int, str], dict[int, str]] = ({}, {})
        self._kept: list[JsonValue] = []  # keeps the objects alive whose id() is a key of _meanings
        self._orders: dict[Path, ValueChange] = {}
        self._long_texts: dict[tuple[bool, bool, bool, str], str] = {}
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
        return _short(self._read_text(value, is_after, key, folds_properties=self._folds_properties))

    def _read_text(self, value: str, is_after: bool, key: str | int, *, folds_properties: bool) -> str:
        if len(value) <= _LONG_TEXT_CHARS:
            return self._read_anew(value, is_after, key, folds_properties=folds_properties)
        known = (is_after, key == "name", folds_properties, value)
        if known not in self._long_texts:
            self._long_texts[known] = self._read_anew(value, is_after, key, folds_properties=folds_properties)
        return self._long_texts[known]

    def _read_anew(self, value: str, is_after: bool, key: str | int, *, folds_properties: bool) -> str:
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
        """An object without what means nothing: nulls, the ids of conditions and an empty right side of those that
        take none, the folders of references."""
        plain = self._readers[is_after].reference(value)
        if is_condition(value):
            has_right_side = value.get("operand") not in UNARY or value.get("rhs") != ""
            plain = {key: item for key, item in plain.items() if key != "uuid" and (key != "rhs" or has_right_side)}
        return {key: item for key, item in plain.items() if item is not None or self._rules.has_null_values}

    def _lay_out(self, before: JsonValue, after: JsonValue, path: Path, depth: int) -> tuple[Tree, Tree]:
        """The two values as trees of one shape. Keys of objects begin with ".", pairs of list items are "#i:j"."""
        key = path[-1] if path else ""
        if depth < MAX_TREE_DEPTH:
            if isinstance(before, str) and isinstance(after, str):
                parsed = embedded(key, before), embedded(key, after)
                if parsed[0] is not None and parsed[1] is not None:
                    trees = self._lay_out(parsed[0], parsed[1], path, depth + 1)
                    is_leaf = key in SAMPLE_KEYS and trees[0] != trees[1]
                    return (f"{MARK}before", f"{MARK}after") if is_leaf else trees
                return self._lay_out_texts(before, after, key)
            if isinstance(before, dict) and isinstance(after, dict):
                trees = self._lay_out_objects(before, after, path, depth)
                # A whole stays one leaf; its meaning may be equal where only the store of a property differs.
                is_leaf = (is_whole(before) or is_whole(after)) and trees[0] != trees[1]
                return (f"{MARK}before", f"{MARK}after") if is_leaf else trees
            if isinstance(before, list) and isinstance(after, list):
                trees = self._lay_out_lists(before, after, path, depth)
                is_leaf = declare_fields([before, after], key) and trees[0] != trees[1]
                return (f"{MARK}before", f"{MARK}after") if is_leaf else trees
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
        pairs = pair_items(before, after, *meanings)
        if pairs.moved:
            orders = _order_meanings(pairs, meanings[0])
            self._orders[path] = _moves(path, pairs, after, orders)
            trees[0][_ORDER], trees[1][_ORDER] = orders
        for i, j in pairs.places:
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
            if key == _ORDER:
                yield self._orders[path]
                return
            one, other = opened(path, one), opened(path, other)
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
        if keys and keys[-1].startswith(".") and not self._rules.has_null_values:
            one, other = (MISSING if one is None else one), (MISSING if other is None else other)
        yield from self._one_sided(path, one, other)

    def _one_sided(self, path: Path, before: JsonValue | Missing, after: JsonValue | Missing) -> Iterator[ValueChange]:
        """The change itself; where a side has nothing, one change for each leaf of the other."""
        if not isinstance(before, Missing) and not isinstance(after, Missing):
            yield self._change(path, before, after)
            return
        is_after = isinstance(before, Missing)
        value = after if isinstance(before, Missing) else before
        pending: list[tuple[Path, JsonValue | Missing]] = [(path, value)]
        while pending:
            place, item = pending.pop()
            inner = self._inner(place, item, is_after)
            if inner:
                pending.extend(reversed(inner))
            elif not _is_void(place, item):
                yield self._change(place, *((MISSING, item) if is_after else (item, MISSING)))

    def _inner(self, path: Path, value: JsonValue | Missing, is_after: bool) -> list[tuple[Path, JsonValue | Missing]]:
        """The entries of a value that is listed by its leaves; none for a leaf."""
        key = path[-1] if path else ""
        if is_whole(value) or is_schema_field(value) or declares_fields(value, key):
            return []
        if isinstance(value, dict):
            ignored = self._rules.ignored if not path else frozenset()
            plain = self._plain(value, is_after)
            return [((*path, key), item) for key, item in plain.items() if key not in ignored]
        return [((*path, place), item) for place, item in enumerate(value)] if isinstance(value, list) else []

    def _change(self, path: Path, before: JsonValue | Missing, after: JsonValue | Missing) -> ValueChange:
        key = path[-1] if path else ""
        difference, change_class = self._declared(key, opened(path, before), opened(path, after))
        meanings = self._meanings_of(before, after, key)
        if meanings[0] == meanings[1]:  # only the stores of properties differ, and each way is another change
            exact = ValueComparison(*self._readers, self._rules, folds_properties=False)
            meanings = exact._meanings_of(before, after, key)
        return ValueChange(path, before, after, *meanings, difference.declared, change_class)

    def _meanings_of(
        self, before: JsonValue | Missing, after: JsonValue | Missing, key: str | int
    ) -> tuple[str | None, str | None]:
        return (
            None if isinstance(before, Missing) else self.meaning(before, is_after=False, key=key),
            None if isinstance(after, Missing) else self.meaning(after, is_after=True, key=key),
        )

    def _declared(
        self, key: str | int, before: JsonValue | Missing, after: JsonValue | Missing
    ) -> tuple[DeclaredDifference, ChangeClass]:
        """The declared fields that differ, where both values (or the one there is) declare fields."""
        known = [value for value in (before, after) if not isinstance(value, Missing)]
        if key in SAMPLE_KEYS and all(isinstance(value, dict | list) for value in known):
            one, other = (MISSING if isinstance(value, Missing) else sample_fields(value) for value in (before, after))
            difference = compare_declared(one, other, self._meaning_of, has_order=False)
            return difference, ChangeClass.SCHEMA if difference.declared else ChangeClass.COSMETIC
        if declare_fields(known, key):
            difference = compare_declared(before, after, self._meaning_of)
            return difference, ChangeClass.COSMETIC if difference.is_cosmetic else ChangeClass.LOGIC
        return DeclaredDifference(), ChangeClass.LOGIC

    def _meaning_of(self, value: JsonValue, is_after: bool) -> str:
        return self.meaning(value, is_after=is_after)


def _containers(value: dict[str, JsonValue] | list[JsonValue]) -> list[dict[str, JsonValue] | list[JsonValue]]:
    """The value and every object and list in it, outer ones before inner ones."""
    found = [value]
    for container in found:
        items = container.values() if isinstance(container, dict) else container
        found.extend(item for item in items if isinstance(item, dict | list))
    return found


def _is_void(path: Path, value: JsonValue | Missing) -> bool:
    """Whether an object says no more than its absence: nothing at all at the top, nothing but nulls right below it
    (the `input` of a step that is not configured)."""
    return isinstance(value, dict) and (not path or (len(path) == 1 and bool(value)))


def _order_meanings(pairs: ItemPairs, meanings_before: Sequence[str]) -> tuple[str, str]:
    """Two texts that differ: the items that both lists have, by their places and what they were, in the order of
    each list. Places alone would not tell two items that change places from the same two that change back."""
    both = [(i, j) for i, j in pairs.places if i is not None and j is not None]
    orders = (",".join(f"{i}:{j}:{_quoted(meanings_before[i])}" for i, j in order) for order in (sorted(both), both))
    one, other = (_short(order, f"{MARK}order ") for order in orders)
    return one, other


def _moves(path: Path, pairs: ItemPairs, after: list[JsonValue], orders: tuple[str, str]) -> ValueChange:
    """One change for all items of a list that moved."""
    places = [(i, j) for i, j in pairs.places if i is not None and j in pairs.moved]
    declared = tuple(
        DeclaredFieldChange(ChangeKind.MOVED, item_words(after[j]), *place_words(i, j))
        for i, j in places
        if j is not None
    )
    items = tuple(after[j] for _, j in places if j is not None)
    return ValueChange(path, *listed_places(declared), *orders, declared, moved=items)


def listed_places(moved: Sequence[DeclaredFieldChange]) -> tuple[JsonValue, JsonValue]:
    """Items that moved as two lists: each with its place before, and after."""
    return [f"{item.label}: {item.before}" for item in moved], [f"{item.label}: {item.after}" for item in moved]


def item_words(item: JsonValue) -> str:
    """An item of a list in a few words: the name it carries, or how it begins."""
    if isinstance(item, dict):
        label = schema_label(item)
        text = label if label != "?" else canonical_text(item)
    else:
        text = item if isinstance(item, str) else canonical_text(item)
    text = " ".join(text[: 2 * _MAX_ITEM_LABEL_CHARS].split())
    return text if len(text) <= _MAX_ITEM_LABEL_CHARS else f"{text[: _MAX_ITEM_LABEL_CHARS - 1]}…"


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
