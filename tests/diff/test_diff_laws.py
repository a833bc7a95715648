"""Laws of the step diff, over generated recipes and generated edits of them."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from exporter.diff.changes import ChangeKind
from exporter.diff.recipes import RecipeComparison, compare_recipes
from exporter.errors import RecipeFormatError
from exporter.recipe.parse import parse_recipe

Node = dict[str, Any]
Document = dict[str, Any]

settings.register_profile(
    "laws", deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
settings.load_profile("laws")

PILL = re.compile(r"<<(\w+)\|([\w.]+)>>")  # stands for a datapill until the notation is chosen
TAIL = ("else", "elsif", "catch", "while_condition")  # stay at the end of their block

WORDS = st.sampled_from(["", "Id", "100", "true", "=now", "a b", "×", "x" * 300, "line 1\nline 2", "data.x.y"])
SCALARS = st.one_of(WORDS, st.booleans(), st.integers(-2, 2), st.just(12345678901234567890))
KEYS = st.sampled_from(["Name", "limit", "____source", "__hidden", "query", "schema", "conditions", "x.y", "it's"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=8,
)
PROVIDERS = st.sampled_from(["salesforce", "rest", "logger", "acme_connector_{workspace}_{made}"])


class Makers:
    """Gives out identities in order, so that generated recipes shrink well."""

    def __init__(self) -> None:
        self.count = 0
        self.aliases: list[str] = []

    def identity(self) -> tuple[str, str]:
        self.count += 1
        alias = f"{(self.count * 2654435761) % 2**32:08x}"
        return f"{self.count:08x}-0000-4000-8000-{self.count:012x}", alias


def text_with_pill(draw: st.DrawFn, makers: Makers) -> str:
    if not makers.aliases:
        return "no pill"
    alias = draw(st.sampled_from(makers.aliases))
    path = draw(st.sampled_from(["Id", "Account.Name", "records.first.Id"]))
    return draw(st.sampled_from(["#{@}", "Dear #{@}, hello", "=@.present?", "=@ + @"])).replace(
        "@", f"<<{alias}|{path}>>"
    )


def node(draw: st.DrawFn, makers: Makers, depth: int) -> Node:
    keyword = draw(
        st.sampled_from(["action", "action", "action", "if", "foreach", "try", "stop"] if depth else ["action"])
    )
    uuid, alias = makers.identity()
    made: Node = {"number": makers.count, "keyword": keyword, "as": alias, "uuid": uuid, "input": {}}
    if keyword == "action":
        made |= {"provider": draw(PROVIDERS), "name": draw(st.sampled_from(["search", "create"]))}
        made["input"] = draw(st.dictionaries(KEYS, VALUES, max_size=3))
        made["input"]["text"] = text_with_pill(draw, makers)
        made["extended_input_schema"] = [{"name": "Name", "type": "string", "label": "Full name"}]
        makers.aliases.append(alias)
    elif keyword == "if":
        made["input"] = {"type": "compound", "operand": "and", "conditions": [condition(draw, makers)]}
    elif keyword == "foreach":
        made |= {"source": text_with_pill(draw, makers), "repeat_mode": "simple", "clear_scope": "false"}
    elif keyword == "stop":
        made["input"] = {"stop_with_error": "false"}
    if keyword in ("if", "foreach", "try"):
        made["block"] = block(draw, makers, depth - 1)
    if keyword == "if" and draw(st.booleans()):
        made["block"].append(tail("else", draw, makers, depth))
    if keyword == "try":
        made["block"].append(tail("catch", draw, makers, depth))
    return made


def tail(keyword: str, draw: st.DrawFn, makers: Makers, depth: int) -> Node:
    uuid, alias = makers.identity()
    settings_of = {"max_retry_count": "0"} if keyword == "catch" else {}
    return {
        "number": 0,
        "keyword": keyword,
        "as": alias,
        "uuid": uuid,
        "input": settings_of,
        "block": block(draw, makers, depth - 1),
    }


def condition(draw: st.DrawFn, makers: Makers) -> Node:
    operand = draw(st.sampled_from(["equals_to", "greater_than", "present"]))
    lhs = text_with_pill(draw, makers)
    return {"operand": operand, "lhs": lhs, "rhs": draw(WORDS), "uuid": f"condition-{makers.identity()[0]}"}


def block(draw: st.DrawFn, makers: Makers, depth: int) -> list[Node]:
    return [node(draw, makers, depth) for _ in range(draw(st.integers(0, 3)))]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    makers = Makers()
    uuid, alias = makers.identity()
    makers.aliases.append(alias)
    trigger = {"number": 0, "keyword": "trigger", "provider": "clock", "name": "timer", "as": alias, "uuid": uuid}
    trigger |= {"input": {"every": "5"}, "block": [node(draw, makers, 3) for _ in range(draw(st.integers(1, 5)))]}
    account = {"zip_name": "crm.connection.json", "name": "CRM", "folder": ""}
    config = [{"keyword": "application", "provider": "salesforce", "account_id": account, "skip_validation": False}]
    return {
        "name": "R",
        "description": "",
        "version": 3,
        "private": True,
        "concurrency": 1,
        "code": trigger,
        "config": config,
    }


def written(document: Document, *, is_dotted: bool = False, workspace: int = 11, made: int = 1700000000) -> bytes:
    """The document as a file, with datapills in one of the two notations and one environment's connector slugs."""
    slug = f"acme_connector_{workspace}_{made}"
    providers = {step["as"]: step.get("provider") or step["keyword"] for step in steps_of(document)}

    def pill(match: re.Match[str]) -> str:
        alias, path = match.groups()
        provider = providers.get(alias, "gone").replace("acme_connector_{workspace}_{made}", slug)
        if is_dotted:
            return f"_('data.{provider}.{alias}.{path}')"
        parts = [{"path_element_type": "current_item"} if part == "first" else part for part in path.split(".")]
        pill_json = {"pill_type": "output", "provider": provider, "line": alias, "path": parts}
        return f"_dp('{json.dumps(pill_json)}')"

    def rewritten(value: Any) -> Any:
        if isinstance(value, str):
            return PILL.sub(pill, value).replace("acme_connector_{workspace}_{made}", slug)
        if isinstance(value, list):
            return [rewritten(item) for item in value]
        return {key: rewritten(item) for key, item in value.items()} if isinstance(value, dict) else value

    return json.dumps(rewritten(document), ensure_ascii=False).encode()


