"""The endpoints of Workato that wexport uses, each with its paging and its quirks. All of them only read,
apart from making, exporting and deleting export manifests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from exporter.adapters.workato.access import Workspace
from exporter.adapters.workato.client import NOT_FOUND_PATIENCE_SECONDS, Client, Repeat
from exporter.adapters.workato.replies import (
    AssetRow,
    FolderRow,
    Json,
    PackageRow,
    ProjectRow,
    RecipeRow,
    as_int,
    as_text,
    asset_rows,
    folder_rows,
    manifest_id,
    package_row,
    project_rows,
    recipe_rows,
    unwrap_object,
)
from exporter.errors import WorkatoNotFoundError, WorkatoReplyError, WrongWorkspaceError

PAGE_SIZE = 100  # Workato's maximum; some endpoints silently give fewer
MAX_PAGES = 1000
MAX_WALKS = 3
Row = TypeVar("Row", ProjectRow, FolderRow, RecipeRow)


async def fetch_workspace(client: Client) -> Workspace:
    """Whose token this is. Raises: WrongWorkspaceError if another workspace is pinned."""
    row = unwrap_object(await client.fetch("/users/me"), "the token's workspace")
    access = client.access
    workspace_id = as_int(row.get("id"))
    if workspace_id is None:
        raise WorkatoReplyError(f"Workato at {access.host} does not say whose token {access.token_variable} is.")
    name = client.clean(as_text(row.get("name")) or as_text(row.get("company_name")))
    if access.workspace_id is not None and access.workspace_id != workspace_id:
        raise WrongWorkspaceError(
            f"The token in {access.token_variable} for environment '{access.environment}' belongs to workspace "
            f"{workspace_id} ({name}) at {access.host}, but {access.workspace_id} is pinned. Are two tokens swapped?"
        )
    return Workspace(workspace_id, name, as_int(row.get("root_folder_id")))


async def fetch_projects(client: Client) -> list[ProjectRow]:
    return await _walk_pages(client, "/projects", project_rows)


async def fetch_root_folders(client: Client) -> list[FolderRow]:
    """The folders right below the root, projects among them."""
    return await _walk_pages(client, "/folders", folder_rows)


async def fetch_assets(client: Client, folder_id: int | None, *, attempts: int) -> list[AssetRow]:
    """Everything in a folder and below it; of the whole workspace for None."""
    query = {} if folder_id is None else {"folder_id": folder_id}
    return asset_rows(await client.fetch("/export_manifests/folder_assets", query, attempts=attempts))


async def fetch_recipes(client: Client) -> list[RecipeRow]:
    """All recipes without their code.

    Walks down the ids, newest first: page numbers would shift while people make and delete recipes. Where
    `since_id` is ignored, the pages are walked by number.
    """
    found: dict[int, RecipeRow] = {}
    query: dict[str, str | int] = {"exclude_code": "true", "per_page": PAGE_SIZE, "order": "default"}
    for _ in range(MAX_PAGES):
        rows = recipe_rows(await client.fetch("/recipes", query))
        fresh = [row for row in rows if row.id not in found]
        found |= {row.id: row for row in fresh}
        if rows and not fresh:
            rest = await _one_walk(client, "/recipes", recipe_rows, {"exclude_code": "true"})
            return list((found | rest).values())
        if _is_last_page(len(rows)):
            break
        query["since_id"] = min(found)
    return list(found.values())


async def create_folder_manifest(client: Client, name: str, folder_id: int, *, with_table_data: bool) -> str:
    """The id of a manifest of all that is in the folder now."""
    return await _create_manifest(
        client, {"name": name, "folder_id": folder_id, "auto_generate_assets": True}, with_table_data=with_table_data
    )


async def create_asset_manifest(client: Client, name: str, rows: Sequence[AssetRow], *, with_table_data: bool) -> str:
    """The id of a manifest of exactly these assets, in their newest versions."""
    assets = [{**row.reference, "checked": True, "unreachable": False} for row in rows]
    return await _create_manifest(client, {"name": name, "assets": assets}, with_table_data=with_table_data)


async def _create_manifest(client: Client, choice: dict[str, Json], *, with_table_data: bool) -> str:
    options = {"include_test_cases": True, "include_tags": True, "include_data": with_table_data}
    reply = await client.send(
        "POST", "/export_manifests", body={"export_manifest": {**choice, **options}}, repeat=Repeat.CAREFUL
    )
    return manifest_id(reply)


async def delete_manifest(client: Client, manifest: str, *, attempts: int) -> None:
    """Archives the manifest. One that is gone already is fine."""
    try:
        await client.send("DELETE", f"/export_manifests/{manifest}", attempts=attempts)
    except WorkatoNotFoundError:
        return


async def start_export(client: Client, manifest: str) -> PackageRow:
    reply = await client.send(
        "POST", f"/packages/export/{manifest}", not_found_patience_seconds=NOT_FOUND_PATIENCE_SECONDS
    )
    return package_row(reply)


async def fetch_package(client: Client, package: str) -> PackageRow:
    reply = await client.fetch(f"/packages/{package}", not_found_patience_seconds=NOT_FOUND_PATIENCE_SECONDS)
    return package_row(reply)


async def _walk_pages(client: Client, path: str, parse: Callable[[Json], list[Row]]) -> list[Row]:
    """All rows of a list that is paged by number.

    A row that is deleted between two pages moves all that follow up by one, and one of them is never seen; so
    a list of several pages is walked until two walks agree.
    """
    found = await _one_walk(client, path, parse, {})
    for _ in range(MAX_WALKS - 1):
        if len(found) < PAGE_SIZE:
            break
        again = await _one_walk(client, path, parse, {})
        is_stable = again.keys() == found.keys()
        found = again
        if is_stable:
            break
    return list(found.values())


async def _one_walk(
    client: Client, path: str, parse: Callable[[Json], list[Row]], query: dict[str, str | int]
) -> dict[int, Row]:
    found: dict[int, Row] = {}
    for page in range(1, MAX_PAGES + 1):
        rows = parse(await client.fetch(path, {**query, "page": page, "per_page": PAGE_SIZE}))
        fresh = {row.id: row for row in rows if row.id not in found}
        found |= fresh
        if not fresh or _is_last_page(len(rows)):
            break
    return found


def _is_last_page(rows: int) -> bool:
    """Whether a page of so many rows ends the list.

    A short page does, unless its length is round: then a server may have capped `per_page` silently (10 in
    older versions), and one more request tells.
    """
    return rows == 0 or (rows < PAGE_SIZE and rows % 10 != 0)
