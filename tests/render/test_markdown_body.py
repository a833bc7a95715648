"""How a diff reads as Markdown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from exporter.change.checklist import needed_approvals
from exporter.change.policy import HANDBOOK
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
from exporter.render.markdown import check_note_body, render_markdown
from exporter.render.markdown.note import MAX_BODY_BYTES, Attachment, render_note
from exporter.snapshot import AssetInfo, AssetKind

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
DIGEST = "b71c" * 16
PATH = "Billing/Invoices/sync.recipe.json"


def place(number: int, headline: str, *blocks: str, is_skipped: bool = False) -> StepPlace:
    return StepPlace(number, len(blocks), "action", "netsuite", headline, blocks, f"uuid-{number}", is_skipped)


def diff_of(*changes: AssetChange, only: tuple[str, ...] = (), noise_only: tuple[str, ...] = ()) -> SnapshotDiff:
    return SnapshotDiff(Side("dev", "dev", "3f2a" * 10), Side("test", "test", None), changes, DIGEST, noise_only, only)


def recipe(*steps: StepChange, name: str = "Sync invoices", is_new: bool = False) -> AssetChange:
    return AssetChange(
        AssetKind.RECIPE,
        (ChangeKind.ADDED,) if is_new else (ChangeKind.CHANGED,),
        None if is_new else PATH,
        PATH,
        name,
        DIGEST,
        connections=(ConnectionSwitch("netsuite", None if is_new else "NetSuite TEST", "NetSuite DEV"),),
        steps=steps,
        steps_unchanged=0 if is_new else 12,
        url="https://app.workato.com/recipes/12",
        info_after=AssetInfo(version=14, author_name="Kim Lee", is_running=True),
    )


def step_lines(step: StepChange) -> list[str]:
    """What a recipe's folded block holds after its connections, without what is unchanged."""
    text = render_markdown(diff_of(recipe(step)))
    inner = text[text.index("<details>") : text.index("</details>")]
    return [line for line in inner.split("\n")[6:] if line and not line.startswith("… ")]


def test_a_changed_recipe_reads_from_its_name_down_to_the_field() -> None:
    limit = FieldChange(("input", "limit"), "Limit", "10", "20")
    before, after = (
        place(3, "Search accounts", "IF paid"),
        place(4, "Search accounts", "IF paid", "For each Line"),
    )
    step = StepChange((ChangeKind.MOVED, ChangeKind.CHANGED), before, after, (limit,))
    text = render_markdown(diff_of(recipe(step), noise_only=("a", "b"), only=("Billing/*",)))
    assert (
        text
        == f"""## wexport: promoting dev to test: 1 recipe changed

Before is `test` as it stands, after is `dev`. Only `Billing/*` was compared.

### Connections that switch

- `netsuite`: `NetSuite TEST` → `NetSuite DEV` in [`Sync invoices`](https://app.workato.com/recipes/12)

### Recipes

#### Changed recipe [`Sync invoices`](https://app.workato.com/recipes/12)

In `Billing/Invoices` · version 14 by `Kim Lee`

<details>
<summary>1 step changed, 1 moved, 1 connection switches, 12 steps unchanged</summary>

**Connections**

- `netsuite`: `NetSuite TEST` → `NetSuite DEV`

… 3 steps unchanged

**Step 4 moved, changed** `Search accounts` in `IF paid` › `For each Line`, before: step 3 in `IF paid`

- `Limit`: `10` → `20`

… 9 steps unchanged

</details>

2 more files differ in noise only (ids, positions, versions), not in meaning.

- Digest of this diff: `{DIGEST}`
- Snapshots: `dev` at `{"3f2a" * 10}`, `test` as it is now
"""
    )


def test_no_difference_is_said_in_the_heading() -> None:
    text = render_markdown(diff_of())
    assert text.startswith("## wexport: no difference, promoting dev to test changes nothing\n")


