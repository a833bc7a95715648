"""Imports, builds and deployments: what they do to the workspace that receives them."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable, Mapping

import httpx
import pytest

from exporter.sandbox import Sandbox
from exporter.sandbox.seed import SeedAsset

Json = dict[str, object]
ClientFor = Callable[[str], httpx.Client]


def project_folder(client: httpx.Client, name: str) -> int:
    return next(int(item["folder_id"]) for item in client.get("/api/projects").json() if item["name"] == name)


def package(client: httpx.Client, name: str, **more: object) -> bytes:
    body = {"name": "M", "folder_id": project_folder(client, name), "auto_generate_assets": True, **more}
    manifest = client.post("/api/export_manifests", json={"export_manifest": body}).json()["result"]
    exported = client.post(f"/api/packages/export/{manifest['id']}").json()
    return httpx.get(exported["download_url"]).content


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content), metadata_encoding="utf-8") as archive:
        return {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}


def packed(files: Mapping[str, bytes]) -> bytes:
    """As Python's zipfile packs: names flagged as UTF-8, no directory entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def edited(content: bytes, name: str, **changes: object) -> bytes:
    files = members(content)
    files[name] = json.dumps({**json.loads(files[name]), **changes}).encode()
    return packed(files)


def send(client: httpx.Client, folder_id: int, content: bytes, **query: str) -> httpx.Response:
    return client.post(f"/api/packages/import/{folder_id}", content=content, params=query)


def recipes(client: httpx.Client) -> dict[str, Json]:
    return {item["name"]: item for item in client.get("/api/recipes").json()["items"]}


ORDER = "Orders & More/take_order.recipe.json"


def test_importing_what_is_there_changes_nothing(client_for: ClientFor) -> None:
    dev, test = client_for("dev"), client_for("test")
    before = recipes(test)
    result = send(test, project_folder(test, "Sales"), package(dev, "Sales")).json()
    assert (result["operation_type"], result["status"]) == ("import", "completed")
    assert {status["import_result"] for status in result["recipe_status"]} == {"no_update_or_updated_without_restart"}
    assert recipes(test) == before


def test_a_changed_recipe_gets_a_new_version_and_restarts(client_for: ClientFor) -> None:
    dev, test = client_for("dev"), client_for("test")
    content = edited(package(dev, "Sales"), ORDER, description="Changed")
    result = send(test, project_folder(test, "Sales"), content, restart_recipes="true").json()
    order = recipes(test)["Take order"]
    assert (order["description"], order["version_no"], order["running"]) == ("Changed", 8, True)
    assert {"id": order["id"], "import_result": "restarted"} in result["recipe_status"]
    exported = json.loads(members(package(test, "Sales", include_tags=True))[ORDER])
    assert exported["version"] == 8
    assert exported["tags"] == ["SOX"]  # the package had none, so the recipe keeps its own
    assert list(exported) == ["name", "description", "version", "private", "concurrency", "tags", "code", "config"]


def test_a_running_recipe_that_would_change_refuses_the_import(client_for: ClientFor) -> None:
    dev, test = client_for("dev"), client_for("test")
    content = edited(package(dev, "Sales"), ORDER, description="Changed")
    answer = send(test, project_folder(test, "Sales"), content)
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"recipes": ["Take order is running"]}
    assert recipes(test)["Take order"]["version_no"] == 7


def test_a_new_recipe_is_created_stopped_with_its_references(client_for: ClientFor) -> None:
    test = client_for("test")
    config = {"keyword": "application", "provider": "jira"}
    account = {"folder": "Links", "name": "Jira", "zip_name": "Links/jira.connection.json"}
    recipe = {"name": "Fresh", "code": {"keyword": "trigger"}, "config": [{**config, "account_id": account}]}
    connection = {"name": "Jira", "provider": "jira", "root_folder": False}
    files = {"New/fresh.recipe.json": json.dumps(recipe), "Links/jira.connection.json": json.dumps(connection)}
    content = packed({name: text.encode() for name, text in files.items()})
    send(test, project_folder(test, "Empty"), content)
    fresh = recipes(test)["Fresh"]
    jira = next(item for item in test.get("/api/connections").json() if item["name"] == "Jira")
    assert (fresh["running"], fresh["version_no"]) == (False, 1)
    assert fresh["config"][0]["account_id"] == jira["id"]  # type: ignore[index]
    assert jira["authorization_status"] is None  # a placeholder
    refused = test.put(f"/api/recipes/{fresh['id']}/start").json()
    assert refused["success"] is False
    assert refused["config_errors"] == [[0, [["account_id", None, "Jira is not connected"]]]]


