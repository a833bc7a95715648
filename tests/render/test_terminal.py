"""A diff in a terminal: complete, in order, aligned, and deaf to what hostile text asks for."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from exporter.diff.changes import (
    MISSING,
    AssetChange,
    ChangeClass,
    ChangeKind,
    ConnectionSwitch,
    DeclaredFieldChange,
    DiffWarning,
    FieldChange,
    Side,
    SnapshotDiff,
    StepChange,
    StepPlace,
    WarningKind,
)
from exporter.recipe.model import JsonValue
from exporter.render.tally import KIND_WORDS
from exporter.render.terminal import render_diff
from exporter.snapshot import ASSET_KIND_NAMES, AssetInfo, AssetKind

ANSI = re.compile(r"\x1b\[[0-9;]*m")
PATH = "Order to Cash/Orders/sync.recipe.json"


def place(number: int, headline: str, *blocks: str, is_skipped: bool = False) -> StepPlace:
    return StepPlace(number, len(blocks), "action", "salesforce", headline, blocks, f"u{number}", is_skipped)


def changed(number: int, headline: str, *fields: FieldChange, before: int | None = None) -> StepChange:
    return StepChange((ChangeKind.CHANGED,), place(before or number, headline), place(number, headline), fields)


def field(label: str, before: object, after: object, change_class: ChangeClass = ChangeClass.LOGIC) -> FieldChange:
    return FieldChange(("input", label), label, before, after, change_class)  # type: ignore[arg-type]


def recipe(*steps: StepChange, unchanged: int = 0, **more: object) -> AssetChange:
    return AssetChange(  # type: ignore[arg-type]
        AssetKind.RECIPE, (ChangeKind.CHANGED,), PATH, PATH, "Sync orders", "a" * 64, steps=steps,
        steps_unchanged=unchanged, **more,
    )  # fmt: skip


def diff_of(*changes: AssetChange, noise_only: tuple[str, ...] = (), only: tuple[str, ...] = ()) -> SnapshotDiff:
    source, target = Side("dev", "dev", "3f9a" * 10), Side("test", "test", "b71c" * 10)
    return SnapshotDiff(source, target, changes, "d" * 64, noise_only, only)


def render(*changes: AssetChange, width: int = 80, verbose: bool = False, summary: bool = False) -> str:
    return render_diff(diff_of(*changes), width=width, color=False, verbose=verbose, summary=summary)


def body(*steps: StepChange, unchanged: int = 0, verbose: bool = False) -> list[str]:
    """The lines of one changed recipe below its heading, without the footer."""
    return render(recipe(*steps, unchanged=unchanged), verbose=verbose).splitlines()[5:-2]


def test_the_heading_says_the_direction_in_words() -> None:
    lines = render(recipe()).splitlines()
    assert lines[0] == "What promoting dev would change in test"
    assert lines[1] == "dev at 3f9a3f9a3f, test at b71cb71cb7"


@pytest.mark.parametrize(
    ("label", "environment", "words"),
    [("test@2026-11-01", "test", "promoting"), ("mine.zip", "", "bringing"), ("stored/test", "test", "bringing")],
)
def test_only_an_environment_is_promoted(label: str, environment: str, words: str) -> None:
    diff = replace(diff_of(recipe()), source=Side(label, environment, None))
    assert render_diff(diff, width=80, color=False).startswith(f"What {words} {label} would change in test\n")
    empty = replace(diff, changes=())
    assert f"No differences: {words} {label} would change" in render_diff(empty, width=80, color=False)


def test_no_difference_is_said() -> None:
    text = render_diff(diff_of(noise_only=("a", "b")), width=80, color=False)
    assert "No differences: promoting dev would change nothing in test." in text
    assert "2 files differ in noise only. Digest dddddddddddd." in text


def test_the_scope_is_shown() -> None:
    assert "Only: Order*, x" in render_diff(diff_of(only=("Order*", "x")), width=80, color=False)


def test_connection_switches_come_first() -> None:
    switches = (ConnectionSwitch("salesforce", "SFDC UAT", "SFDC Prod"), ConnectionSwitch("rest", None, "Mail"))
    lines = render(recipe(connections=switches)).splitlines()
    assert lines[2:6] == [
        "",
        "Connections that switch",
        "  salesforce  SFDC UAT → SFDC Prod  in Sync orders",
        "  rest        (none) → Mail  in Sync orders",
    ]


def test_the_connections_of_an_added_recipe_do_not_switch() -> None:
    change = AssetChange(
        AssetKind.RECIPE, (ChangeKind.ADDED,), None, PATH, "Sync orders", "a" * 64,
        connections=(ConnectionSwitch("rest", None, "Mail"),), settings=(field("Concurrency", MISSING, 1),),
    )  # fmt: skip
    text = render(change)
    assert "Connections that switch" not in text
    assert "  Connection rest: Mail\n  Concurrency: 1\n" in text
    assert "switch" not in render(change, summary=True)


def test_connections_that_look_alike_are_spelled_out() -> None:
    text = render(recipe(connections=(ConnectionSwitch("rest", "My\u00a0REST", "My REST"),)))
    assert '"My\\xa0REST" → "My REST"' in text


def test_steps_stand_in_their_order_with_number_place_and_fields() -> None:
    step = StepChange(
        (ChangeKind.CHANGED,),
        place(3, "Search accounts", "IF Amount > 100", "REPEAT for each Account"),
        place(3, "Search accounts", "IF Amount > 100", "REPEAT for each Account"),
        (field("Limit", 100, 200), field("Flag", MISSING, True)),
    )
    assert body(step, unchanged=2) == [
        "  … 2 steps unchanged",
        "         in IF Amount > 100 ▸ REPEAT for each Account",
        "  ~   3      Search accounts  changed",
        "             Limit: 100 → 200",
        "             Flag: (not set) → true",
    ]


def test_runs_of_unchanged_steps_are_folded_and_add_up() -> None:
    removed = StepChange((ChangeKind.REMOVED,), place(4, "Gone"), None)
    added = StepChange((ChangeKind.ADDED,), None, place(9, "Come"))
    lines = body(changed(3, "One"), removed, added, unchanged=12)
    assert [line.strip() for line in lines] == [
        "… 2 steps unchanged",
        "~   3  One  changed",
        "-   4  Gone  removed",
        "… 5 steps unchanged",
        "+   9  Come  added",
        "… 5 steps unchanged",
    ]


def test_a_moved_step_says_where_it_was() -> None:
    step = StepChange((ChangeKind.MOVED,), place(9, "Send mail", "REPEAT for each Account"), place(2, "Send mail"))
    assert body(step, unchanged=1)[1:] == [
        "  >   2  Send mail  moved",
        "         was step 9 in REPEAT for each Account",
    ]


def block_listing(*headlines: str, is_after: bool = True) -> FieldChange:
    sides = (MISSING, list(headlines)) if is_after else (list(headlines), MISSING)
    return FieldChange(("block",), "Steps inside", *sides)


def test_a_new_block_names_the_steps_that_it_was_put_around() -> None:
    inside = block_listing("Step 9 · Send mail", "Step 10 · Log")
    step = StepChange(
        (ChangeKind.NESTED,), None, place(8, "IF Approved is true"), (field("If", MISSING, "Approved"), inside)
    )
    assert body(step, unchanged=9)[1:] == [
        "  +   8  IF Approved is true  added around steps 9–10",
        "         If: Approved",
        "         ┊ Step 9 · Send mail",
        "         ┊ Step 10 · Log",
        "  … 2 steps unchanged",
    ]
    assert "1 block added around steps" in render(recipe(step))


def test_a_block_that_is_gone_says_that_its_steps_stay() -> None:
    inside = block_listing("Step 9 · Send mail", is_after=False)
    step = StepChange((ChangeKind.UNNESTED,), place(8, "IF Approved is true"), None, (inside,))
    assert body(step)[-2:] == [
        "  -   8  IF Approved is true  removed, its step 9 stays",
        "         ┊ Step 9 · Send mail",
    ]
    assert "1 block removed from around steps" in render(recipe(step))


def test_a_block_around_many_steps_names_some_unless_verbose() -> None:
    inside = block_listing(*(f"Step {number} · Log" for number in range(2, 22)))
    step = StepChange((ChangeKind.NESTED,), None, place(1, "Repeat"), (inside,))
    assert body(step)[-2:] == ["         ┊ Step 7 · Log", "         ┊ … 14 more"]
    assert "         ┊ Step 21 · Log" in body(step, verbose=True)


def test_a_replaced_trigger_is_named_on_both_sides() -> None:
    step = StepChange(
        (ChangeKind.REPLACED,), place(1, "Timer"), place(1, "Scheduled event"), (field("Interval", 5, MISSING),)
    )
    assert body(step) == [
        "  ~   1  trigger replaced: Timer → Scheduled event",
        "         Interval: 5 → (not set)",
    ]
    assert "recipe changed: trigger replaced" in render(recipe(step))


def test_a_disabled_step_is_told() -> None:
    step = StepChange((ChangeKind.DISABLED,), place(1, "A"), place(1, "A", is_skipped=True))
    assert body(step) == ["  ~   1  A  disabled"]
    added = StepChange((ChangeKind.ADDED,), None, place(1, "A", is_skipped=True))
    assert body(added) == ["  +   1  A  added, is disabled"]


def test_an_added_step_lists_its_values_in_full() -> None:
    step = StepChange((ChangeKind.ADDED,), None, place(1, "Log"), (field("Text", MISSING, "one\ntwo"),))
    assert body(step)[1:] == ["         Text:", "           │ one", "           │ two"]
    long = StepChange((ChangeKind.ADDED,), None, place(1, "Log"), (field("Text", MISSING, "word " * 16 + "end"),))
    assert body(long)[1:] == [
        "         Text:",
        "           │ " + "word " * 12 + "word",
        "           ┆ word word word end",
    ]


def test_long_text_is_a_line_diff_with_its_changed_words_pointed_at() -> None:
    before = "SELECT Id, Name FROM Account WHERE Amount > 100 AND Owner = 'x'"
    step = changed(1, "Query", field("Query", before, before.replace("100", "250")))
    assert body(step)[1:] == [
        "         Query:",
        "           - SELECT Id, Name FROM Account WHERE Amount > 100 AND Owner = 'x'",
        "                                                         ^^^",
        "           + SELECT Id, Name FROM Account WHERE Amount > 250 AND Owner = 'x'",
        "                                                         ^^^",
    ]


def test_text_of_several_lines_is_folded_around_its_change() -> None:
    before = "\n".join(f"line {number}" for number in range(9))
    step = changed(1, "Code", field("Code", before, before + "\nlast"))
    assert body(step)[1:] == [
        "         Code:",
        "           … 6 lines unchanged",
        "             line 6",
        "             line 7",
        "             line 8",
        "           + last",
    ]


def test_text_that_appears_is_not_compared_with_nothing() -> None:
    step = changed(1, "Code", field("Code", MISSING, "one\ntwo"))
    assert body(step)[1:] == ["         Code:", "           + one", "           + two"]
    long = changed(1, "Code", field("Code", "word " * 13 + "end", MISSING))
    assert body(long)[1:] == ["         Code:", "           - word" + " word" * 12, "           ┆ end"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, "", "(null) → (empty)"),
        (MISSING, None, "(not set) → (null)"),
        ("100", 100, '"100" → 100'),
        (Decimal("1.10"), Decimal("1.1"), "1.10 → 1.1"),
        (True, "true", 'true → "true"'),
        ("(not set)", MISSING, '"(not set)" → (not set)'),
        ("a ", "a", '"a " → a'),
        ("a\u00a0b", "a b", '"a\\xa0b" → "a b"'),
        ("\u0430", "a", "\u0430 → a"),
        ("a\r\nb", "a\nb", '"a\\r\\nb" → "a\\nb"'),
        ({"b": 1, "a": None}, [], '{"a": null, "b": 1} → []'),
        ([10**30], 1, "[1000000000000000000000000000000] → 1"),
    ],
)
def test_values_that_differ_never_look_the_same(before: JsonValue, after: JsonValue, expected: str) -> None:
    assert expected in render(recipe(changed(1, "A", field("F", before, after))), width=200)


def test_refreshed_field_lists_take_one_line_and_looks_are_counted() -> None:
    fields = (
        field("Output", [], [1], ChangeClass.SCHEMA),
        field("Input", [], [1], ChangeClass.SCHEMA),
        field("Title", "a", "b", ChangeClass.COSMETIC),
    )
    assert body(changed(1, "A", *fields))[1:] == [
        "         refreshed: Input, Output",
        "         1 change of looks only",
    ]
    assert "         Title: a → b" in body(changed(1, "A", *fields), verbose=True)


def test_steps_with_refreshed_field_lists_take_one_line_together() -> None:
    output = field("Output", [], [1], ChangeClass.SCHEMA)
    place_in_block = place(2, "A", "IF x")
    step = StepChange((ChangeKind.CHANGED,), place_in_block, place_in_block, (output,), ChangeClass.SCHEMA)
    assert body(step, unchanged=1) == ["  … 1 step unchanged, field lists refreshed in step 2"]
    assert body(step, unchanged=1, verbose=True)[1:3] == ["         in IF x", "  ~   2    A  changed"]
    assert "~ Sync orders  recipe changed: field lists refreshed" in render(recipe(step))


def test_a_cosmetic_step_is_folded_unless_verbose() -> None:
    step = StepChange(
        (ChangeKind.CHANGED,), place(2, "A"), place(2, "A"), (field("Title", "a", "b"),), ChangeClass.COSMETIC
    )
    assert body(step, unchanged=3) == ["  … 3 steps unchanged, 1 step with changed looks only"]
    assert "         Title: a → b" in body(step, unchanged=3, verbose=True)


def test_a_moved_asset_says_where_it_was_and_who_saved_it() -> None:
    change = AssetChange(
        AssetKind.LOOKUP_TABLE, (ChangeKind.MOVED,), "P/x.lookup_table.json", "Q/x.lookup_table.json", "Countries",
        "c" * 64, url="https://app.eu.workato.com/x", info_before=AssetInfo(version=3, author_name="Kim"),
        info_after=AssetInfo(version=7),
    )  # fmt: skip
    assert render(change).splitlines()[3:8] == [
        "> Countries  lookup table moved",
        "  Q/x.lookup_table.json",
        "  was P/x.lookup_table.json",
        "  version 3 by Kim → version 7",
        "  https://app.eu.workato.com/x",
    ]


def test_summary_has_one_line_an_asset() -> None:
    removed = AssetChange(AssetKind.RECIPE, (ChangeKind.REMOVED,), "P/x.recipe.json", None, "", "b" * 64)
    step = StepChange((ChangeKind.ADDED,), None, place(1, "A"), (field("x", MISSING, 1),))
    assert render(recipe(step, changed(2, "B")), removed, summary=True, width=120).splitlines()[3:] == [
        "~ Sync orders    changed  1 step added, 1 changed  Order to Cash/Orders",
        "- x.recipe.json  removed                           P",
        "",
        "1 recipe removed, 1 changed. Digest dddddddddddd.",
    ]


def test_every_kind_of_asset_and_change_has_a_name() -> None:
    assert set(ASSET_KIND_NAMES) == set(AssetKind)
    assert set(KIND_WORDS) == set(ChangeKind)


def test_the_footer_counts_recipes_and_other_assets() -> None:
    other = AssetChange(AssetKind.CONNECTION, (ChangeKind.ADDED,), None, "P/c.connection.json", "C", "b" * 64)
    text = render_diff(diff_of(recipe(), other, noise_only=("P/n",)), width=200, color=False, verbose=True)
    assert text.endswith(
        "Differ in noise only:\n  P/n\n"
        "1 recipe changed; 1 other asset added; 1 more file differs in noise only. Digest dddddddddddd.\n"
    )


def test_hostile_text_is_shown_as_escapes_and_markup_as_it_is() -> None:
    step = StepChange(
        (ChangeKind.ADDED,), None, place(1, "\x1b[31m[bold red]x[/] :smile: \u202e\x9b2J\ud800"), (
            field("\x07L", MISSING, "\x1b]0;title\x07\nnext\u2028line"),)
    )  # fmt: skip
    text = render(recipe(step), width=200)
    assert "\\x1b[31m[bold red]x[/] :smile: \\u202e\\x9b2J\\ud800" in text
    assert "\\x07L:" in text
    assert "│ \\x1b]0;title\\x07" in text
    assert not set(text) & set("\x1b\x07\x9b\u202e\u2028\ud800")


def test_wide_characters_are_aligned_by_their_columns() -> None:
    switches = (
        ConnectionSwitch("日本語", "A", "B"),
        ConnectionSwitch("rest", "C", "D"),
        ConnectionSwitch("🎉", "E", "F"),
    )
    lines = render(recipe(connections=switches)).splitlines()[4:7]
    assert {cell_len(line.partition(" → ")[0]) for line in lines} == {2 + 6 + 2 + 1}


def test_lines_wrap_under_their_beginning_and_keep_to_the_width() -> None:
    step = changed(1, "日本語 " * 30, field("F", "x " * 80, "y" * 150))
    for width in (40, 80, 141):
        assert all(cell_len(line) <= width for line in render(recipe(step), width=width).splitlines())


def test_colours_add_nothing_but_colours() -> None:
    diff = diff_of(recipe(changed(1, "A", field("Limit", 1, 2), field("Q", "a b c", "a b d"))))
    colored = render_diff(diff, width=80, color=True)
    assert "\x1b[31m" in colored
    assert ANSI.sub("", colored) == render_diff(diff, width=80, color=False)


def warning(text: str, kind: WarningKind = WarningKind.CALLED_BY, **more: object) -> DiffWarning:
    return DiffWarning(kind, text, **more)  # type: ignore[arg-type]


def test_warnings_come_before_the_changes_and_severe_ones_first() -> None:
    step = place(5, "Post message")
    warnings = (
        warning("Nightly calls Sync orders."),
        warning("Nobody is there.", WarningKind.DANGLING_PILL, path=PATH, step=step, is_severe=True),
    )
    lines = render_diff(replace(diff_of(recipe()), warnings=warnings), width=120, color=False).splitlines()
    assert lines[2:7] == [
        "",
        "Warnings",
        "  !! severe, dangling datapill: Nobody is there.  in Sync orders, step 5 · Post message",
        "  !  called by: Nightly calls Sync orders.",
        "",
    ]


def test_what_holds_for_many_recipes_is_told_once() -> None:
    names = [f"Recipe {number}" for number in range(7)]
    warnings = tuple(warning("dev uses X.", path=name, is_severe=True) for name in names)
    diff = replace(diff_of(recipe()), warnings=warnings)
    text = render_diff(diff, width=120, color=False)
    assert text.count("dev uses X.") == 1
    assert "dev uses X.  in Recipe 0; Recipe 1; Recipe 2; Recipe 3; Recipe 4 and 2 more\n" in text
    assert "Recipe 5; Recipe 6\n" in render_diff(diff, width=120, color=False, verbose=True)


def test_many_warnings_are_counted_but_every_severe_one_is_told() -> None:
    warnings = (*(warning(f"W{n}.") for n in range(50)), *(warning(f"S{n}.", is_severe=True) for n in range(40)))
    diff = replace(diff_of(recipe()), warnings=warnings)
    text = render_diff(diff, width=120, color=False)
    assert all(f"S{number}." in text for number in range(40))
    assert "W19." in text
    assert "W20." not in text
    assert "  … 30 more warnings; --verbose shows all\n" in text
    assert "W49." in render_diff(diff, width=120, color=False, verbose=True)


def test_a_name_of_the_wrong_environment_is_the_very_first_line_and_said_once() -> None:
    switch = ConnectionSwitch("salesforce", "SFDC Prod", "SFDC Dev", is_against_mapping=True)
    shout = warning("dev uses 'SFDC Dev'. Meant: 'X' in dev.", WarningKind.AGAINST_MAPPING, path=PATH, is_severe=True)
    diff = replace(diff_of(recipe(connections=(switch,))), warnings=(shout,))
    text = render_diff(diff, width=120, color=False)
    lines = text.splitlines()
    assert lines[0] == "!! WRONG ENVIRONMENT: dev uses 'SFDC Dev'. Meant: 'X' in dev.  in Sync orders"
    assert "  salesforce  SFDC Prod → SFDC Dev  !! against the mapping  in Sync orders" in lines
    assert "  Connection salesforce: SFDC Prod → SFDC Dev" in lines
    assert text.count("!!") == 2
    assert "Warnings" not in text
    assert render_diff(diff, width=120, color=False, summary=True).splitlines()[0] == lines[0]


def test_a_project_that_could_not_be_read_is_told() -> None:
    text = render_diff(replace(diff_of(), unread_projects=("HR",)), width=150, color=False)
    assert "! Project HR could not be read on one side: what is missing there was not counted as added" in text


def test_a_changed_contract_is_told() -> None:
    lines = render(recipe(has_contract_change=True)).splitlines()
    assert "~ Sync orders  recipe changed: contract changed" in lines
    assert "  ! contract changed: callers must fit" in lines


def test_a_rewritten_recipe_is_no_wall_unless_verbose() -> None:
    steps = (
        StepChange((ChangeKind.REMOVED,), place(1, "Timer"), None),
        StepChange((ChangeKind.ADDED,), None, place(1, "New order")),
        StepChange((ChangeKind.ADDED,), None, place(2, "Log")),
    )
    change = recipe(*steps, unchanged=4, is_rewritten=True)
    text = render(change)
    assert "~ Sync orders  recipe changed: largely rewritten: 5 steps before, 6 after\n" in text
    assert text.count("rewritten") == 1
    assert "  ! Most steps have no counterpart: compare it as a whole; --verbose lists them.\n" in text
    assert "New order" not in text
    assert "  +   1  New order  added" in render(change, verbose=True)


def declared(*changes: DeclaredFieldChange) -> FieldChange:
    return replace(field("Parameters", "[]", "[1]"), declared=changes)


CURRENCY = DeclaredFieldChange(ChangeKind.ADDED, "Currency", "", "text, optional")
REGION = DeclaredFieldChange(ChangeKind.REMOVED, "Region", "text", "")
AMOUNT = DeclaredFieldChange(ChangeKind.CHANGED, "Amount", "text", "number")
TOTAL = DeclaredFieldChange(ChangeKind.RENAMED, "Total", "sum", "total")


def test_declared_fields_stand_on_one_line_if_they_are_few() -> None:
    assert body(changed(1, "Start", declared(CURRENCY, AMOUNT)))[1:] == [
        "         Parameters: + Currency (text, optional), Amount: text → number"
    ]


def test_names_of_declared_fields_that_look_the_same_are_written_out() -> None:
    renamed = DeclaredFieldChange(ChangeKind.RENAMED, "Name", "Caf\u00e9", "Cafe\u0301")
    assert body(changed(1, "Start", declared(renamed)))[1:] == [
        '         Parameters: Name renamed: "Caf\\xe9" → "Cafe\\u0301"'
    ]


def test_many_declared_fields_have_a_line_each() -> None:
    assert body(changed(1, "Start", declared(CURRENCY, REGION, AMOUNT, TOTAL)))[1:] == [
        "         Parameters:",
        "           · + Currency (text, optional)",
        "           · - Region (text)",
        "           · Amount: text → number",
        "           · Total renamed: sum → total",
    ]


def test_the_declared_fields_of_a_new_step_have_no_sign() -> None:
    step = StepChange((ChangeKind.ADDED,), None, place(1, "Start"), (declared(CURRENCY),))
    assert body(step)[1:] == ["         Parameters: Currency (text, optional)"]


def test_steps_are_as_deep_as_they_are_nested_and_name_their_blocks_once() -> None:
    change = AssetChange(
        AssetKind.RECIPE, (ChangeKind.ADDED,), None, PATH, "Sync orders", "a" * 64,
        steps=(
            StepChange((ChangeKind.ADDED,), None, place(1, "New order")),
            StepChange((ChangeKind.ADDED,), None, place(2, "IF paid")),
            StepChange((ChangeKind.ADDED,), None, place(3, "Log", "IF paid")),
            StepChange((ChangeKind.ADDED,), None, place(4, "Stop")),
        ),
    )  # fmt: skip
    assert render(change).splitlines()[5:-2] == [
        "  +   1  New order",
        "  +   2  IF paid",
        "  +   3    Log",
        "  +   4  Stop",
    ]


def test_schema_text_is_laid_out() -> None:
    schema = '[{"name":"a","type":"string","label":"Customer number"},{"name":"b","type":"number","optional":true}]'
    step = StepChange((ChangeKind.ADDED,), None, place(1, "Start"), (field("Schema", MISSING, schema),))
    assert body(step)[1:] == [
        "         Schema:",
        "           │ [",
        '           │   {"name": "a", "type": "string", "label": "Customer number"},',
        '           │   {"name": "b", "type": "number", "optional": true}',
        "           │ ]",
    ]


def test_a_huge_value_is_cut_down_to_where_it_differs_unless_verbose() -> None:
    before, after = "x" * 300_000 + "1" + "y" * 300_000, "x" * 300_000 + "2" + "y" * 300_000
    lines = body(changed(1, "A", field("F", before, after)))
    assert len(lines) < 12
    shown = "".join(line.strip().removeprefix("┆ ") for line in lines if "^" not in line)
    assert f"- …{'x' * 40}1{'y' * 40}…+ …{'x' * 40}2{'y' * 40}…" in shown
    many = field("F", MISSING, "\n".join(map(str, range(800))))
    assert "           … 300 more lines; --verbose shows all" in body(changed(1, "A", many))
    assert "           + 799" in body(changed(1, "A", many), verbose=True)


names = st.text(max_size=30)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


@given(names, names, values, values, st.integers(1, 120))
def test_any_text_renders_without_controls_within_the_width(
    name: str, label: str, before: JsonValue, after: JsonValue, width: int
) -> None:
    switch = ConnectionSwitch(name, name, label)
    change = recipe(changed(1, name, field(label, before, after)), connections=(switch,), note=name, url=label)
    text = render(change, width=width)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert all(cell_len(line) <= max(width, 40) for line in text.splitlines())


def test_a_property_that_came_or_went_is_its_name() -> None:
    fields = tuple(
        FieldChange(("data", name), f"Property {name}", before, after)
        for name, before, after in (("new", MISSING, None), ("gone", None, MISSING))
    )
    path = "P/properties.project_properties.json"
    change = AssetChange(AssetKind.PROJECT_PROPERTIES, (ChangeKind.CHANGED,), path, path, "P", "a" * 64, fields=fields)
    assert render(change).splitlines()[5:7] == ["  + Property new", "  - Property gone"]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_the_summary_cuts_no_counts_and_begins_with_the_switches(width: int) -> None:
    steps = (changed(1, "A"), changed(2, "B"), StepChange((ChangeKind.ADDED,), None, place(3, "C")))
    switch = ConnectionSwitch("salesforce", "SFDC Prod", "SFDC Dev")
    change = replace(recipe(*steps, connections=(switch,)), name="A title of a recipe " * 4)
    lines = render(change, width=width, summary=True).splitlines()
    assert "1 step added, 2 changed, 1 connection switches" in " ".join(" ".join(lines).split())
    assert "Connections that switch" in lines
    assert all(cell_len(line) <= width for line in lines)


def test_one_asset_with_many_counts_does_not_cut_the_names_of_others() -> None:
    steps = (changed(1, "A"), changed(2, "B"), StepChange((ChangeKind.ADDED,), None, place(3, "C")))
    busy = recipe(*steps, connections=(ConnectionSwitch("salesforce", "SFDC Prod", "SFDC Dev"),))
    named = replace(recipe(changed(1, "A")), name="Sync all the new sales orders")
    lines = render(busy, named, width=80, summary=True).splitlines()
    assert any(line.startswith("~ Sync all the new sales orders  changed  1 step changed") for line in lines)


def test_a_new_recipe_does_not_repeat_its_title() -> None:
    name = FieldChange(("name",), "Name", MISSING, "Sync orders")
    change = replace(recipe(settings=(name,)), kinds=(ChangeKind.ADDED,), path_before=None)
    assert "Name" not in render(change)
    assert "setting" not in render(change, summary=True)
