from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from exporter.adapters.repository.guard import keep_failed_projects, keep_known_details, refuse_shrunken
from exporter.errors import ShrunkenExportError
from exporter.snapshot import AssetInfo, Project, Snapshot

Build = Callable[..., Snapshot]
ORDERS, BILLING = Project("Orders", 1, 11), Project("Billing", 2, 12)
FILES = {"Orders/a": b"1", "Orders/b": b"2", "Billing/c": b"3", "Billing/d": b"4", "home": b"5"}


def without(*paths: str) -> dict[str, bytes]:
    return {path: content for path, content in FILES.items() if path not in paths}


@pytest.fixture
def stored(snapshot: Build) -> Snapshot:
    return snapshot("dev", FILES, projects=(ORDERS, BILLING), infos={"Billing/c": AssetInfo(id=3)})


def refuse(stored: Snapshot, fresh: Snapshot, share: float = 0.25) -> None:
    refuse_shrunken(stored, fresh, max_vanished_share=share)


def test_a_small_loss_passes(snapshot: Build, stored: Snapshot) -> None:
    refuse(stored, snapshot("dev", without("home"), projects=(ORDERS, BILLING)))


def test_more_than_the_share_is_refused_by_name(snapshot: Build, stored: Snapshot) -> None:
    with pytest.raises(ShrunkenExportError, match=r"lacks 2 of 5 files, more than the 25%.*'Orders/a', 'home'"):
        refuse(stored, snapshot("dev", without("home", "Orders/a"), projects=(ORDERS, BILLING)))


def test_a_project_that_left_the_list_is_refused_even_if_it_is_small(snapshot: Build, stored: Snapshot) -> None:
    with pytest.raises(ShrunkenExportError, match="lacks projects that its snapshot holds: 'Billing'"):
        refuse(stored, snapshot("dev", FILES, projects=(ORDERS,)), share=1.0)


def test_an_empty_export_is_refused_whatever_the_share(snapshot: Build, stored: Snapshot) -> None:
    with pytest.raises(ShrunkenExportError, match="is empty, but its snapshot holds 5 files"):
        refuse(stored, snapshot("dev", {}, projects=(ORDERS, BILLING)), share=1.0)


def test_a_renamed_project_is_no_loss(snapshot: Build, stored: Snapshot) -> None:
    files = {path.replace("Orders/", "Sales/"): content + b"!" for path, content in FILES.items()}
    refuse(stored, snapshot("dev", files, projects=(Project("Sales", 1, 11), BILLING)), share=0)


def test_a_moved_file_is_no_loss(snapshot: Build, stored: Snapshot) -> None:
    files = without("Orders/a") | {"Orders/Folder/a": b"1"}
    refuse(stored, snapshot("dev", files, projects=(ORDERS, BILLING)), share=0)


def test_a_failed_project_keeps_files_and_entries(snapshot: Build, stored: Snapshot) -> None:
    fresh = snapshot("dev", {"Orders/a": b"new", "home": b"5"}, projects=(ORDERS, BILLING), failures=("Billing",))
    kept = keep_failed_projects(stored, fresh)
    assert {path: asset.content for path, asset in kept.assets.items()} == {
        "Billing/c": b"3",
        "Billing/d": b"4",
        "Orders/a": b"new",
        "home": b"5",
    }
    assert kept.index.info("Billing/c") == AssetInfo(id=3)
    assert kept.failures == fresh.failures


def test_a_failed_project_that_was_renamed_keeps_its_stored_name(snapshot: Build, stored: Snapshot) -> None:
    renamed = Project("Invoices", 2, 12)
    fresh = snapshot("dev", without("Billing/c", "Billing/d"), projects=(ORDERS, renamed), failures=("Invoices",))
    kept = keep_failed_projects(stored, fresh)
    assert sorted(kept.assets) == sorted(FILES)
    assert sorted(project.name for project in kept.index.projects) == ["Billing", "Orders"]


def test_a_failed_project_that_is_not_listed_counts_as_there(snapshot: Build, stored: Snapshot) -> None:
    fresh = snapshot("dev", without("Billing/c", "Billing/d"), projects=(ORDERS,), failures=("Billing",))
    refuse(stored, keep_failed_projects(stored, fresh), share=0)


def test_a_failed_home_keeps_its_files(snapshot: Build, stored: Snapshot) -> None:
    fresh = snapshot("dev", without("home"), projects=(ORDERS, BILLING), failures=("",))
    assert "home" in keep_failed_projects(stored, fresh).assets


def test_a_project_name_cannot_forge_a_line_of_the_message(snapshot: Build) -> None:
    stored = snapshot("dev", {"a": b""}, projects=(Project("x\nAll is well", 1, 1),))
    with pytest.raises(ShrunkenExportError) as caught:
        refuse(stored, snapshot("dev", {"a": b""}, projects=()))
    assert "\n" not in str(caught.value)


KNOWN = AssetInfo(id=3, folder_id=12, version=4, author_name="Kim", author_email="kim@example.com", is_running=True)


@pytest.mark.parametrize(
    ("content", "fresh_info", "expected"),
    [
        (b"3", AssetInfo(id=3, version=4), KNOWN),  # the token may not list recipes
        (b"3", AssetInfo(), KNOWN),  # nor assets
        (b"3", AssetInfo(3, 12, 4, "Kim", "kim@example.com", False), replace(KNOWN, is_running=False)),
        (b"new", AssetInfo(id=3, version=5), AssetInfo(id=3, version=5)),  # somebody else may have saved it
        (b"new", AssetInfo(), AssetInfo()),
        (b"3", AssetInfo(id=9, version=4), AssetInfo(id=9, version=4)),  # another recipe of the same name
    ],
)
def test_what_is_unknown_this_time_stays_known(
    snapshot: Build, content: bytes, fresh_info: AssetInfo, expected: AssetInfo
) -> None:
    stored = snapshot("dev", FILES, infos={"Billing/c": KNOWN})
    fresh = snapshot("dev", {**FILES, "Billing/c": content}, infos={"Billing/c": fresh_info})
    assert keep_known_details(stored, fresh).index.info("Billing/c") == expected


def test_details_of_a_removed_file_go_with_it(snapshot: Build) -> None:
    stored = snapshot("dev", FILES, infos={"Billing/c": KNOWN})
    assert keep_known_details(stored, snapshot("dev", without("Billing/c"))).index.assets == {}