def test_existing_connections_are_left_alone(client_for: ClientFor) -> None:
    dev, test = client_for("dev"), client_for("test")
    before = test.get("/api/connections").json()
    name = "Shared/Connections/crm_本番.connection.json"
    send(test, project_folder(test, "Sales"), edited(package(dev, "Sales"), name, provider="other"))
    assert test.get("/api/connections").json() == before


def test_foreign_and_home_assets_find_their_places(client_for: ClientFor) -> None:
    dev, test = client_for("dev"), client_for("test")
    before = test.get("/api/folders").json()
    send(test, project_folder(test, "Sales"), package(dev, "Sales"))
    assert test.get("/api/folders").json() == before
    sales = {"parent_id": str(project_folder(test, "Sales"))}
    assert [folder["name"] for folder in test.get("/api/folders", params=sales).json()] == ["Orders & More"]
    assert len(test.get("/api/connections").json()) == 2


def test_home_assets_go_where_the_caller_says(sandbox: Sandbox, client_for: ClientFor) -> None:
    dev, test = client_for("dev"), client_for("test")
    sandbox.control.remove_asset("test", "connection", (), "Bank")
    home = project_folder(test, "Empty")
    send(test, project_folder(test, "Sales"), package(dev, "Sales"), folder_id_for_home_assets=str(home))
    bank = next(item for item in test.get("/api/connections").json() if item["name"] == "Bank")
    assert bank["folder_id"] == home


def test_a_recipe_that_cannot_restart_is_reported(sandbox: Sandbox, client_for: ClientFor) -> None:
    dev, test = client_for("dev"), client_for("test")
    sandbox.control.remove_asset("test", "connection", ("Shared", "Connections"), "CRM | 本番")
    content = edited(package(dev, "Sales"), ORDER, description="Changed")
    result = send(test, project_folder(test, "Sales"), content, restart_recipes="true").json()
    assert [status["import_result"] for status in result["recipe_status"]].count("restart_failed") == 1
    assert recipes(test)["Take order"]["running"] is False


def test_nothing_is_ever_deleted_and_missing_properties_are_added(client_for: ClientFor) -> None:
    test = client_for("test")
    content = packed({"properties.project_properties.json": b'{"data": {"new": null, "limit.min": null}}'})
    send(test, project_folder(test, "Sales"), content)
    assert len(recipes(test)) == 5
    sales = next(item["id"] for item in test.get("/api/projects").json() if item["name"] == "Sales")
    values = test.get("/api/properties", params={"project_id": sales, "prefix": ""}).json()
    assert values == {"limit | max": "10", "limit.min": "1", "new": ""}


def test_rows_survive_an_import_without_rows(client_for: ClientFor) -> None:
    dev, test = client_for("dev"), client_for("test")
    content = edited(package(dev, "Sales"), "rates.lookup_table.json", schema=[])
    send(test, project_folder(test, "Sales"), content)
    table = json.loads(members(package(test, "Sales", include_data=True))["rates.lookup_table.json"])
    assert (table["schema"], table["data"]) == ([], "col1\nA\n")


def test_a_custom_connector_is_matched_by_title(client_for: ClientFor) -> None:
    test = client_for("test")
    files = {"credit.custom_adapter.json": b'{"title": "Credit"}', "credit.custom_adapter.rb": b"{ title: 'Two' }"}
    send(test, project_folder(test, "Empty"), packed(files))
    (connector,) = test.get("/api/custom_connectors").json()["result"]
    assert connector["latest_released_version"] == 4
    assert "Two" in test.get(f"/api/custom_connectors/{connector['id']}/code").json()["data"]["code"]