def test_each_kind_of_step_change_has_its_words() -> None:
    here, there = place(2, "Log message"), place(7, "Log message", "ELSE")
    skipped = place(2, "Log message", is_skipped=True)
    gone = FieldChange(("m",), "Message", "done", MISSING)
    assert step_lines(StepChange((ChangeKind.REMOVED,), here, None, (gone,))) == [
        "**Former step 2 removed** `Log message`",
        "- `Message`: `done`",
    ]
    assert step_lines(StepChange((ChangeKind.MOVED,), there, here)) == [
        "**Step 2 moved** `Log message`, before: step 7 in `ELSE`"
    ]
    assert step_lines(StepChange((ChangeKind.DISABLED,), here, skipped)) == ["**Step 2 disabled** `Log message`"]
    assert step_lines(StepChange((ChangeKind.CHANGED,), skipped, skipped)) == [
        "**Step 2 changed (disabled)** `Log message`"
    ]
    assert step_lines(StepChange((ChangeKind.CHANGED,), here, place(2, "Log warning"))) == [
        "**Step 2 changed** `Log message` → `Log warning`"
    ]
    schema = StepChange((ChangeKind.CHANGED,), here, here, change_class=ChangeClass.SCHEMA)
    assert step_lines(schema) == ["**Step 2 changed (field list only)** `Log message`"]


def test_a_block_around_steps_and_a_replaced_trigger_have_their_words() -> None:
    inside = FieldChange(("block",), "Steps inside", MISSING, ["Step 3 · Log", "Step 4 · Send mail"])
    otherwise = FieldChange(("else",), "Else", MISSING, ["Step 5 · Stop"])
    step = StepChange((ChangeKind.NESTED,), None, place(2, "IF paid"), (otherwise, inside))
    assert step_lines(step) == [
        "**Step 2 added around steps 3–4** `IF paid`",
        "- Around: `Step 3 · Log`, `Step 4 · Send mail`",
        "- `Else`: `Step 5 · Stop`",
    ]
    gone = replace(inside, before=["Step 3 · Log"], after=MISSING)
    assert step_lines(StepChange((ChangeKind.UNNESTED,), place(2, "IF paid"), None, (gone,))) == [
        "**Former step 2 removed, its step 3 stays** `IF paid`",
        "- Around: `Step 3 · Log`",
    ]
    trigger = StepChange((ChangeKind.REPLACED,), place(1, "Timer"), place(1, "Scheduled event"))
    assert step_lines(trigger) == ["**Trigger replaced** `Timer` → `Scheduled event`"]


def shouting() -> SnapshotDiff:
    switch = ConnectionSwitch("salesforce", "SFDC Test", "SFDC Dev", is_against_mapping=True)
    text = "dev uses SFDC Dev"
    warning = DiffWarning(WarningKind.AGAINST_MAPPING, text, PATH, is_severe=True)
    return replace(diff_of(replace(recipe(), connections=(switch,))), warnings=(warning,))


def test_a_name_of_the_wrong_environment_is_in_the_first_line_and_said_once() -> None:
    text = render_markdown(shouting())
    lines = text.split("\n")
    assert lines[0] == "## ⛔ wexport: promoting dev to test: 1 name of the wrong environment; 1 recipe changed"
    assert lines[2] == (
        "- ⛔ **Wrong environment:** dev uses SFDC Dev (in [`Sync invoices`](https://app.workato.com/recipes/12))"
    )
    assert "`salesforce`: `SFDC Test` → `SFDC Dev` ⛔ **against the mapping** in " in text
    assert text.count("⛔") == 3
    assert "### Warnings" not in text


def test_warnings_stand_before_the_changes_and_severe_ones_first() -> None:
    warnings = (
        DiffWarning(WarningKind.CALLED_BY, "Nightly calls it."),
        DiffWarning(WarningKind.DANGLING_PILL, "Nobody is there.", PATH, place(5, "Post"), is_severe=True),
        DiffWarning(WarningKind.MISSING_CONNECTION, "'C' lacks NetSuite.", "x/c.recipe.json"),
    )
    diff = replace(diff_of(recipe()), warnings=warnings, unread_projects=("HR",))
    text = render_markdown(diff)
    section = text[text.index("### Warnings") : text.index("### Connections")]
    assert section.split("\n")[2:-2] == [
        "- ⛔ **severe, dangling datapill:** Nobody is there\\. "
        "(in [`Sync invoices`](https://app.workato.com/recipes/12), step 5 `Post`)",
        "- ⚠️ **called by:** Nightly calls it\\.",
        "- ⚠️ **missing connection:** 'C' lacks NetSuite\\. (in `x/c.recipe.json`)",
        "- ⚠️ Project `HR` could not be read on one side: what is missing there was not counted as added or removed.",
    ]
    assert text.index("### Warnings") < text.index("### Recipes")


