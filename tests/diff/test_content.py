"""The assets that are no recipes, each read in its own way."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from exporter.diff.changes import MISSING, AssetChange, ChangeClass, ChangeKind, SnapshotDiff
from exporter.diff.snapshots import compare_snapshots
from exporter.snapshot import Index, Snapshot, asset_of, snapshot_of

Node = dict[str, Any]
Files = dict[str, "bytes | Any"]

ADDED, REMOVED, CHANGED, MOVED, RENAMED = (
    ChangeKind.ADDED,
    ChangeKind.REMOVED,
    ChangeKind.CHANGED,
    ChangeKind.MOVED,
    ChangeKind.RENAMED,
)


def snapshot(environment: str, files: Files) -> Snapshot:
    contents = {
        path: content if isinstance(content, bytes) else json.dumps(content).encode() for path, content in files.items()
    }
    return snapshot_of(Index(environment), [asset_of(path, content) for path, content in contents.items()])


def compared(before: Files, after: Files, *, source: str = "dev", target: str = "test") -> SnapshotDiff:
    sides = snapshot(source, after), snapshot(target, before)
    return compare_snapshots(*sides, source_label=source, target_label=target)


def change(before: Files, after: Files) -> AssetChange:
    (found,) = compared(before, after).changes
    return found


def told(kind: str, before: Any, after: Any) -> list[tuple[str, Any, Any]]:
    """What is told of one file of this kind: label, before, after."""
    path = f"P/x.{kind}.json"
    diff = compared({path: before}, {path: after})
    return [(field.label, field.before, field.after) for found in diff.changes for field in found.fields]


def classes(kind: str, before: Any, after: Any) -> set[ChangeClass]:
    path = f"P/x.{kind}.json"
    return {field.change_class for field in change({path: before}, {path: after}).fields}


def reference(kind: str, name: str, folder: str = "") -> Node:
    file_name = name.lower().replace(" ", "_")
    return {"zip_name": f"{folder}{file_name}.{kind}.json", "name": name, "folder": folder}


def test_a_column_of_a_data_table_is_one_line() -> None:
    def table(*titles: str) -> Node:
        schema = [{"id": f"id {title}", "title": title, "type": "short-text", "required": False} for title in titles]
        return {"name": "Decisions", "schema": schema, "project_name": titles[-1]}

    path = "P/decisions.workato_db_table.json"
    (field,) = change({path: table("Customer")}, {path: table("Customer", "Decided by")}).fields
    assert (field.label, field.before, field.after) == ("Columns", [], ["Decided by (short text)"])
    assert [(item.kind, item.label, item.after) for item in field.declared] == [(ADDED, "Decided by", "short text")]


def test_an_unnamed_column_of_a_lookup_table_is_none() -> None:
    def table(*labels: str) -> Node:
        schema = [
            {"control_type": "text", "label": label, "name": f"col{place}", "type": "string", "sticky": True}
            for place, label in enumerate(labels, 1)
        ]
        return {"name": "Rates", "schema": schema, "max_allowed_entries_count": len(labels[-1])}

    path = "P/rates.lookup_table.json"
    (field,) = change({path: table("Region", "", "")}, {path: table("Region", "Rate", "")}).fields
    assert [(item.kind, item.label) for item in field.declared] == [(ADDED, "Rate")]
    (field,) = change({path: table("Region", "Rate", "")}, {path: table("Area", "", "")}).fields
    assert [(item.kind, item.label) for item in field.declared] == [(RENAMED, "Area"), (REMOVED, "Rate")]


def test_a_connector_is_one_asset_of_several_files() -> None:
    def files(source: bytes, logo: bytes, title: str = "Acme", note: str = "", extension: str = "png") -> Files:
        document = {"title": title, "version_no": len(source), "note": note}
        stem = "P/acme.custom_adapter"
        return {f"{stem}.json": document, f"{stem}.rb": source, f"{stem}.{extension}": logo}

    found = change(files(b"a\n", b"1"), files(b"b\n", b"22", note="new", extension="jpeg"))
    assert (found.name, found.path) == ("Acme", "P/acme.custom_adapter.json")
    assert [(field.label, field.change_class) for field in found.fields] == [
        ("Picture", ChangeClass.COSMETIC),
        ("Source code", ChangeClass.LOGIC),
    ]
    assert compared(files(b"a\n", b"1"), files(b"a\n", b"1", note="x")).is_empty
    only_source = change(files(b"a\n", b"1"), files(b"b\n", b"1"))
    assert [field.label for field in only_source.fields] == ["Source code"]
    assert only_source.digest != found.digest
    added = change({}, files(b"a\n", b"1"))
    assert added.kinds == (ADDED,)
    assert [field.label for field in added.fields] == ["Title", "Picture", "Source code"]


def test_a_connector_is_known_by_its_title_wherever_it_lies() -> None:
    def files(folder: str, name: str) -> Files:
        stem = f"{folder}/{name}.custom_adapter"
        return {f"{stem}.json": {"title": "Acme Credit"}, f"{stem}.rb": b"{}"}

    found = change(files("P", "acme"), files("Q/Connectors", "acme_credit"))
    assert found.kinds == (MOVED, RENAMED)


def page(width: int, *inputs: str, year: int = 2020) -> Files:
    layout = [{"id": label[:2], "type": "text-input", "label": label, "width": width} for label in inputs]
    document = {"name": "Request form", "path": "form", "content": {"type": "page", "layout": layout}}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("page.json", (year, 1, 1, 0, 0, 0)), json.dumps(document))
    return {"P/form.lcap_page.json": document, "P/form.lcap_page.zip": buffer.getvalue()}


def test_a_page_is_told_once_by_component_though_it_is_kept_twice() -> None:
    found = change(page(12, "Amount", "Note"), page(12, "Note", "Reason"))
    assert found.name == "Request form"
    assert [(field.label, field.before, field.after) for field in found.fields] == [
        ("Content ▸ Layout ▸ Amount (text-input) ▸ ID", "Am", MISSING),
        ("Content ▸ Layout ▸ Amount (text-input) ▸ Label", "Amount", MISSING),
        ("Content ▸ Layout ▸ Amount (text-input) ▸ Type", "text-input", MISSING),
        ("Content ▸ Layout ▸ Amount (text-input) ▸ Width", 12, MISSING),
        ("Content ▸ Layout ▸ Reason (text-input) ▸ ID", MISSING, "Re"),
        ("Content ▸ Layout ▸ Reason (text-input) ▸ Label", MISSING, "Reason"),
        ("Content ▸ Layout ▸ Reason (text-input) ▸ Type", MISSING, "text-input"),
        ("Content ▸ Layout ▸ Reason (text-input) ▸ Width", MISSING, 12),
    ]
    (moved,) = change(page(12, "Amount", "Note", "Reason"), page(12, "Reason", "Amount", "Note")).fields
    assert [(item.kind, item.label) for item in moved.declared] == [(MOVED, "Reason")]
    assert compared(page(12, "Amount"), page(12, "Amount", year=2021)).is_empty


def test_what_only_the_archive_of_a_page_says_is_told_too() -> None:
    before, after = page(12, "Amount"), page(6, "Amount")
    after["P/form.lcap_page.json"] = before["P/form.lcap_page.json"]
    assert [field.label for field in change(before, after).fields] == ["Content ▸ Layout ▸ Amount (text-input) ▸ Width"]


def test_an_endpoint_names_its_recipe_and_collection() -> None:
    def endpoint(path: str, recipe: str, folder: str = "", **more: Any) -> Node:
        return {
            "name": "Get order",
            "method": "GET",
            "path": path,
            "recipe_id": reference("recipe", recipe, folder),
            "api_group_id": reference("api_group", "Orders", folder),
        } | more

    before = endpoint("/orders", "Get order")
    assert told("api_endpoint", before, endpoint("/orders", "Get order", "P/")) == []
    assert told("api_endpoint", before, endpoint("/order", "Find order", use_cache=True, cache_ttl=None)) == [
        ("Path", "/orders", "/order"),
        ("Recipe", "Get order", "Find order"),
        ("Use cache", MISSING, True),
    ]


@pytest.mark.parametrize(
    ("path", "wrap"),
    [
        ("account_properties.properties.json", lambda names: dict.fromkeys(names)),
        ("P/properties.project_properties.json", lambda names: {"data": dict.fromkeys(names)}),
    ],
)
def test_properties_are_told_by_name(path: str, wrap: Any) -> None:
    found = change({path: wrap(["credit.default_limit", "x"])}, {path: wrap(["x", "Base URL"])})
    assert [(field.label, field.before, field.after) for field in found.fields] == [
        ("Property Base URL", MISSING, None),
        ("Property credit.default_limit", None, MISSING),
    ]
    assert found.name == ("P" if path.startswith("P/") else "Account properties")


def test_a_connection_is_its_app_and_its_name() -> None:
    before = {"name": "CRM\u00a0 live", "provider": "salesforce", "root_folder": False}
    assert told("connection", before, {"name": "CRM live", "provider": "salesforce", "root_folder": True}) == []
    assert told("connection", before, before | {"name": "CRM", "provider": "netsuite"}) == [
        ("Name", "CRM live", "CRM"),
        ("App", "salesforce", "netsuite"),
    ]
    tunnel = before | {"secure_gateway_tunnel_name": "plant 1"}
    assert classes("connection", before, tunnel) == {ChangeClass.COSMETIC}
    path = "P/x.connection.json"
    (found,) = compared({path: before}, {path: tunnel}, source="prod", target="prod").changes
    assert {field.change_class for field in found.fields} == {ChangeClass.LOGIC}


def agent(*skills: str, shift: int = 0, **more: Any) -> Node:
    names = {f"ref_{place + shift}": name for place, name in enumerate(skills)}
    references = {key: {"type": "agentic_skill", "id": reference("agentic_skill", name)} for key, name in names.items()}
    tools = [{"tool": key, "description": f"Use {name}", "vua_required": False} for key, name in names.items()]
    return {"name": "Desk", "instructions": "Help.", "tools": tools, "references": references} | more


def test_an_agent_is_compared_by_what_its_references_mean() -> None:
    assert told("mcp_server", agent("Find order", "Cancel order"), agent("Find order", "Cancel order", shift=7)) == []
    labels = [label for label, _, _ in told("mcp_server", agent("Find order"), agent("New one", "Find order"))]
    assert {label.split(" ▸ ")[0] for label in labels} == {"Tools", "References"}
    assert not any("ref_" in label for label in labels)
    assert classes("agentic_genie", agent(), agent(instructions="Refund all.")) == {ChangeClass.LOGIC}
    assert classes("agentic_genie", agent(), agent(logo_file_name="x.png")) == {ChangeClass.COSMETIC}


def test_agents_whose_references_have_one_name_are_told_apart() -> None:
    before = agent("Find order", "Find order")
    other = json.loads(json.dumps(before))
    for key, folder in (("ref_0", "A"), ("ref_1", "B")):
        before["references"][key]["id"]["owner"] = other["references"][key]["id"]["owner"] = folder
    before["tools"], other["tools"] = [{"tool": "ref_0"}], [{"tool": "ref_1"}]
    assert len(told("mcp_server", before, other)) == 1


def test_a_decision_model_is_compared_by_the_ids_of_its_nodes() -> None:
    def model(*nodes: tuple[str, str, int]) -> Node:
        graph = {
            "nodes": [{"id": node, "rule": rule, "position": {"x": x}} for node, rule, x in nodes],
            "edges": [{"source": nodes[0][0], "target": node} for node, _, _ in nodes[1:]],
        }
        return {"name": "Credit", "graph": graph, "version": len(nodes)}

    before = model(("a", "start", 1), ("b", "limit > 5", 2), ("c", "stop", 3))
    after = model(("a", "start", 1), ("new", "x", 2), ("b", "limit > 9", 2), ("c", "stop", 3))
    labels = [label for label, _, _ in told("decision_engine_model", before, after)]
    assert "Graph ▸ Nodes ▸ b ▸ Rule" in labels
    assert not any(label.startswith("Graph ▸ Nodes ▸ c") for label in labels)
    shifted = model(("a", "start", 9), ("b", "limit > 5", 2), ("c", "stop", 3))
    assert classes("decision_engine_model", before, shifted) == {ChangeClass.COSMETIC}


def test_the_looks_of_a_project_and_its_tags_are_cosmetic() -> None:
    tags = [{"title": "SOX", "description": "", "color": "red"}, {"title": "PII", "description": "", "color": "blue"}]
    found = compared(
        {"P/project.json": {"color": "red"}, "P/tags.json": tags},
        {"P/project.json": {"color": "blue"}, "P/tags.json": [{**tags[0], "description": "Audited"}, tags[1]]},
    ).changes
    assert {field.change_class for item in found for field in item.fields} == {ChangeClass.COSMETIC}
    assert [item.name for item in found] == ["P", "P"]
    assert [field.label for field in found[1].fields] == ["SOX ▸ Description"]


def test_topics_templates_and_common_schemas_are_told_by_field() -> None:
    field = {"name": "amount", "label": "Amount", "type": "number"}
    for kind in ("topic", "workato_template", "workato_schema"):
        path = f"P/x.{kind}.json"
        found = change(
            {path: {"name": "X", "schema": []}}, {path: {"name": "X", "schema": [field], "content": "Dear {{a}}"}}
        )
        assert [item.label for item in found.fields] == ["Content", "Fields"]
        assert [item.label for item in found.fields[1].declared] == ["Amount"]


def test_an_unknown_kind_is_compared_key_by_key() -> None:
    assert told("from_the_future", {"a": [{"id": "1", "b": 1}]}, {"a": [{"id": "1", "b": 2}], "c": ""}) == [
        ("A ▸ 1 ▸ B", 1, 2),
        ("C", MISSING, ""),
    ]
    assert told("from_the_future", "a", "b") == [("Content", "a", "b")]


def test_a_label_of_what_is_gone_is_looked_up_where_it_was() -> None:
    stages = [{"name": "New"}, {"name": "Done"}]
    before = {"name": "Desk", "workflow_stages": stages, "workato_db_table": reference("workato_db_table", "Requests")}
    after = {**before, "workflow_stages": stages[1:], "workato_db_table": reference("workato_db_table", "Tickets")}
    assert told("lcap_app", before, after) == [
        ("Data table", "Requests", "Tickets"),
        ("Workflow stages ▸ New ▸ Name", "New", MISSING),
    ]