def steps_of(document: Document) -> Iterator[Node]:
    pending = [document["code"]]
    while pending:
        step = pending.pop(0)
        yield step
        pending[:0] = step.get("block", [])


def blocks_of(document: Document) -> list[list[Node]]:
    return [step["block"] for step in steps_of(document) if "block" in step]


def body_length(steps: list[Node]) -> int:
    """How many steps stand before the ELSE or ON ERROR of a block."""
    return sum(step["keyword"] not in TAIL for step in steps)


def renumber(document: Document, shift: int = 0) -> None:
    for number, step in enumerate(steps_of(document)):
        step["number"] = number + shift


def compared(before: Document, after: Document) -> RecipeComparison:
    return compare_recipes(parse_recipe(written(before)), parse_recipe(written(after)))


def kinds(comparison: RecipeComparison) -> list[tuple[ChangeKind, ...]]:
    assert not comparison.connections
    assert not comparison.settings
    return [change.kinds for change in comparison.steps]


@given(documents())
def test_a_recipe_compared_with_itself_is_empty(document: Document) -> None:
    comparison = compared(document, document)
    assert comparison.is_empty
    assert comparison.steps_unchanged == len(list(steps_of(document)))


def exported_elsewhere(document: Document, rng: random.Random, *, is_dotted: bool) -> bytes:
    """The same recipe as another environment exports it, with everything different that means nothing."""
    other = copy.deepcopy(document)
    renumber(other, shift=rng.randrange(5))
    other["version"] = 99
    other["description"] = "When there is a tick, do search"
    for step in steps_of(other):
        step |= {"title": rng.choice([None, "Search"]), "description": "x", "toggleCfg": {"Name": rng.random() < 0.5}}
        step |= {"visible_config_fields": ["Name"], "wizardFinished": True}
        step.setdefault("skip", False)
        step.setdefault("comment", "")
        step["dynamicPickListSelection"] = {"Name": "Account (step 4)"}
        for item in step["input"].get("conditions", []) if step["keyword"] == "if" else []:
            item["uuid"] = f"other {rng.random()}"
        step["input"] = {**shuffled(step["input"], rng), "absent": None}
    other["config"][0]["account_id"] |= {"zip_name": "Shared/crm.connection.json", "name": "CRM", "folder": "Shared"}
    other["config"][0]["skip_validation"] = True
    return written(shuffled(other, rng), is_dotted=is_dotted, workspace=22, made=1800000000)


