"""Nothing that changes behaviour is left out: proved by a judge of its own on the realistic recipes of the story, as
they are and after random edits of all kinds. The judge and what it knows of exports stand in conftest.py."""

from __future__ import annotations

import copy
import itertools
import json
import random
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.diff.changes import ChangeKind
from exporter.diff.recipes import RecipeComparison, compare_recipes
from exporter.recipe.parse import parse_recipe
from exporter.sandbox.story import ENVIRONMENTS, load_story

Node = dict[str, Any]
Unreported = Callable[[bytes, bytes, RecipeComparison], list[str]]

MAX_STEPS = 40  # of a recipe that is edited at random; the larger ones are compared as they are
TAILS = ("else", "elsif", "catch", "while_condition")


@cache
def story(environment: str) -> dict[str, bytes]:
    """The story's recipes in one environment, by project and name."""
    assets = [asset for asset in load_story(environment).assets if asset.type == "recipe"]
    return {f"{asset.folder[0]} / {asset.name}": asset.files[".recipe.json"] for asset in assets}


def compared(before: bytes, after: bytes) -> RecipeComparison:
    return compare_recipes(parse_recipe(before), parse_recipe(after))


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(ENVIRONMENTS, 2)))
def test_what_is_left_of_the_story_without_the_reported_changes_is_equal(
    one: str, other: str, unreported: Unreported
) -> None:
    before, after = story(one), story(other)
    for name in sorted(before.keys() & after.keys()):
        comparison = compared(before[name], after[name])
        assert unreported(before[name], after[name], comparison) == [], name


def test_what_is_left_of_two_recipes_of_different_purpose_is_equal_too(unreported: Unreported) -> None:
    recipes = sorted(story("dev").values(), key=len)
    for before, after in itertools.pairwise(recipes):
        assert unreported(before, after, compared(before, after)) == []


@given(st.integers(0, 2**32), st.integers(1, 4))
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_left_after_random_edits_without_the_reported_changes_is_equal(
    unreported: Unreported, seed: int, count: int
) -> None:
    rng = random.Random(seed)
    recipes = [content for content in story("dev").values() if content.count(b'"keyword"') <= MAX_STEPS]
    before = json.loads(rng.choice(recipes))
    after = copy.deepcopy(before)
    for _ in range(count):
        rng.choice(EDITS)(after, rng)
    files = json.dumps(before).encode(), json.dumps(after).encode()
    there, back = compared(*files), compared(*files[::-1])
    assert unreported(*files, there) == []
    assert unreported(*files[::-1], back) == []
    assert sorted(change.kinds for change in there.steps) == sorted(mirrored(change.kinds) for change in back.steps)


def mirrored(kinds: tuple[ChangeKind, ...]) -> tuple[ChangeKind, ...]:
    names = [("ADDED", "REMOVED"), ("NESTED", "UNNESTED"), ("DISABLED", "ENABLED")]
    other = {ChangeKind[name]: ChangeKind[twin] for pair in names for name, twin in (pair, pair[::-1])}
    return tuple(other.get(kind, kind) for kind in kinds)


def steps_of(document: Node) -> Iterator[Node]:
    pending = [document["code"]]
    while pending:
        step = pending.pop(0)
        yield step
        pending[:0] = step.get("block") or []


def any_step(document: Node, rng: random.Random) -> Node:
    return rng.choice(list(steps_of(document)))


def any_place(document: Node, rng: random.Random) -> tuple[list[Node], int]:
    """A block and a place in it before its ELSE or ON ERROR."""
    block = rng.choice([step["block"] for step in steps_of(document) if "block" in step])
    return block, rng.randint(0, sum(step["keyword"] not in TAILS for step in block))


def any_run(document: Node, rng: random.Random) -> tuple[list[Node], int, int] | None:
    block, start = any_place(document, rng)
    end = rng.randint(start, sum(step["keyword"] not in TAILS for step in block))
    return (block, start, end) if end > start else None


def fresh(rng: random.Random) -> Node:
    return {"uuid": f"{rng.getrandbits(32):08x}-0000-4000-8000-000000000000", "as": f"{rng.getrandbits(32):08x}"}


def insert(document: Node, rng: random.Random) -> None:
    block, place = any_place(document, rng)
    actions = [step for step in steps_of(document) if step["keyword"] in ("action", "stop")]
    if actions:
        block.insert(place, copy.deepcopy(rng.choice(actions)) | fresh(rng))


def insert_twin(document: Node, rng: random.Random) -> None:
    """A copy that keeps its uuid and alias, as some tools make."""
    block, place = any_place(document, rng)
    actions = [step for step in steps_of(document) if step["keyword"] == "action"]
    if actions:
        block.insert(place, copy.deepcopy(rng.choice(actions)))


def remove(document: Node, rng: random.Random) -> None:
    if run := any_run(document, rng):
        block, start, end = run
        del block[start : rng.randint(start, end)]


def move(document: Node, rng: random.Random) -> None:
    if run := any_run(document, rng):
        block, start, _ = run
        step = block.pop(start)
        target, place = any_place(document, rng)
        target.insert(place, step)


