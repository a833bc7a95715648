"""How long a diff takes and how much it says: `python -m benchmarks.diff` from the root of the project.

Every number that matters is a ratio of two things measured in this very run, on data made here: medians of RUNS, the
two taken in turn, so that a busy machine slows both. `--pairs FOLDER` looks at real pairs of recipes instead, each a
folder with `before.recipe.json` and `after.recipe.json`.
"""

from __future__ import annotations

import argparse
import difflib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exporter.adapters.repository import Repository, RepositoryAccess
from exporter.diff.changes import AssetChange, SnapshotDiff
from exporter.diff.recipes import compare_recipes
from exporter.diff.snapshots import compare_snapshots
from exporter.operations.diff import Revision, Sources, diff_sides
from exporter.recipe.parse import parse_recipe
from exporter.render.terminal import render_diff
from exporter.snapshot import AssetInfo, Index, Project, asset_of, snapshot_of

RUNS = 5
PAGE_WIDTH = 100
PROJECT_RECIPES = 100
Node = dict[str, Any]


@dataclass(frozen=True)
class Sizes:
    """Of the large recipe: steps and fields a step. Of the environment: recipes, of which `changed` differ."""

    steps: int
    fields: int
    recipes: int
    changed: int
    runs: int


SIZES = {"small": Sizes(30, 5, 60, 6, 1), "full": Sizes(362, 15, 10_000, 100, RUNS)}


@dataclass(frozen=True)
class Result:
    """Medians in seconds; `limit` is what the ratio may be at most, None where nothing is demanded."""

    name: str
    seconds: float
    floor: str
    floor_seconds: float
    limit: float | None
    facts: str

    @property
    def ratio(self) -> float:
        return self.seconds / self.floor_seconds


def main() -> int:
    arguments = _arguments()
    if arguments.pairs:
        print(_pairs_table(arguments.pairs))
        return 0
    sizes = SIZES[arguments.size]
    with tempfile.TemporaryDirectory() as folder:
        results = [measure_large_recipe(sizes), *measure_environment(sizes, Path(folder))]
    for result in results:
        limit = f"at most {result.limit:g}" if result.limit else "no limit set"
        print(f"{result.name}: {result.seconds:.3f} s, {result.ratio:.1f} times {result.floor}")
        print(f"    ({result.floor_seconds:.3f} s, {limit}). {result.facts}")
    if arguments.json:
        rows = [asdict(result) | {"ratio": result.ratio} for result in results]
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diff", description="Measure diffs.")
    parser.add_argument("--size", choices=sorted(SIZES), default="full")
    parser.add_argument("--json", type=Path, help="write the results here as well")
    parser.add_argument("--pairs", type=Path, help="a folder of pairs of recipes to look at instead")
    return parser.parse_args()


def measure_large_recipe(sizes: Sizes) -> Result:
    """One step inserted in the middle of one large recipe."""
    before, after = large_recipe(sizes), large_recipe(sizes, inserted=True)
    comparison = compare_recipes(parse_recipe(before), parse_recipe(after))
    seconds, floor_seconds = _in_turn(
        sizes.runs,
        lambda: compare_recipes(parse_recipe(before), parse_recipe(after)),
        lambda: (json.loads(before), json.loads(after)),
    )
    facts = f"{len(before) / 1e6:.1f} MB, {sizes.steps} steps; changes reported: {len(comparison.steps)}."
    return Result("One step inserted in a large recipe", seconds, "json.loads of both", floor_seconds, 5, facts)


def measure_environment(sizes: Sizes, folder: Path) -> list[Result]:
    """Two environments of many recipes, as the snapshot repository stores them."""
    access = RepositoryAccess(folder / "snapshots")
    _store(access, sizes)

    def compare_only() -> SnapshotDiff:
        repository = Repository(access)
        try:
            source, target = repository.read("dev"), repository.read("test")
            return compare_snapshots(source, target, source_label="dev", target_label="test")
        finally:
            repository.close()

    def whole_diff() -> SnapshotDiff:
        repository = Repository(access)
        try:
            return diff_sides(Sources(repository), Revision("dev"), Revision("test"))
        finally:
            repository.close()

    diff = compare_only()
    floor = "git diff-tree, cat-file of the changed blobs and parsing them"
    facts = f"{sizes.recipes:,} recipes; {len(diff.changes)} reported as changed."
    compared, floor_compared = _in_turn(sizes.runs, compare_only, lambda: _floor(access.path))
    whole_diff()
    whole, floor_whole = _in_turn(sizes.runs, whole_diff, lambda: _floor(access.path))
    return [
        Result("Two environments compared", compared, floor, floor_compared, 2, facts),
        Result("The same with warnings", whole, floor, floor_whole, None, "From the second run on."),
    ]