@given(documents(), st.randoms(use_true_random=False), st.booleans())
def test_an_export_from_another_environment_in_another_notation_is_empty(
    document: Document, rng: random.Random, is_dotted: bool
) -> None:
    elsewhere = exported_elsewhere(document, rng, is_dotted=is_dotted)
    assert compare_recipes(parse_recipe(written(document)), parse_recipe(elsewhere)).is_empty


@given(documents(), st.data(), st.randoms(use_true_random=False), st.booleans())
def test_the_same_change_exported_from_elsewhere_is_named_the_same(
    document: Document, data: st.DataObject, rng: random.Random, is_dotted: bool
) -> None:
    after = copy.deepcopy(document)
    for _ in range(2):
        step = data.draw(st.sampled_from(list(steps_of(after))))
        data.draw(st.sampled_from([put_new_key, put_unknown_key, drop_key, disable, swap_name]))(step, data)
    here = compared(document, after)
    one, other = (exported_elsewhere(side, rng, is_dotted=is_dotted) for side in (document, after))
    assert compare_recipes(parse_recipe(one), parse_recipe(other)).material == here.material


def shuffled(value: Any, rng: random.Random) -> Any:
    if isinstance(value, list):
        return [shuffled(item, rng) for item in value]
    if not isinstance(value, dict):
        return value
    items = [(key, shuffled(item, rng)) for key, item in value.items()]
    rng.shuffle(items)
    return dict(items)


@given(documents(), st.data())
def test_inserting_a_step_anywhere_reports_one_addition(document: Document, data: st.DataObject) -> None:
    after = copy.deepcopy(document)
    steps = data.draw(st.sampled_from(blocks_of(after)))
    place = data.draw(st.integers(0, body_length(steps)))
    actions = [step for step in steps_of(document) if step["keyword"] == "action"]
    copied = copy.deepcopy(data.draw(st.sampled_from(actions))) if actions else {"keyword": "action", "input": {}}
    steps.insert(place, copied | {"uuid": "f" * 8 + "-0000-4000-8000-" + "f" * 12, "as": "ffffffff"})
    renumber(after)
    assert kinds(compared(document, after)) == [(ChangeKind.ADDED,)]
    assert kinds(compared(after, document)) == [(ChangeKind.REMOVED,)]


RULE = {"type": "compound", "operand": "or", "conditions": [{"operand": "present", "lhs": "x", "rhs": ""}]}
TAIL_NAMES = {"as": "dddddddd", "uuid": "d" * 36}
WRAPPERS: list[Node] = [
    {"keyword": "if", "input": RULE, "block": []},
    {"keyword": "if", "input": RULE, "block": [{"keyword": "else", "input": {}, "block": []} | TAIL_NAMES]},
    {"keyword": "foreach", "source": "x", "repeat_mode": "simple", "clear_scope": "false", "input": {}, "block": []},
    {"keyword": "repeat", "input": {}, "block": [{"keyword": "while_condition", "input": RULE} | TAIL_NAMES]},
    {"keyword": "try", "input": {}, "block": [{"keyword": "catch", "input": {}, "block": []} | TAIL_NAMES]},
]