def test_a_second_import_at_once_is_refused(sandbox: Sandbox, dev: httpx.Client) -> None:
    sandbox.control.configure(import_polls=1)
    folder_id, content = project_folder(dev, "Sales"), package(dev, "Sales")
    first = send(dev, folder_id, content).json()
    assert first["status"] == "in_progress"
    assert send(dev, folder_id, content).status_code == 409
    assert dev.get(f"/api/packages/{first['id']}").json()["status"] == "in_progress"
    assert dev.get(f"/api/packages/{first['id']}").json()["status"] == "completed"
    assert send(dev, folder_id, content).status_code == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"PK\x03\x04 and nothing more", 400),
        (packed({"x.recipe.json": b"{"}), 422),
        (packed({"x.recipe.json": b"[" * 100_000}), 422),
        (packed({"x.recipe.json": b"[]"}), 422),
        (packed({"x.recipe.json": b'{"name": "\\ud800"}'}), 422),
        pytest.param(
            packed({"x.recipe.json": b'{"name": "x", "code": ' + b'{"a":' * 700 + b"1" + b"}" * 701}),
            422,
            marks=pytest.mark.skipif(sys.version_info >= (3, 12), reason="newer Pythons write JSON of this depth"),
        ),
        (packed({"x.custom_adapter.rb": b""}), 422),
    ],
)
def test_a_package_that_is_none_is_refused(dev: httpx.Client, content: bytes, status: int) -> None:
    assert send(dev, project_folder(dev, "Sales"), content).status_code == status


def test_a_package_of_the_root_brings_its_projects(client_for: ClientFor) -> None:
    test = client_for("test")
    root_id = test.get("/api/users/me").json()["root_folder_id"]
    send(test, root_id, packed({"Brand new/In/x.recipe.json": b'{"name": "X", "code": {}}', "project.json": b"{}"}))
    assert "Brand new" in [project["name"] for project in test.get("/api/projects").json()]
    assert "X" in recipes(test)


def test_a_deployment_brings_the_project_and_removes_what_is_gone(sandbox: Sandbox, client_for: ClientFor) -> None:
    dev, test = client_for("dev"), client_for("test")
    sandbox.control.remove_asset("dev", "recipe", ("Sales",), "Sync A B")
    topic = SeedAsset("topic", "Orders", ("Sales",), {".topic.json": b'{"name": "Orders"}'})
    sandbox.control.save_asset("dev", topic)
    build = dev.post(f"/api/projects/f{project_folder(dev, 'Sales')}/build", json={"description": "b"}).json()
    assert dev.get(f"/api/project_builds/{build['id']}").json()["state"] == "success"
    assert httpx.get(build["download_url"]).content.startswith(b"PK")
    deployed = dev.post(f"/api/project_builds/{build['id']}/deploy", params={"environment_type": "test"}).json()
    states = {(asset["name"], asset["state"]) for asset in deployed["assets"]}
    assert states == {("Orders", "new"), ("Sync A B", "deleted")}
    assert "Sync A B" not in recipes(test)
    assert dev.get(f"/api/deployments/{deployed['id']}").json() == deployed
    assert dev.get("/api/deployments", params={"environment_type": "test"}).json() == {"items": [deployed]}


def test_building_and_deploying_in_one_go(client_for: ClientFor) -> None:
    dev = client_for("dev")
    project_id = next(item["id"] for item in dev.get("/api/projects").json() if item["name"] == "Sales")
    deployed = dev.post(f"/api/projects/{project_id}/deploy", params={"environment_type": "prod"}).json()
    assert (deployed["state"], deployed["environment_type"], deployed["assets"]) == ("success", "prod", [])


def test_deployments_start_in_development_and_go_to_test_or_prod(client_for: ClientFor) -> None:
    test, dev = client_for("test"), client_for("dev")
    folder = f"f{project_folder(test, 'Sales')}"
    assert test.post(f"/api/projects/{folder}/build").status_code == 400
    assert test.post(f"/api/projects/{folder}/deploy", params={"environment_type": "prod"}).status_code == 400
    folder = f"f{project_folder(dev, 'Sales')}"
    assert dev.post(f"/api/projects/{folder}/deploy", params={"environment_type": "dev"}).status_code == 400
    assert dev.post("/api/projects/f7/build").status_code == 404
