"""Manifests, exports and downloads: what is in a package and how it looks."""

from __future__ import annotations

import io
import json
import zipfile
from urllib.parse import urlsplit

import httpx
import pytest

from exporter.sandbox import Sandbox
from exporter.sandbox.seed import SeedAsset

Json = dict[str, object]

SALES_MEMBERS = [
    "rates.lookup_table.json",
    "requests.workato_db_table.json",
    "Shared/",
    "Shared/credit.custom_adapter.json",
    "Shared/credit.custom_adapter.rb",
    "Shared/credit.custom_adapter.png",
    "Shared/Connections/",
    "Shared/Connections/crm_本番.connection.json",
    "bank.connection.json",
    "properties.project_properties.json",
    "Orders & More/",
    "Orders & More/check_credit.recipe.json",
    "Orders & More/take_order.recipe.json",
    "sync_a_b.recipe.json",
    "sync_a_b.1.recipe.json",
    "form.lcap_page.json",
    "form.lcap_page.zip",
    "project.json",
]


def project_folder(client: httpx.Client, name: str) -> int:
    return next(int(item["folder_id"]) for item in client.get("/api/projects").json() if item["name"] == name)


def make_manifest(client: httpx.Client, folder_id: int, **more: object) -> int:
    body = {"export_manifest": {"name": "M", "folder_id": folder_id, "auto_generate_assets": True, **more}}
    answer = client.post("/api/export_manifests", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["result"]["id"])


def export(client: httpx.Client, manifest_id: int) -> zipfile.ZipFile:
    package = client.post(f"/api/packages/export/{manifest_id}").json()
    assert package["status"] == "completed"
    content = httpx.get(package["download_url"]).content
    return zipfile.ZipFile(io.BytesIO(content), metadata_encoding="utf-8")


def export_project(client: httpx.Client, name: str, **more: object) -> zipfile.ZipFile:
    return export(client, make_manifest(client, project_folder(client, name), **more))


def test_folder_assets_list_the_tree_and_what_it_depends_on(dev: httpx.Client) -> None:
    query = {"folder_id": str(project_folder(dev, "Sales"))}
    listed = dev.get("/api/export_manifests/folder_assets", params=query).json()["result"]["assets"]
    assets = {item["zip_name"]: item for item in listed}
    order = assets["Orders & More/take_order.recipe.json"]
    assert (order["folder"], order["absolute_path"]) == ("Orders & More", "All projects/Sales/Orders & More")
    assert (order["version"], order["type"], order["checked"], order["root_folder"]) == (7, "recipe", True, False)
    bank = assets["bank.connection.json"]
    assert (bank["root_folder"], bank["absolute_path"], bank["folder"]) == (True, "All projects", "")
    foreign = assets["Shared/log_error.recipe.json"]
    assert (foreign["unreachable"], foreign["checked"]) == (True, False)
    assert assets["Shared/Connections/crm_本番.connection.json"]["unreachable"] is False


def test_folder_assets_of_the_root_hold_everything(dev: httpx.Client) -> None:
    assets = dev.get("/api/export_manifests/folder_assets").json()["result"]["assets"]
    assert {item["zip_name"] for item in assets} >= {
        "Sales/Orders & More/take_order.recipe.json",
        "Shared/log_error.recipe.json",
        "account_properties.properties.json",
        "Sales/properties.project_properties.json",
    }


def test_a_project_is_packed_with_its_contents_at_the_top(dev: httpx.Client) -> None:
    assert export_project(dev, "Sales").namelist() == SALES_MEMBERS


def test_an_explicit_list_packs_what_it_names(dev: httpx.Client) -> None:
    query = {"folder_id": str(project_folder(dev, "Sales"))}
    assets = dev.get("/api/export_manifests/folder_assets", params=query).json()["result"]["assets"]
    foreign = [{**item, "unreachable": False, "checked": True} for item in assets if item["unreachable"]]
    chosen = [item for item in assets if item["name"] == "Check credit"] + foreign
    manifest_id = make_manifest(dev, int(query["folder_id"]), auto_generate_assets=False, assets=chosen)
    names = [name for name in export(dev, manifest_id).namelist() if name.endswith(".recipe.json")]
    assert names == ["Orders & More/check_credit.recipe.json", "Shared/log_error.recipe.json"]


def test_names_are_utf8_without_saying_so(dev: httpx.Client) -> None:
    package = export_project(dev, "Sales")
    assert [info.flag_bits & 0x800 for info in package.infolist()] == [0] * len(SALES_MEMBERS)
    assert package.testzip() is None