def _in_turn(runs: int, *walks: Callable[[], object]) -> list[float]:
    """The median seconds of each."""
    times: list[list[float]] = [[] for _ in walks]
    for _ in range(runs):
        for place, walk in enumerate(walks):
            start = time.perf_counter()
            walk()
            times[place].append(time.perf_counter() - start)
    return [statistics.median(measured) for measured in times]


def _floor(path: Path) -> int:
    """What any diff of the two must do: ask Git what differs, fetch it, parse it."""
    raw = subprocess.run(
        ["git", "diff-tree", "-r", "-z", "--raw", "HEAD:dev", "HEAD:test"], cwd=path, capture_output=True, check=True
    ).stdout.decode()
    headers = [entry.split() for entry in raw.split("\0") if entry.startswith(":")]
    blobs = [blob for header in headers for blob in header[2:4] if set(blob) != {"0"}]
    output = subprocess.run(
        ["git", "cat-file", "--batch"],
        cwd=path,
        input="".join(f"{blob}\n" for blob in blobs).encode(),
        capture_output=True,
        check=True,
    ).stdout
    place = 0
    for _ in blobs:
        end = output.index(b"\n", place)
        size = int(output[place:end].split()[2])
        json.loads(output[end + 1 : end + 1 + size])
        place = end + 2 + size
    return len(blobs)