@given(documents(), st.data())
def test_wrapping_any_run_of_steps_reports_one_nesting(document: Document, data: st.DataObject) -> None:
    after = copy.deepcopy(document)
    steps = data.draw(st.sampled_from([block for block in blocks_of(after) if body_length(block)]))
    start = data.draw(st.integers(0, body_length(steps) - 1))
    end = data.draw(st.integers(start + 1, body_length(steps)))
    wrapper = copy.deepcopy(data.draw(st.sampled_from(WRAPPERS))) | {"as": "eeeeeeee", "uuid": "e" * 36}
    wrapper["block"] = steps[start:end] + wrapper["block"]
    steps[start:end] = [wrapper]
    renumber(after)
    assert kinds(compared(document, after)) == [(ChangeKind.NESTED,)]
    assert kinds(compared(after, document)) == [(ChangeKind.UNNESTED,)]
    inside = compared(document, after).steps[0].fields[-1]
    assert inside.path == ("block",)
    assert isinstance(inside.after, list)
    assert len(inside.after) == end - start


@given(documents(), st.data())
def test_moving_a_step_reports_one_move_whatever_the_numbers_do(document: Document, data: st.DataObject) -> None:
    after = copy.deepcopy(document)
    origin = data.draw(st.sampled_from([block for block in blocks_of(after) if body_length(block)]))
    step = origin.pop(data.draw(st.integers(0, body_length(origin) - 1)))
    target = data.draw(st.sampled_from(blocks_of(after)))
    target.insert(data.draw(st.integers(0, body_length(target))), step)
    before_shape = [step["uuid"] for step in steps_of(document)], parents(document)
    assume(before_shape != ([step["uuid"] for step in steps_of(after)], parents(after)))
    renumber(after, shift=7)
    assert kinds(compared(document, after)) == [(ChangeKind.MOVED,)]


def parents(document: Document) -> dict[str, str]:
    return {child["uuid"]: step["uuid"] for step in steps_of(document) for child in step.get("block", [])}


@given(documents(), st.data())
def test_any_change_that_is_no_listed_noise_is_reported(document: Document, data: st.DataObject) -> None:
    after = copy.deepcopy(document)
    step = data.draw(st.sampled_from(list(steps_of(after))))
    change = data.draw(st.sampled_from([put_new_key, put_unknown_key, change_leaf, drop_key, disable, swap_name]))
    before_step = copy.deepcopy(step)
    change(step, data)
    assume(json.dumps(said_by(step), sort_keys=True) != json.dumps(said_by(before_step), sort_keys=True))
    comparison = compared(document, after)
    assert [change.place.uuid for change in comparison.steps] == [step["uuid"]]
    swapped = compared(after, document)
    assert [change.place.uuid for change in swapped.steps] == [step["uuid"]]
    assert comparison.material != swapped.material


def said_by(step: Node) -> Node:
    """The step without what a condition group says anyway: its type, and how it joins a single condition."""
    group = dict(step["input"])
    if isinstance(group.get("conditions"), list):
        group = {key: value for key, value in group.items() if (key, value) != ("type", "compound")}
        if len(group["conditions"]) < 2:
            group.pop("operand", None)
    return step | {"input": group}


def put_new_key(step: Node, data: st.DataObject) -> None:
    step["input"]["new key"] = data.draw(VALUES)


def put_unknown_key(step: Node, data: st.DataObject) -> None:
    step["a key from the future"] = data.draw(VALUES)


def disable(step: Node, data: st.DataObject) -> None:
    step["skip"] = True


def swap_name(step: Node, data: st.DataObject) -> None:
    if step["keyword"] == "action":
        step["name"] = "delete"