def test_a_warning_of_many_recipes_is_told_once_and_whole_in_the_file() -> None:
    paths = tuple(f"R{number}" for number in range(7))
    warnings = tuple(DiffWarning(WarningKind.AGAINST_MAPPING, "dev uses X", path, is_severe=True) for path in paths)
    diff = replace(diff_of(recipe()), warnings=warnings)
    note = render_note(diff, needed_approvals(HANDBOOK, ()), sequence=1, made_at=NOW)
    assert "- ⛔ **Wrong environment:** dev uses X (in `R0`; `R1`; `R2`; `R3`; `R4` and 2 more)\n" in note.text
    assert note.is_shortened
    assert "`R5`; `R6`)\n" in render_markdown(diff)


def test_contracts_and_rewritten_recipes_are_told_before_the_steps() -> None:
    step = StepChange((ChangeKind.ADDED,), None, place(13, "Log"))
    change = replace(recipe(step), has_contract_change=True, is_rewritten=True)
    text = render_markdown(diff_of(change), verbose=False)
    assert "⚠️ **Contract changed: callers must fit.**" in text
    assert "⚠️ **Largely rewritten: 12 steps before, 13 after.** Compare it as a whole: its steps are not listed" in text
    assert "Step 13" not in text
    assert "**Step 13 added** `Log`" in render_markdown(diff_of(change))
    note = render_note(diff_of(change), needed_approvals(HANDBOOK, ()), sequence=1, made_at=NOW)
    assert note.is_shortened


def test_what_is_not_about_behaviour_is_counted_unless_verbose() -> None:
    output = FieldChange(("o",), "Output fields", [], [1], ChangeClass.SCHEMA)
    title = FieldChange(("t",), "Title", "a", "b", ChangeClass.COSMETIC)
    one, two, three = place(1, "Start"), place(2, "Read"), place(3, "Log")
    change = recipe(
        StepChange((ChangeKind.CHANGED,), one, one, (FieldChange(("q",), "Query", 1, 2), output, title)),
        StepChange((ChangeKind.CHANGED,), two, two, (output,), ChangeClass.SCHEMA),
        StepChange((ChangeKind.CHANGED,), three, three, (title,), ChangeClass.COSMETIC),
    )
    short, full = (render_markdown(diff_of(change), verbose=verbose) for verbose in (False, True))
    assert "- `Query`: `1` → `2`\n- Field lists refreshed: `Output fields`\n- 1 change of looks only\n" in short
    assert "… 12 steps unchanged, field lists refreshed in step 2, 1 step with changed looks only\n" in short
    assert "`Read`" not in short
    assert "**Step 2 changed (field list only)** `Read`" in full
    assert full.count("- `Title`: `a` → `b`") == 2


def test_names_that_look_the_same_are_written_out() -> None:
    composed, decomposed = "Caf\u00e9", "Cafe\u0301"
    switch = ConnectionSwitch("crm", composed, decomposed)
    assert '`"Caf\\xe9"` → `"Cafe\\u0301"`' in render_markdown(diff_of(replace(recipe(), connections=(switch,))))
    declared = (DeclaredFieldChange(ChangeKind.RENAMED, "Name", composed, decomposed),)
    field = FieldChange(("a",), "Fields", "[1]", "[2]", declared=declared)
    here = place(1, "Start")
    assert step_lines(StepChange((ChangeKind.CHANGED,), here, here, (field,)))[1:] == [
        '- `Fields`: `Name` renamed: `"Caf\\xe9"` → `"Cafe\\u0301"`'
    ]