def test_members_are_deflated_and_stamped_with_the_time_of_the_export(dev: httpx.Client) -> None:
    infos = export_project(dev, "Sales").infolist()
    assert len({info.date_time for info in infos}) == 1
    assert {info.compress_type for info in infos if not info.is_dir()} == {zipfile.ZIP_DEFLATED}
    assert {info.external_attr >> 16 for info in infos} == {0o040755, 0o100644}


def test_files_keep_their_bytes_but_for_the_final_newline(dev: httpx.Client) -> None:
    content = export_project(dev, "Sales").read("Orders & More/check_credit.recipe.json")
    assert content.startswith(b'{\n  "name": "Check credit",\n  "description": "",\n  "version": 2,')
    assert content.endswith(b"\n}")


def test_references_are_relative_to_the_exported_folder(dev: httpx.Client) -> None:
    order = json.loads(export_project(dev, "Sales").read("Orders & More/take_order.recipe.json"))
    assert order["config"][0]["account_id"] == {
        "zip_name": "Shared/Connections/crm_本番.connection.json",
        "name": "CRM | 本番",
        "folder": "Shared/Connections",
    }
    check, log, gone = (step["input"]["flow_id"] for step in order["code"]["block"])
    assert (check["zip_name"], check["folder"]) == ("Orders & More/check_credit.recipe.json", "Orders & More")
    assert (log["zip_name"], log["folder"]) == ("Shared/log_error.recipe.json", "Shared")  # dangles: unreachable
    assert (gone["zip_name"], gone["folder"]) == ("Orders & More/gone.recipe.json", "Orders & More")


def test_an_export_of_the_root_keeps_every_project_under_its_name(dev: httpx.Client) -> None:
    manifest_id = make_manifest(dev, 0)
    package = export(dev, manifest_id)
    names = package.namelist()
    assert "Sales/Orders & More/take_order.recipe.json" in names
    assert names[-4:] == ["Sales/project.json", "Shared/project.json", "Empty/", "Empty/project.json"]
    assert json.loads(package.read("account_properties.properties.json")) == {"mail.sender": None}
    order = json.loads(package.read("Sales/Orders & More/take_order.recipe.json"))
    assert order["code"]["block"][1]["input"]["flow_id"]["zip_name"] == "Shared/log_error.recipe.json"


def test_property_values_are_never_exported(dev: httpx.Client) -> None:
    content = export_project(dev, "Sales").read("properties.project_properties.json")
    assert content == b'{\n  "data": {\n    "limit | max": null,\n    "limit.min": null\n  }\n}'


def test_tags_come_only_when_asked_for(dev: httpx.Client) -> None:
    name = "Orders & More/take_order.recipe.json"
    assert "tags" not in json.loads(export_project(dev, "Sales").read(name))
    tagged = export_project(dev, "Sales", include_tags=True)
    assert json.loads(tagged.read(name))["tags"] == ["SOX"]
    assert [tag["title"] for tag in json.loads(tagged.read("tags.json"))] == ["SOX"]
    assert tagged.namelist()[-2:] == ["tags.json", "project.json"]


def test_rows_come_only_when_asked_for(dev: httpx.Client) -> None:
    name = "rates.lookup_table.json"
    assert "data" not in json.loads(export_project(dev, "Sales").read(name))
    assert json.loads(export_project(dev, "Sales", include_data=True).read(name))["data"] == "col1\nA\n"


def test_a_pages_archive_is_made_anew_with_equal_members(dev: httpx.Client) -> None:
    package = export_project(dev, "Sales")
    with zipfile.ZipFile(io.BytesIO(package.read("form.lcap_page.zip"))) as page:
        (info,) = page.infolist()
        assert page.read(info) == b'{"name": "Form"}'
        assert info.date_time == package.infolist()[0].date_time


def test_a_manifest_keeps_the_assets_of_when_it_was_saved(sandbox: Sandbox, dev: httpx.Client) -> None:
    folder_id = project_folder(dev, "Sales")
    manifest_id = make_manifest(dev, folder_id)
    added = SeedAsset("topic", "Later", ("Sales",), {".topic.json": b'{"name": "Later"}'})
    sandbox.control.save_asset("dev", added)
    sandbox.control.remove_asset("dev", "recipe", ("Sales",), "Sync A B")
    names = export(dev, manifest_id).namelist()
    assert "later.topic.json" not in names
    assert "sync_a_b.recipe.json" in names
    body = {"export_manifest": {"name": "M", "folder_id": folder_id, "auto_generate_assets": True}}
    assert dev.put(f"/api/export_manifests/{manifest_id}", json=body).status_code == 200
    assert "later.topic.json" in export(dev, manifest_id).namelist()