def drop_key(step: Node, data: st.DataObject) -> None:
    if step["input"]:
        del step["input"][data.draw(st.sampled_from(sorted(step["input"])))]


def change_leaf(step: Node, data: st.DataObject) -> None:
    """Another scalar anywhere in the input; 1 and true and "1" count as different."""
    places: list[Callable[[Any], None]] = []
    values: list[Any] = []

    def collect(container: Any) -> None:
        for key, value in list(container.items() if isinstance(container, dict) else enumerate(container)):
            if isinstance(value, dict | list):
                collect(value)
            elif key != "uuid":
                places.append(lambda new, container=container, key=key: container.__setitem__(key, new))
                values.append(value)

    collect(step["input"])
    assume(places)
    place = data.draw(st.integers(0, len(places) - 1))
    new = data.draw(SCALARS)
    assume(json.dumps(new) != json.dumps(values[place]))
    places[place](new)


@given(documents(), documents())
def test_swapping_the_sides_swaps_added_and_removed(one: Document, other: Document) -> None:
    there, back = compared(one, other), compared(other, one)
    mirror = {ChangeKind.ADDED: ChangeKind.REMOVED, ChangeKind.NESTED: ChangeKind.UNNESTED}

    def numbers(comparison: RecipeComparison, kind: ChangeKind) -> set[int]:
        return {change.place.number for change in comparison.steps if kind in change.kinds}

    for added, removed in mirror.items():
        assert numbers(there, added) == numbers(back, removed)
        assert numbers(there, removed) == numbers(back, added)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["code", "block", "input", "keyword", "as", "uuid", "config", "conditions", "source", "path"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(JSON, JSON)
@settings(max_examples=150)
def test_any_json_is_a_recipe_or_a_recipe_format_error(one: Any, other: Any) -> None:
    recipes = []
    for code in (one, other):
        for content in (code, {"code": code}, {"code": {"keyword": "trigger", "block": [code]}, "config": [code]}):
            try:
                recipes.append(parse_recipe(json.dumps(content).encode()))
            except RecipeFormatError:
                continue
    for before in recipes:
        for after in recipes:
            compare_recipes(before, after)


@pytest.mark.parametrize("content", [b"", b"\xff", b"{", b"[" * 100_000, b"nul", b'{"code": "{"}', b'{"a": NaN}'])
def test_bytes_that_are_no_json_are_a_recipe_format_error(content: bytes) -> None:
    with pytest.raises(RecipeFormatError):
        parse_recipe(content)


def test_a_recipe_of_3_5_mb_1000_steps_and_100_levels_is_compared() -> None:
    schema = [{"name": f"field_{n}", "type": "string", "label": f"Field {n}", "optional": True} for n in range(45)]

    def step(number: int, **keys: Any) -> Node:
        made = {"keyword": "action", "provider": "rest", "name": "get", "as": f"{number:08x}", "uuid": f"{number:036x}"}
        return made | {"number": number, "input": {"url": str(number)}, "extended_output_schema": schema, **keys}

    def nested(levels: int) -> list[Node]:
        steps = [step(levels * 10 + n) for n in range(9)]
        inner = nested(levels - 1) if levels else []
        return [*steps, step(levels * 10 + 9, keyword="if", input=RULE, block=inner)]

    before = recipe_of(nested(100))
    after = copy.deepcopy(before)
    deepest = blocks_of(after)[-2]
    deepest.insert(3, step(99_999))
    content = written(before)
    assert len(content) > 3_500_000
    assert len(list(steps_of(before))) > 1_000
    assert kinds(compare_recipes(parse_recipe(content), parse_recipe(written(after)))) == [(ChangeKind.ADDED,)]


def recipe_of(steps: list[Node]) -> Document:
    trigger = {"keyword": "trigger", "provider": "clock", "name": "timer", "as": "t", "uuid": "t", "block": steps}
    return {"name": "R", "code": trigger, "config": []}