def test_declared_fields_are_listed_instead_of_the_value() -> None:
    few = (DeclaredFieldChange(ChangeKind.ADDED, "Currency", "", "text, optional"),)
    many = (
        *few,
        DeclaredFieldChange(ChangeKind.REMOVED, "Region", "text", ""),
        DeclaredFieldChange(ChangeKind.CHANGED, "Amount", "text", "number"),
        DeclaredFieldChange(ChangeKind.RENAMED, "Total", "sum", "total"),
    )
    here = place(1, "Start")
    fields = (
        FieldChange(("a",), "Parameters", "[]", "[1]", declared=few),
        FieldChange(("b",), "Result", "[]", "[1]", declared=many),
    )
    assert step_lines(StepChange((ChangeKind.CHANGED,), here, here, fields))[1:] == [
        "- `Parameters`: added `Currency` (`text, optional`)",
        "`Result`:",
        "```diff",
        "+Currency: text, optional",
        "-Region: text",
        "-Amount: text",
        "+Amount: number",
        " Total renamed: sum → total",
        "```",
    ]


def test_a_note_with_endless_field_lists_and_warnings_stays_in_its_budget() -> None:
    declared = tuple(DeclaredFieldChange(ChangeKind.ADDED, f"Field {n} of many", "", "text") for n in range(3_000))
    here = place(1, "Start")
    fields = (FieldChange(("a",), "Parameters", "[]", "[1]", declared=declared),)
    changes = [recipe(StepChange((ChangeKind.CHANGED,), here, here, fields)) for _ in range(30)]
    warnings = tuple(DiffWarning(WarningKind.CALLED_BY, "Somebody calls it. " * 40) for _ in range(500))
    diff = replace(diff_of(*changes), warnings=warnings)
    note = render_note(diff, needed_approvals(HANDBOOK, ()), sequence=1, made_at=NOW)
    assert note.is_shortened
    assert len(note.text.encode()) <= MAX_BODY_BYTES
    check_note_body(note.text)


def test_a_new_recipe_lists_its_steps_without_saying_added_each_time() -> None:
    step = StepChange((ChangeKind.ADDED,), None, place(1, "New order"), (FieldChange(("q",), "Query", MISSING, "x"),))
    text = render_markdown(diff_of(recipe(step, is_new=True)))
    assert "#### Added recipe [`Sync invoices`]" in text
    assert "<summary>1 step, 1 connection</summary>" in text
    assert "- `netsuite`: `NetSuite DEV`\n" in text
    assert "**Step 1** `New order`\n\n- `Query`: `x`\n" in text
    assert "Connections that switch" not in text


def test_other_assets_follow_the_recipes_and_say_where_they_were() -> None:
    table = AssetChange(
        AssetKind.LOOKUP_TABLE,
        (ChangeKind.CHANGED, ChangeKind.MOVED),
        "A/cc.lookup_table.json",
        "B/cc.lookup_table.json",
        "Cost centers",
        DIGEST,
        fields=(FieldChange(("rows",), "Row 4 ▸ Name", "Sales", "Sales EMEA"),),
    )
    logo = AssetChange(AssetKind.OTHER, (ChangeKind.REMOVED,), "logo.png", None, "logo.png", DIGEST, note="An image.")
    text = render_markdown(diff_of(table, recipe(), logo))
    assert text.startswith("## wexport: promoting dev to test: 1 recipe changed; 1 other asset removed, 1 changed\n")
    assert text.index("### Recipes") < text.index("### Other assets")
    assert "#### Changed and moved lookup table `Cost centers`\n\nIn `B` · was `A/cc.lookup_table.json`\n" in text
    assert "#### Removed file `logo.png`\n\nIn Home\n\nNote: An image\\.\n" in text


def test_a_recipe_without_a_running_state_or_version_says_nothing_of_them() -> None:
    change = AssetChange(AssetKind.RECIPE, (ChangeKind.REMOVED,), PATH, None, "Old", DIGEST)
    assert "In `Billing/Invoices`\n" in render_markdown(diff_of(change))


