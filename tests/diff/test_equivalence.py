"""What is meant to differ between environments is no change; what is against the mapping is the first warning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.diff.changes import ConnectionSwitch, DiffWarning, SnapshotDiff, WarningKind
from exporter.diff.equivalence import NO_EQUIVALENCE, Equivalence, Equivalences, Known
from exporter.diff.snapshots import compare_snapshots
from exporter.snapshot import Index, Snapshot, asset_of, snapshot_of

CONNECTIONS = ({"dev": "NetSuite DEV", "test": "NetSuite UAT", "prod": "NetSuite"},)
VALUES = (
    {"dev": "https://dev.example.com", "test": "https://test.example.com", "prod": "https://example.com"},
    {"dev": "C012", "test": "C034"},
)
MAPPING = Equivalences(CONNECTIONS, VALUES)
PATH = "P/sync.recipe.json"


def recipe(connection: str | None = "NetSuite DEV", version: int = 1, comment: str = "", **values: Any) -> bytes:
    step = {
        "number": 1,
        "keyword": "action",
        "provider": "netsuite",
        "name": "search",
        "as": "aaaa0001",
        "uuid": "00000001-0000-4000-8000-000000000000",
        "input": values,
        "comment": comment,
    }
    trigger = {"keyword": "trigger", "number": 0, "uuid": "00000000-0000-4000-8000-000000000000", "block": [step]}
    account = {"zip_name": "c.connection.json", "name": connection, "folder": ""} if connection else None
    config = [{"keyword": "application", "provider": "netsuite", "account_id": account}]
    return json.dumps({"name": "Sync", "version": version, "code": trigger, "config": config}).encode()


def snapshot(environment: str, files: Mapping[str, bytes]) -> Snapshot:
    return snapshot_of(Index(environment), [asset_of(path, content) for path, content in files.items()])


def promoted(
    after: bytes | Mapping[str, bytes],
    before: bytes | Mapping[str, bytes] | None,
    mapping: Equivalences = MAPPING,
    sides: tuple[str, str] = ("dev", "test"),
) -> SnapshotDiff:
    files = [
        content if isinstance(content, Mapping) else {PATH: content} if content else {} for content in (after, before)
    ]
    source, target = (snapshot(name, content) for name, content in zip(sides, files, strict=True))
    return compare_snapshots(
        source, target, source_label=sides[0], target_label=sides[1], equivalence=mapping.between(*sides)
    )


def shouts(diff: SnapshotDiff) -> list[str]:
    found = [warning for warning in diff.warnings if warning.kind is WarningKind.AGAINST_MAPPING]
    assert list(diff.warnings[: len(found)]) == found and all(warning.is_severe for warning in found)
    return [warning.text for warning in found]


def test_connections_that_differ_as_mapped_are_no_switch() -> None:
    diff = promoted(recipe("NetSuite DEV"), recipe("NetSuite UAT"))
    assert (diff.changes, diff.warnings, diff.noise_only) == ((), (), (PATH,))


def test_without_a_mapping_another_connection_is_a_switch() -> None:
    (change,) = promoted(recipe("NetSuite DEV"), recipe("NetSuite UAT"), Equivalences()).changes
    assert change.connections == (ConnectionSwitch("netsuite", "NetSuite UAT", "NetSuite DEV"),)


@pytest.mark.parametrize("wanted", ["NetSuite UAT", "NetSuite"])
@pytest.mark.parametrize("used", ["NetSuite UAT", "NetSuite", "NetSuite DEV", "Other", None])
def test_a_connection_of_another_environment_in_the_source_is_shouted(wanted: str, used: str | None) -> None:
    diff = promoted(recipe(wanted), recipe(used, version=2))
    home = {"NetSuite UAT": "test", "NetSuite": "prod"}[wanted]
    assert shouts(diff) == [
        f"dev uses the connection '{wanted}' for netsuite, which belongs to {home}."
        " Meant: 'NetSuite DEV' in dev, 'NetSuite UAT' in test."
    ]
    switches = [switch for change in diff.changes for switch in change.connections]
    assert [(switch.after, switch.is_against_mapping) for switch in switches] == [(wanted, True)] * (used != wanted)


def test_each_of_two_connections_for_one_provider_is_shouted() -> None:
    document = json.loads(recipe("NetSuite UAT"))
    entry = json.loads(recipe("NetSuite DEV"))["config"][0]
    document["config"].append(entry)
    diff = promoted(json.dumps(document).encode(), None)
    assert [text.partition(" for")[0] for text in shouts(diff)] == ["dev uses the connection 'NetSuite UAT'"]


def test_a_dev_connection_that_test_brings_to_prod_is_shouted() -> None:
    diff = promoted(recipe("NetSuite DEV"), recipe("NetSuite"), sides=("test", "prod"))
    assert diff.changes[0].connections[0].is_against_mapping
    assert shouts(diff)[0].startswith("test uses the connection 'NetSuite DEV' for netsuite, which belongs to dev.")


def test_a_dev_connection_that_is_in_test_already_is_shouted_though_nothing_changes() -> None:
    diff = promoted(recipe("NetSuite DEV"), recipe("NetSuite DEV", version=2))
    assert diff.is_empty
    assert shouts(diff) == [
        "test already uses the connection 'NetSuite DEV' for netsuite, which belongs to dev."
        " Meant: 'NetSuite DEV' in dev, 'NetSuite UAT' in test."
    ]


def test_a_file_with_the_very_same_bytes_is_not_read_and_not_shouted() -> None:
    assert promoted(recipe("NetSuite DEV"), recipe("NetSuite DEV")).warnings == ()


def test_a_new_recipe_with_the_sources_own_connection_is_as_meant() -> None:
    diff = promoted(recipe("NetSuite DEV"), None)
    assert shouts(diff) == []
    assert [switch.is_against_mapping for switch in diff.changes[0].connections] == [False]


def test_an_unmapped_connection_is_a_plain_switch() -> None:
    diff = promoted(recipe("Other"), recipe("NetSuite UAT"))
    assert not diff.changes[0].connections[0].is_against_mapping
    assert diff.warnings == ()


def test_a_row_without_the_source_lets_the_targets_own_name_come() -> None:
    mapping = Equivalences(({"test": "NetSuite UAT", "prod": "NetSuite"},))
    assert shouts(promoted(recipe("NetSuite UAT"), None, mapping)) == []
    assert len(shouts(promoted(recipe("NetSuite"), None, mapping))) == 1


def test_one_environment_at_two_times_has_no_mapping() -> None:
    assert MAPPING.between("dev", "dev") is NO_EQUIVALENCE
    assert len(promoted(recipe("NetSuite DEV"), recipe("NetSuite UAT"), sides=("dev", "dev")).changes) == 1


@pytest.mark.parametrize(
    ("after", "before"),
    [
        ("https://dev.example.com/orders?x=1", "https://test.example.com/orders?x=1"),
        ('="https://dev.example.com/" + name', '="https://test.example.com/" + name'),
        ("See https://dev.example.com, and C012.", "See https://test.example.com, and C034."),
        ("#{_('data.netsuite.aaaa0001.Id')} to C012", "#{_('data.netsuite.aaaa0001.Id')} to C034"),
        (["C012", "x"], ["C034", "x"]),
        ({"a": [{"channel": "C012", "n": 1}]}, {"a": [{"channel": "C034", "n": 1}]}),
    ],
)
def test_values_that_differ_as_mapped_are_equal_wherever_they_stand(after: Any, before: Any) -> None:
    diff = promoted(recipe("NetSuite DEV", field=after), recipe("NetSuite UAT", field=before))
    assert (diff.changes, diff.warnings) == ((), ())


@pytest.mark.parametrize(
    ("after", "before"),
    [
        ("https://dev.example.com/a", "https://test.example.com/b"),
        ("C0123", "C0343"),
        ("C012", "C034x"),
        ("xC012", "xC034"),
        ("https://dev.example.com.evil.org", "https://test.example.com.evil.org"),
        ("C012", 34),
    ],
)
def test_what_differs_beyond_the_mapping_is_a_change(after: Any, before: Any) -> None:
    diff = promoted(recipe("NetSuite DEV", field=after), recipe("NetSuite UAT", field=before))
    (field,) = diff.changes[0].steps[0].fields
    assert (field.before, field.after) == (before, after)


def test_a_value_of_another_environment_is_shouted_with_its_step() -> None:
    diff = promoted(recipe(field="https://example.com/x"), recipe("NetSuite UAT", field="https://test.example.com/x"))
    (warning,) = diff.warnings
    assert warning.step is not None and warning.step.number == 2
    assert warning.path == PATH
    assert warning.text == (
        "dev has 'https://example.com', which belongs to prod."
        " Meant: 'https://dev.example.com' in dev, 'https://test.example.com' in test."
    )
    assert len(diff.changes) == 1


def test_a_value_of_the_source_that_stands_in_the_target_already_is_shouted_and_no_change() -> None:
    diff = promoted(recipe("NetSuite DEV", a="C012", b="C012"), recipe("NetSuite UAT", a="C012", b="C034"))
    assert diff.is_empty
    assert shouts(diff) == ["test already has 'C012', which belongs to dev. Meant: 'C012' in dev, 'C034' in test."]


def test_a_comment_of_another_environment_is_not_shouted() -> None:
    diff = promoted(recipe(comment="as in https://example.com"), recipe("NetSuite UAT", comment="", version=2))
    assert diff.warnings == ()


def test_the_targets_value_in_the_source_is_a_change_against_the_mapping() -> None:
    diff = promoted(recipe(field="C034"), recipe("NetSuite UAT", field="C012"))
    assert len(diff.changes) == 1
    assert shouts(diff)[0].startswith("dev has 'C034', which belongs to test.")


def test_other_assets_are_compared_by_the_mapping_too() -> None:
    after = {"P/a.api_endpoint.json": b'{"name": "A", "path": "https://dev.example.com/a"}'}
    before = {"P/a.api_endpoint.json": b'{"name": "A", "path": "https://test.example.com/a"}'}
    assert promoted(after, before).is_empty
    assert len(promoted(before, after).changes) == 1


def test_a_connectors_source_is_compared_by_the_mapping_too() -> None:
    after = {"P/a.custom_adapter.rb": b"host = 'https://dev.example.com'\n"}
    before = {"P/a.custom_adapter.rb": b"host = 'https://test.example.com'\n"}
    assert promoted(after, before).is_empty
    assert len(promoted(before, after).changes) == 1


def test_connections_that_are_one_by_the_mapping_are_no_addition_and_removal() -> None:
    def connection(name: str, provider: str = "netsuite") -> bytes:
        return json.dumps({"name": name, "provider": provider, "root_folder": False}).encode()

    after = {"P/netsuite_dev.connection.json": connection("NetSuite DEV")}
    before = {"P/netsuite_uat.connection.json": connection("NetSuite UAT")}
    diff = promoted(after, before)
    assert (diff.changes, diff.warnings, diff.noise_only) == ((), (), tuple(after))
    assert len(promoted(after, before, Equivalences()).changes) >= 1
    (change,) = promoted(after, {"P/netsuite_uat.connection.json": connection("NetSuite UAT", "rest")}).changes
    assert [field.path for field in change.fields] == [("provider",)]


def test_the_digest_leaves_out_what_differs_as_mapped() -> None:
    before = recipe("NetSuite UAT", field="https://test.example.com", other="1")
    mapped = promoted(recipe("NetSuite DEV", field="https://dev.example.com", other="2"), before)
    same = promoted(recipe("NetSuite UAT", field="https://test.example.com", other="2"), before, Equivalences())
    assert mapped.digest == same.digest
    turned = Equivalences(CONNECTIONS, VALUES[::-1])
    assert promoted(recipe("NetSuite DEV", field="https://dev.example.com", other="2"), before, turned).digest == (
        mapped.digest
    )


def test_the_longest_name_wins() -> None:
    terms = Equivalence("dev", "prod", values=({"dev": "ab c", "prod": "x"}, {"dev": "ab", "prod": "y"})).terms(
        is_source=True
    )
    assert list(terms.split("ab c, ab")) == [Known("ab c", "x"), ", ", Known("ab", "y")]


@given(st.text(alphabet="abC012. -/:\n", max_size=60))
def test_splitting_loses_no_character(text: str) -> None:
    terms = Equivalence("dev", "prod", values=({"dev": "C012", "prod": "a b"}, {"dev": "-", "prod": "/"})).terms(
        is_source=True
    )
    parts = list(terms.split(text))
    assert "".join(part if isinstance(part, str) else part.name for part in parts) == text


@given(st.lists(st.sampled_from(["C012", "C034", "https://dev.example.com", " ", "x", ".", "/"]), max_size=8))
def test_a_text_compared_with_itself_is_never_a_change(words: list[str]) -> None:
    text = "".join(words)
    diff = promoted(recipe("NetSuite DEV", field=text), recipe("NetSuite UAT", field=text))
    assert diff.is_empty


def test_a_warning_is_one_for_each_name_of_an_asset() -> None:
    diff = promoted(recipe(a="https://example.com/1", b="https://example.com/2"), None)
    assert len([warning for warning in diff.warnings if isinstance(warning, DiffWarning)]) == 1