def large_recipe(sizes: Sizes, *, inserted: bool = False) -> bytes:
    """Actions in blocks of ten, each with the field lists that a connector declares; with `inserted`, one more step
    right in the middle, so that half of the numbers shift."""
    numbers = range(1, sizes.steps)
    blocks = [
        _block(first, [_action(number, sizes.fields) for number in numbers[first : first + 9]])
        for first in range(0, len(numbers), 10)
    ]
    if inserted:
        blocks[len(blocks) // 2]["block"].insert(4, _action(99_999, sizes.fields))
    return _recipe("Large recipe", blocks)


def _recipe(name: str, block: list[Node]) -> bytes:
    trigger: Node = {
        "number": 0,
        "provider": "salesforce",
        "name": "new_object",
        "as": "00000000",
        "keyword": "trigger",
    }
    trigger |= {"input": {"sobject_name": "Order"}, "block": block, "uuid": _uuid(name, 0)}
    account = {"zip_name": "crm.connection.json", "name": "CRM", "folder": ""}
    config = [{"keyword": "application", "provider": "salesforce", "skip_validation": False, "account_id": account}]
    document = {"name": name, "description": "", "version": 7, "private": True, "concurrency": 1, "code": trigger}
    number = 0
    pending: list[Node] = [trigger]
    while pending:
        step = pending.pop(0)
        step["number"] = number
        number += 1
        pending[:0] = step.get("block", [])
    return json.dumps(document | {"config": config}, indent=2, ensure_ascii=False).encode()


def _block(place: int, steps: list[Node]) -> Node:
    condition = {
        "operand": "greater_than",
        "lhs": f"#{{{_pill(1, 'Amount')}}}",
        "rhs": str(place),
        "uuid": _uuid("c", place),
    }
    group = {"type": "compound", "operand": "and", "conditions": [condition]}
    return {"number": 0, "keyword": "if", "input": group, "block": steps, "uuid": _uuid("if", place)}


def _action(number: int, fields: int) -> Node:
    schema = [
        {
            "control_type": "text", "label": f"Field {field} of {number}", "name": f"field_{field}", "type": "string",
            "optional": True, "custom": False, "sfdc_createable": True,
        }
        for field in range(fields)
    ]  # fmt: skip
    return {
        "number": number,
        "provider": "salesforce",
        "name": "upsert_sobject",
        "as": f"{number:08x}",
        "keyword": "action",
        "dynamicPickListSelection": {"sobject_name": "Order"},
        "toggleCfg": {"field_1": False},
        "input": {f"field_{field}": f"#{{{_pill(max(1, number - 1), 'Id')}}}" for field in range(min(8, fields))},
        "extended_output_schema": schema[: fields // 3],
        "extended_input_schema": schema,
        "visible_config_fields": [field["name"] for field in schema],
        "uuid": _uuid("step", number),
    }


def _pill(number: int, field: str) -> str:
    pill = {"pill_type": "output", "provider": "salesforce", "line": f"{number:08x}", "path": [field]}
    return f"_dp('{json.dumps(pill)}')"


def _uuid(name: str, number: int) -> str:
    seed = sum(place * ord(character) for place, character in enumerate(name, 1))
    return f"{seed:08x}-0000-4000-8000-{number:012x}"


def _store(access: RepositoryAccess, sizes: Sizes) -> None:
    """dev and test as two snapshots. In test the chosen recipes lack a step and name another limit; these have the
    size that half of all exports have (60 kB), the others are small, since nobody reads them."""
    every = sizes.recipes // sizes.changed
    for environment in ("dev", "test"):
        assets, infos = [], {}
        for serial in range(sizes.recipes):
            project = f"Project {serial // PROJECT_RECIPES:03}"
            path = f"{project}/Recipes/recipe_{serial:05}.recipe.json"
            steps = [_action(serial * 20 + n, 20) for n in range(1, 11)] if serial % every == 0 else []
            if steps and environment == "test":
                del steps[4]
                steps[6]["input"]["limit"] = "100"
            assets.append(asset_of(path, _recipe(f"Recipe {serial:05}", steps)))
            infos[path] = AssetInfo(serial, 7, 7, "Kim Example", "kim@example.com", True)
        projects = tuple(
            Project(f"Project {place:03}", place + 1, place + 1)
            for place in range(-(-sizes.recipes // PROJECT_RECIPES))
        )
        index = Index(environment, "https://app.example.com", 1, "Example", projects, infos)
        repository = Repository(access)
        repository.commit(snapshot_of(index, assets), now=datetime(2026, 11, 1, tzinfo=UTC))
        repository.close()


def _pairs_table(folder: Path) -> str:
    """Markdown: what each pair's raw diff and its diff here have to say. An event is a step to which something
    happened; connections that switch and settings are counted beside them."""
    rows = [
        "| pair | raw lines | step events | other changes | lines printed | lines per step event |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    silent: list[str] = []
    totals = [0, 0, 0, 0]
    for pair in sorted(path for path in folder.iterdir() if path.is_dir()):
        before, after = ((pair / f"{side}.recipe.json").read_bytes() for side in ("before", "after"))
        change, text = _one_pair(before, after)
        events = len(change.steps) if change else 0
        others = len(change.connections) + len(change.settings) if change else 0
        counts = (_raw_lines(before, after), events, others, len(text.splitlines()) if change else 0)
        rows.append(_row(pair.name, *counts))
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
        if change is None:
            silent.append(pair.name)
    rows.append(_row("all", *totals))
    return "\n".join([*rows, "", f"Nothing reported: {len(silent)} ({', '.join(silent)})."])


def _row(name: str, raw: int, events: int, others: int, lines: int) -> str:
    return f"| {name} | {raw} | {events} | {others} | {lines} | {f'{lines / events:.1f}' if events else '–'} |"


def _one_pair(before: bytes, after: bytes) -> tuple[AssetChange | None, str]:
    """The change of one recipe, and the printed lines of it."""
    source, target = (
        snapshot_of(Index("recipe"), [asset_of("Project/recipe.recipe.json", content)]) for content in (after, before)
    )
    diff = compare_snapshots(source, target, source_label="after", target_label="before")
    text = render_diff(diff, width=PAGE_WIDTH, color=False)
    return (diff.changes[0] if diff.changes else None), text


def _raw_lines(before: bytes, after: bytes) -> int:
    """Changed lines of the two files as Workato lays them out."""
    one, other = (
        json.dumps(json.loads(content), indent=2, ensure_ascii=False).splitlines() for content in (before, after)
    )
    return sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in difflib.unified_diff(one, other, n=0))


if __name__ == "__main__":
    sys.exit(main())