def test_a_switch_names_five_recipes_and_counts_the_rest() -> None:
    changes = [recipe(name=f"R{number}") for number in range(7)]
    line = next(line for line in render_markdown(diff_of(*changes)).split("\n") if line.startswith("- `netsuite`"))
    assert line.count("](https://") == 5
    assert line.endswith(" and 2 more")


def test_the_comment_ends_with_approvals_and_digest() -> None:
    checklist = needed_approvals(HANDBOOK, ["CMT::Minor", "Peer Approval::Approved"])
    note = render_note(diff_of(recipe()), checklist, sequence=3, made_at=NOW)
    assert not note.is_shortened
    assert note.text.endswith(f"""### Approvals needed

Change type **Minor** (`CMT::Minor`)

| Approval | Needed | State | Label |
| --- | --- | --- | --- |
| Peer review | before test | 🏷️ label set, not yet verified | `Peer Approval::Approved` |
| Impacted team's management or code owner | before prod | ⬜ not requested | `Code Owner Approval::Needs Approval` |
| Integrations manager | before prod | ⬜ not requested | `BT Integration Manager::Needs Approval` |
| Post\\-implementation review | after prod | ⬜ not requested | `Post-Implementation Review::Needs Approval` |

An approval counts for the diff `b71cb71cb71c` only. A label alone is no proof: who set it, and who approved in words, \
is not verified here.

- Digest of this diff: `{DIGEST}`
- Snapshots: `dev` at `{"3f2a" * 10}`, `test` as it is now
- Version 3 of this comment, compared 2026-11-23 17:00 UTC""")


def test_an_unclear_change_type_is_said_before_the_strictest_list() -> None:
    checklist = needed_approvals(HANDBOOK, ["CMT::Trivial"])
    text = render_note(diff_of(), checklist, sequence=1, made_at=NOW).text
    assert (
        "⚠️ **A change type label is not one that the policy knows (`CMT::Trivial`), so the strictest list applies.**"
        in text
    )


def test_one_big_recipe_is_shortened_and_the_small_ones_are_not() -> None:
    many = tuple(
        StepChange(
            (ChangeKind.CHANGED,),
            place(number, "Run"),
            place(number, "Run"),
            (FieldChange(("x",), "X", "a" * 100, "b" * 100),),
        )
        for number in range(500)
    )
    small = StepChange((ChangeKind.CHANGED,), place(2, "Small"), place(2, "Small"))
    file = Attachment("wexport.md", "/uploads/0123456789abcdef0123456789abcdef/wexport.md", "0" * 64)
    note = render_note(
        diff_of(recipe(*many), recipe(small)), needed_approvals(HANDBOOK, ()), sequence=1, made_at=NOW, attachment=file
    )
    assert note.is_shortened
    assert "… 440 more changes in the attached file" in note.text
    assert "**Step 2 changed** `Small`" in note.text
    assert f"The whole diff is in [wexport.md]({file.address}), SHA-256 `{'0' * 64}`" in note.text


def test_a_property_that_came_or_went_is_its_name() -> None:
    fields = tuple(
        FieldChange(("data", name), f"Property {name}", before, after)
        for name, before, after in (("new", MISSING, None), ("gone", None, MISSING))
    )
    path = "P/properties.project_properties.json"
    change = AssetChange(AssetKind.PROJECT_PROPERTIES, (ChangeKind.CHANGED,), path, path, "P", "a" * 64, fields=fields)
    assert "\n\n- added `Property new`\n- removed `Property gone`\n" in render_markdown(diff_of(change))


def test_a_new_recipe_does_not_repeat_its_title() -> None:
    name = FieldChange(("name",), "Name", MISSING, "Sync invoices")
    change = replace(recipe(is_new=True), settings=(name,))
    text = render_markdown(diff_of(change))
    assert "`Name`" not in text
    assert "etting" not in text


def test_a_bare_file_is_not_in_home() -> None:
    change = replace(recipe(), path_before="sync.recipe.json", path_after="sync.recipe.json")
    assert "In Home" in render_markdown(diff_of(change))
    bare = replace(diff_of(change), source=Side("new/sync.recipe.json", "", None))
    assert "Home" not in render_markdown(bare)
