"""Laws over the whole story: what goes out of one workspace can come into another and go out again unchanged."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping

import httpx
import pytest

from exporter.sandbox import start_sandbox
from exporter.sandbox.seed import WorkspaceSeed
from exporter.sandbox.story import load_story


def client(url: str, environment: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer sandbox-workato-{environment}-token"})


def export_root(workato: httpx.Client) -> bytes:
    body = {"name": "All", "auto_generate_assets": True, "include_tags": True, "include_data": True}
    manifest = workato.post("/api/export_manifests", json={"export_manifest": body}).json()["result"]
    package = workato.post(f"/api/packages/export/{manifest['id']}").json()
    return httpx.get(package["download_url"]).content


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content), metadata_encoding="utf-8") as archive:
        return {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}


def comparable(files: Mapping[str, bytes]) -> dict[str, object]:
    """Values of JSON files, without what belongs to one environment."""
    values: dict[str, object] = {}
    for name, content in files.items():
        if name.endswith(("project.json", "tags.json", ".zip")):
            continue
        value: object = json.loads(content) if name.endswith(".json") else content
        if isinstance(value, dict) and name.endswith((".recipe.json", ".custom_adapter.json")):
            value = {
                key: item for key, item in value.items() if key not in ("version", "version_no", "version_comment")
            }
        values[name] = value
    return values


@pytest.mark.parametrize("environment", ["dev", "test", "prod"])
def test_a_package_of_the_root_rebuilds_the_workspace_elsewhere(environment: str) -> None:
    story = load_story(environment)
    # The folders are there already: a "/" in the name of a missing one cannot be told from a subfolder.
    empty = WorkspaceSeed("empty", 1, "Empty", story.projects, story.folders, assets=())
    with start_sandbox(seeds=[story, empty], rate_limit=0) as sandbox:
        sandbox.control.configure(export_polls=0, import_polls=0)
        with client(sandbox.url, environment) as source, client(sandbox.url, "empty") as target:
            sent = export_root(source)
            root_id = target.get("/api/users/me").json()["root_folder_id"]
            answer = target.post(f"/api/packages/import/{root_id}", content=sent, params={"include_tags": "true"})
            assert answer.status_code == 200, answer.text
            assert comparable(members(export_root(target))) == comparable(members(sent))
            again = target.post(f"/api/packages/import/{root_id}", content=sent, params={"include_tags": "true"})
            assert {status["import_result"] for status in again.json()["recipe_status"]} == {
                "no_update_or_updated_without_restart"
            }


def test_exports_of_an_unchanged_story_have_equal_members() -> None:
    with start_sandbox(seeds=[load_story("dev")], rate_limit=0) as sandbox:
        sandbox.control.configure(export_polls=0)
        with client(sandbox.url, "dev") as workato:
            first, second = members(export_root(workato)), members(export_root(workato))
    assert {name: content for name, content in first.items() if not name.endswith(".zip")} == {
        name: content for name, content in second.items() if not name.endswith(".zip")
    }