def test_a_deleted_manifest_is_archived(sandbox: Sandbox, dev: httpx.Client) -> None:
    manifest_id = make_manifest(dev, project_folder(dev, "Sales"))
    assert sandbox.control.state()["dev"]["manifests"] == 1
    assert dev.delete(f"/api/export_manifests/{manifest_id}").json() == {"success": True}
    assert sandbox.control.state()["dev"]["manifests"] == 0
    assert dev.get(f"/api/export_manifests/{manifest_id}").json()["result"]["status"] == "archived"
    assert dev.post(f"/api/packages/export/{manifest_id}").status_code == 404
    assert dev.delete(f"/api/export_manifests/{manifest_id}").status_code == 404


def test_a_package_is_in_progress_for_the_set_number_of_looks(sandbox: Sandbox, dev: httpx.Client) -> None:
    sandbox.control.configure(export_polls=2)
    package = dev.post(f"/api/packages/export/{make_manifest(dev, project_folder(dev, 'Sales'))}").json()
    assert (package["status"], package["download_url"], package["operation_type"]) == ("in_progress", None, "export")
    looks = [dev.get(f"/api/packages/{package['id']}").json() for _ in range(3)]
    assert [look["status"] for look in looks] == ["in_progress", "in_progress", "completed"]
    assert dev.get(f"/api/packages/{package['id']}/download").status_code == 302


def test_a_package_holds_the_moment_of_its_export(sandbox: Sandbox, dev: httpx.Client) -> None:
    manifest_id = make_manifest(dev, project_folder(dev, "Sales"))
    package = dev.post(f"/api/packages/export/{manifest_id}").json()
    sandbox.control.remove_project("dev", "Sales")
    content = httpx.get(package["download_url"]).content
    assert "sync_a_b.recipe.json" in zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_an_empty_project_cannot_be_exported(dev: httpx.Client) -> None:
    manifest_id = make_manifest(dev, project_folder(dev, "Empty"))
    package = dev.post(f"/api/packages/export/{manifest_id}").json()
    assert (package["status"], package["download_url"]) == ("failed", None)
    assert package["error"] == "Manifest has no assets to export"
    assert dev.get(f"/api/packages/{package['id']}/download").status_code == 404


def test_the_link_is_of_another_origin_and_takes_no_token(sandbox: Sandbox, dev: httpx.Client) -> None:
    package = dev.post(f"/api/packages/export/{make_manifest(dev, project_folder(dev, 'Sales'))}").json()
    url = dev.get(f"/api/packages/{package['id']}/download").headers["Location"]
    assert urlsplit(url).netloc != urlsplit(sandbox.url).netloc
    assert httpx.get(url).headers["Content-Type"] == "application/zip"
    assert httpx.get(url, headers={"Authorization": "Bearer x"}).status_code == 400
    assert httpx.get(url[:-1] + ("0" if url[-1] != "0" else "1")).status_code == 403
    assert "signature" not in str(sandbox.requests()).lower().replace("x-amz-signature': ['…']", "")


def test_a_link_expires(sandbox: Sandbox, dev: httpx.Client) -> None:
    sandbox.control.configure(link_seconds=0)
    package = dev.post(f"/api/packages/export/{make_manifest(dev, project_folder(dev, 'Sales'))}").json()
    answer = httpx.get(package["download_url"])
    assert (answer.status_code, "Request has expired" in answer.text) == (403, True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"export_manifest": {}}, 400),
        ({"export_manifest": {"name": "x", "folder_id": "many"}}, 400),
        ({"export_manifest": {"name": "x", "folder_id": 7}}, 404),
        ({"export_manifest": {"name": "x", "assets": [{"id": 7, "type": "recipe"}]}}, 400),
        ({"export_manifest": {"name": "x", "assets": "all"}}, 400),
        ({"export_manifest": {"name": "x", "auto_run": True}}, 501),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(dev: httpx.Client, body: Json, status: int) -> None:
    assert dev.post("/api/export_manifests", json=body).status_code == status


def test_a_body_that_is_no_json_object_is_refused(dev: httpx.Client) -> None:
    assert dev.post("/api/export_manifests", content=b"{").status_code == 400
    assert dev.post("/api/export_manifests", content=b"[]").status_code == 400
    assert dev.post("/api/export_manifests", content=b"[" * 100_000).status_code == 400
    assert dev.post("/api/folders", content=b'{"name": "\\ud800"}').status_code == 400
