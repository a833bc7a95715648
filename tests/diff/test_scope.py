"""What a glob of --only names."""

from __future__ import annotations

import pytest

from exporter.diff.scope import select_paths
from exporter.errors import UsageError

INVOICE = "Order to Cash | 受注/Recipes/o2c_create_netsuite_invoice.recipe.json"
NIGHTLY = "Order to Cash | 受注/Recipes/o2c_refresh_credit_scores_nightly.recipe.json"
LAST_DAY = "HR ∕ Onboarding/Recipes/offboard_last_day.recipe.json"
PATHS = (INVOICE, NIGHTLY, LAST_DAY)


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("O2C | Create NetSuite invoice", {INVOICE}),
        ("*create netsuite*", {INVOICE}),
        ("O2C | Refresh credit scores [nightly]", {NIGHTLY}),
        ("Offboard / last day", {LAST_DAY}),
        ("O2C*", {INVOICE, NIGHTLY}),
        ("Order to Cash*", {INVOICE, NIGHTLY}),
    ],
)
def test_an_asset_is_named_by_its_title_too(glob: str, expected: set[str]) -> None:
    assert select_paths(PATHS, [glob]) == expected


def test_a_title_is_tried_only_where_the_glob_names_no_path() -> None:
    twin = "Sales/Recipes/order_to_cash_report.recipe.json"
    assert select_paths((*PATHS, twin), ["Order to Cash*"]) == {INVOICE, NIGHTLY}


def test_a_title_that_no_asset_has_is_refused() -> None:
    with pytest.raises(UsageError, match="names no asset"):
        select_paths(PATHS, ["Create Salesforce lead"])
