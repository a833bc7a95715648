"""What can be listed, in Workato's shapes."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from exporter.sandbox import Sandbox

ClientFor = Callable[[str], httpx.Client]


def ids(items: list[dict[str, object]]) -> list[object]:
    return [item["id"] for item in items]


def by_name(items: list[dict[str, object]]) -> dict[object, dict[str, object]]:
    return {item["name"]: item for item in items}


def test_each_token_opens_its_own_environment(client_for: ClientFor) -> None:
    assert [client_for(name).get("/api/users/me").json()["id"] for name in ("dev", "test", "prod")] == [101, 102, 103]


def test_ids_differ_between_environments(client_for: ClientFor) -> None:
    dev, test = (client_for(name).get("/api/projects").json() for name in ("dev", "test"))
    assert [project["name"] for project in dev] == ["Sales", "Shared", "Empty"]
    assert not set(ids(dev)) & set(ids(test))


@pytest.mark.parametrize("token", ["", "Bearer nonsense", "Bearer ÿ"])
def test_a_wrong_token_is_unauthorized(sandbox: Sandbox, token: str) -> None:
    answer = httpx.get(f"{sandbox.url}/api/users/me", headers={"Authorization": token.encode("latin-1")})
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


def test_user_has_the_root_folder_and_the_counts(dev: httpx.Client) -> None:
    user = dev.get("/api/users/me").json()
    assert (user["recipes_count"], user["active_recipes_count"]) == (5, 1)
    assert dev.get(f"/api/folders/{user['root_folder_id']}").json()["parent_id"] is None


def test_projects_come_in_pages(dev: httpx.Client) -> None:
    pages = [dev.get("/api/projects", params={"per_page": 2, "page": page}).json() for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [2, 1, 0]
    assert set(pages[0][0]) == {"id", "name", "description", "folder_id"}


def test_folders_are_listed_one_level_at_a_time(dev: httpx.Client) -> None:
    top = by_name(dev.get("/api/folders").json())
    assert set(top) == {"Sales", "Shared", "Empty"}
    assert top["Sales"]["is_project"] is True
    (below,) = dev.get("/api/folders", params={"parent_id": top["Sales"]["id"]}).json()
    assert (below["name"], below["is_project"], below["parent_id"]) == ("Orders & More", False, top["Sales"]["id"])
    assert below["project_id"] == top["Sales"]["project_id"]


def test_a_new_folder_at_the_top_is_a_project(dev: httpx.Client) -> None:
    made = dev.post("/api/folders", json={"name": "New"}).json()
    assert made["is_project"] is True
    assert by_name(dev.get("/api/projects").json())["New"]["folder_id"] == made["id"]
    inside = dev.post("/api/folders", json={"name": "In", "parent_id": str(made["id"])}).json()
    assert (inside["is_project"], inside["project_id"]) == (False, made["project_id"])
    assert dev.post("/api/folders", json={"name": "New"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/projects?page=x", 400),
        ("/api/projects?page=-1", 400),
        ("/api/folders?parent_id=7", 404),
        ("/api/folders/7", 404),
        ("/api/recipes/7", 404),
        ("/api/recipes?updated_after=yesterday", 400),
        ("/api/recipes?updated_after=2026-01-01T00:00:00", 400),
        ("/api/recipes?with_deleted=true", 501),
        ("/api/recipes?order=activity", 501),
        ("/api/custom_connectors/7/code", 404),
        ("/api/properties?project_id=7", 404),
    ],
)
def test_bad_parameters_are_refused(dev: httpx.Client, path: str, status: int) -> None:
    assert dev.get(path).status_code == status


def test_recipes_come_highest_id_first_with_code_as_text(dev: httpx.Client) -> None:
    items = dev.get("/api/recipes").json()["items"]
    assert ids(items) == sorted(ids(items), reverse=True)
    order = by_name(items)["Take order"]
    code = json.loads(str(order["code"]))
    assert code["keyword"] == "trigger"
    assert code["block"][0]["input"]["flow_id"] == by_name(items)["Check credit"]["id"]
    assert code["block"][2]["input"]["flow_id"] is None  # what it calls is gone
    connections = by_name(dev.get("/api/connections").json())
    assert order["config"][0]["account_id"] == connections["CRM | 本番"]["id"]  # type: ignore[index]
    assert (order["version_no"], order["running"], order["version_author_name"]) == (7, True, "Kim")
    assert order["applications"] == ["crm", "workato_recipe_function"]


def test_recipe_filters(dev: httpx.Client) -> None:
    def names(**query: str) -> list[str]:
        return [item["name"] for item in dev.get("/api/recipes", params=query).json()["items"]]

    everything = dev.get("/api/recipes", params={"exclude_code": "true"}).json()["items"]
    assert all("code" not in item for item in everything)
    assert names(running="true") == ["Take order"]
    assert names(per_page="2") == ["Log error", "Sync A B"]
    assert names(since_id=str(everything[1]["id"])) == ["Sync: A/B", "Check credit", "Take order"]
    assert names(folder_id=str(everything[4]["folder_id"])) == ["Check credit", "Take order"]
    assert names(adapter_names_any="workato_recipe_function,x") == ["Take order"]
    assert names(adapter_names_all="crm,x") == []
    assert names(updated_after="2026-01-05T17:01:30+00:00") == ["Log error", "Sync A B", "Sync: A/B"]


def test_tags_are_handles_on_request(dev: httpx.Client) -> None:
    (tag,) = dev.get("/api/tags").json()["data"]["tags"]
    assert tag["title"] == "SOX"
    items = by_name(dev.get("/api/recipes", params={"includes[]": "tags"}).json()["items"])
    assert items["Take order"]["tags"] == [tag["handle"]]
    assert items["Log error"]["tags"] == []


def test_versions_say_who_saved(dev: httpx.Client) -> None:
    order = by_name(dev.get("/api/recipes").json()["items"])["Take order"]
    (version,) = dev.get(f"/api/recipes/{order['id']}/versions").json()["data"]
    assert (version["version_no"], version["author_email"]) == (7, "kim@example.com")
    assert dev.get(f"/api/recipes/{order['id']}/versions/{version['id']}").json()["data"] == version
    assert dev.get(f"/api/recipes/{order['id']}/test_cases").json() == {"data": []}


def test_start_and_stop(dev: httpx.Client) -> None:
    order = by_name(dev.get("/api/recipes").json()["items"])["Take order"]
    assert dev.put(f"/api/recipes/{order['id']}/stop").json() == {"success": True}
    assert dev.get(f"/api/recipes/{order['id']}").json()["running"] is False
    assert dev.put(f"/api/recipes/{order['id']}/start").json() == {"success": True}
    assert dev.get(f"/api/recipes/{order['id']}").json()["running"] is True


def test_connections_name_the_connector_also_a_custom_one(dev: httpx.Client) -> None:
    connections = by_name(dev.get("/api/connections").json())
    assert connections["CRM | 本番"]["application"] == "crm"
    (connector,) = dev.get("/api/custom_connectors").json()["result"]
    assert connections["Bank"]["provider"] == connector["name"]
    folder_id = connections["Bank"]["folder_id"]
    assert list(by_name(dev.get("/api/connections", params={"folder_id": folder_id}).json())) == ["Bank"]


def test_custom_connector_code_and_tables(dev: httpx.Client) -> None:
    (connector,) = dev.get("/api/custom_connectors").json()["result"]
    assert (connector["title"], connector["latest_released_version"]) == ("Credit", 3)
    code = dev.get(f"/api/custom_connectors/{connector['id']}/code").json()
    assert code == {"data": {"code": "{ title: 'Credit' }\n"}}
    (table,) = dev.get("/api/lookup_tables").json()
    assert json.loads(table["schema"]) == [{"name": "col1", "label": "Code"}]
    (data_table,) = dev.get("/api/data_tables").json()["data"]
    assert [(column["name"], column["type"], column["optional"]) for column in data_table["schema"]] == [
        ("Record ID", "string", True),
        ("Due", "date_time", False),
    ]


def test_properties_of_the_environment_and_of_a_project(dev: httpx.Client) -> None:
    assert dev.get("/api/properties?prefix=").json() == {"mail.sender": "billing@example.com"}
    sales = by_name(dev.get("/api/projects").json())["Sales"]["id"]
    query = {"project_id": str(sales), "prefix": "limit."}
    assert dev.get("/api/properties", params=query).json() == {"min": "1"}
    assert dev.post("/api/properties", params=query, json={"properties": {"limit.x": "2"}}).json() == {"success": True}
    assert dev.get("/api/properties", params=query).json() == {"min": "1", "x": "2"}


def test_links_of_reports_lead_to_a_page_that_names_the_recipe(sandbox: Sandbox, dev: httpx.Client) -> None:
    order = by_name(dev.get("/api/recipes").json()["items"])["Take order"]
    page = httpx.get(f"{sandbox.url}/recipes/{order['id']}")
    assert "Take order" in page.text
    assert "dev: Sales / Orders &amp; More, version 7" in page.text
    assert httpx.get(f"{sandbox.url}/recipes/{'9' * 5000}").status_code == 404