def wrap(document: Node, rng: random.Random) -> None:
    run = any_run(document, rng)
    if run is None:
        return
    block, start, end = run
    group = {"type": "compound", "operand": "and", "conditions": [{"operand": "present", "lhs": "x", "rhs": ""}]}
    new_step = {"keyword": "action", "provider": "logger", "name": "log", "input": {"message": "Oh"}} | fresh(rng)
    inside = rng.choice([[], [new_step]])
    wrapper: Node = rng.choice(
        [
            {"keyword": "if", "input": group},
            {"keyword": "if", "input": group, "tail": {"keyword": "else", "input": {}, "block": inside}},
            {"keyword": "foreach", "source": "x", "repeat_mode": "simple", "input": {}},
            {"keyword": "repeat", "input": {}, "tail": {"keyword": "while_condition", "input": group}},
            {
                "keyword": "try",
                "input": {},
                "tail": {"keyword": "catch", "input": {"max_retry_count": "2"}, "block": inside},
            },
        ]
    )
    tail = [wrapper.pop("tail") | fresh(rng)] if "tail" in wrapper else []
    block[start:end] = [wrapper | fresh(rng) | {"block": block[start:end] + tail}]


def unwrap(document: Node, rng: random.Random) -> None:
    blocks = [step["block"] for step in steps_of(document) if "block" in step]
    places = [
        (block, place) for block in blocks for place, step in enumerate(block) if step["keyword"] in ("if", "foreach")
    ]
    if places:
        block, place = rng.choice(places)
        inside = block[place].get("block") or []
        block[place : place + 1] = [step for step in inside if step["keyword"] not in TAILS]


def shuffle_block(document: Node, rng: random.Random) -> None:
    """Another order of a whole block, its ELSE IFs and ELSE included."""
    block, _ = any_place(document, rng)
    rng.shuffle(block)


def toggle(document: Node, rng: random.Random) -> None:
    step = any_step(document, rng)
    step["skip"] = not step.get("skip", False)


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(item, dict | list):
            yield from places_in(item)


def change_value(document: Node, rng: random.Random) -> None:
    step = any_step(document, rng)
    places = [*places_in(step.get("input") or {}), *places_in({"source": step["source"]} if "source" in step else {})]
    if not places:
        return
    container, key = rng.choice(places)
    value = container[key]
    new: Any = rng.choice(["new", "", None, True, 1, {"a": [1, {"b": None}]}, [], "#{x}", "When"])
    if isinstance(value, str) and value[:1] in ("[", "{"):
        new = value.replace('"optional":true', '"optional":false').replace('"string"', '"integer"', 1)
    elif isinstance(value, str) and rng.random() < 0.5:
        new = value.replace("Id", "Name").replace("0", "1") + " "
    container[key] = new


def reorder_list(document: Node, rng: random.Random) -> None:
    lists = [item for step in steps_of(document) for c, k in places_in(step.get("input") or {}) for item in [c[k]]]
    lists = [item for item in lists if isinstance(item, list) and item]
    if lists:
        chosen = rng.choice(lists)
        rng.choice([chosen.reverse, chosen.pop, lambda: chosen.append(copy.deepcopy(chosen[0]))])()


def drop_value(document: Node, rng: random.Random) -> None:
    places = list(places_in(any_step(document, rng).get("input") or {}))
    if places:
        container, key = rng.choice(places)
        del container[key]


def unknown_key(document: Node, rng: random.Random) -> None:
    any_step(document, rng)[rng.choice(["mask_data", "job_priority", "comment", "batch_size"])] = rng.choice(
        [True, {"a": 1}, "text", []]
    )


def rename_alias(document: Node, rng: random.Random) -> None:
    """As when a step is made anew: its datapills follow."""
    step = any_step(document, rng)
    if step.get("as"):
        text = json.dumps(document).replace(step["as"], fresh(rng)["as"])
        document.clear()
        document.update(json.loads(text))


def drop_identities(document: Node, rng: random.Random) -> None:
    step = any_step(document, rng)
    step |= {"uuid": rng.choice(["", fresh(rng)["uuid"]])}
    if rng.random() < 0.3:
        step |= {"as": fresh(rng)["as"]}


def replace_trigger(document: Node, rng: random.Random) -> None:
    document["code"] |= {"provider": "clock", "name": "timer", "input": {"every": "5"}} | fresh(rng)


def refresh_schema(document: Node, rng: random.Random) -> None:
    schemas = [step[key] for step in steps_of(document) for key in step if "extended" in key and step[key]]
    if schemas:
        field = rng.choice(rng.choice(schemas))
        field |= rng.choice([{"type": "date"}, {"hint": "new"}, {"optional": False}, {"name": "other"}])


def change_setting(document: Node, rng: random.Random) -> None:
    key, value = rng.choice([("concurrency", 5), ("private", False), ("tags", ["x"]), ("future", {"a": [1]})])
    document[key] = value
    if rng.random() < 0.3:
        document["code"]["job_report_config"] = {"custom_column_1": "new"}


def switch_connection(document: Node, rng: random.Random) -> None:
    entries = [entry for entry in document["config"] if entry.get("account_id")]
    if entries:
        account = rng.choice(entries)["account_id"]
        account |= rng.choice([{"name": "Other"}, {"zip_name": "other.connection.json"}, {"custom": True}])


EDITS = (
    insert, insert_twin, remove, move, wrap, unwrap, shuffle_block, toggle, change_value, change_value, reorder_list,
    drop_value, unknown_key, rename_alias, drop_identities, replace_trigger, refresh_schema, change_setting,
    switch_connection,
)  # fmt: skip
