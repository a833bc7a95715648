"""A small workspace in three environments, a sandbox that serves it, and clients with the right tokens."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator

import httpx
import pytest

from exporter.sandbox import Sandbox, start_sandbox
from exporter.sandbox.seed import SeedAsset, WorkspaceSeed

Json = dict[str, object]


def pretty(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def reference(zip_name: str, name: str) -> Json:
    return {"zip_name": zip_name, "name": name, "folder": zip_name.rpartition("/")[0]}


def recipe_file(name: str, version: int, account: Json | None, steps: list[Json], **more: object) -> bytes:
    trigger = {
        "number": 0,
        "provider": "crm",
        "name": "new_order",
        "as": "aaaa0001",
        "keyword": "trigger",
        "block": steps,
    }
    config = [{"keyword": "application", "provider": "crm", "skip_validation": False, "account_id": account}]
    head: Json = {"name": name, "description": "", "version": version, "private": True, "concurrency": 1}
    return pretty({**head, **more, "code": {**trigger, "block": steps}, "config": config})


def call_step(number: int, callee: Json) -> Json:
    step = {"number": number, "provider": "workato_recipe_function", "name": "call_recipe", "as": f"aaaa100{number}"}
    return {**step, "keyword": "action", "input": {"flow_id": callee}}


def page_archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("page.json", (2020, 1, 1, 0, 0, 0)), b'{"name": "Form"}')
    return buffer.getvalue()


def workspace(environment: str, workspace_id: int) -> WorkspaceSeed:
    """Projects Sales (with a folder), Shared and Empty; what each environment holds is the same but for its ids."""
    crm = reference("Shared/Connections/crm_本番.connection.json", "CRM | 本番")
    check = reference("Sales/Orders & More/check_credit.recipe.json", "Check credit")
    log = reference("Shared/log_error.recipe.json", "Log error")
    gone = reference("Sales/Orders & More/gone.recipe.json", "Gone")
    credit = reference("Shared/credit.custom_adapter.json", "Credit")
    orders = ("Sales", "Orders & More")

    def recipe(name: str, folder: tuple[str, ...], content: bytes, version: int = 1, runs: bool = False) -> SeedAsset:
        files = {".recipe.json": content}
        return SeedAsset("recipe", name, folder, files, version, runs, "Kim", "kim@example.com")

    def connection(name: str, folder: tuple[str, ...], provider: object) -> SeedAsset:
        content = pretty({"name": name, "provider": provider, "root_folder": not folder})
        return SeedAsset("connection", name, folder, {".connection.json": content})

    table = {
        "name": "Rates",
        "schema": [{"name": "col1", "label": "Code"}],
        "project_name": "Sales",
    }
    columns: Json = {
        "name": "Requests",
        "schema": [
            {"id": "11fbe9a6-a16d-4d7e-86ea-afe42ec03005", "title": "Record ID", "type": "short-text"},
            {"id": "a5612739-5401-4ae7-bd07-782c1a6fb2d1", "title": "Due", "type": "date-time", "required": True},
        ],
    }
    rates = pretty({**table, "data": "col1\nA\n"})
    take_steps = [call_step(1, check), call_step(2, log), call_step(3, gone)]
    return WorkspaceSeed(
        environment=environment,
        workspace_id=workspace_id,
        workspace_name=f"Acme ({environment})",
        projects=("Sales", "Shared", "Empty"),
        folders=(("Sales", "Orders & More"), ("Shared", "Connections")),
        assets=(
            recipe("Take order", orders, recipe_file("Take order", 7, crm, take_steps, tags=["SOX"]), 7, True),
            recipe("Check credit", orders, recipe_file("Check credit", 2, crm, []), 2),
            recipe("Sync: A/B", ("Sales",), recipe_file("Sync: A/B", 1, None, [])),
            recipe("Sync A B", ("Sales",), recipe_file("Sync A B", 1, reference("bank.connection.json", "Bank"), [])),
            recipe("Log error", ("Shared",), recipe_file("Log error", 1, None, [])),
            connection("CRM | 本番", ("Shared", "Connections"), "crm"),
            connection("Bank", (), credit),
            SeedAsset(
                "custom_adapter",
                "Credit",
                ("Shared",),
                {
                    ".custom_adapter.json": pretty({"title": "Credit", "description": "", "version_no": 3}),
                    ".custom_adapter.rb": b"{ title: 'Credit' }\n",
                    ".custom_adapter.png": b"\x89PNG\r\n",
                },
                version=3,
            ),
            SeedAsset("lookup_table", "Rates", ("Sales",), {".lookup_table.json": rates}),
            SeedAsset("workato_db_table", "Requests", ("Sales",), {".workato_db_table.json": pretty(columns)}),
            SeedAsset(
                "lcap_page",
                "Form",
                ("Sales",),
                {".lcap_page.json": pretty({"name": "Form", "path": "form"}), ".lcap_page.zip": page_archive()},
            ),
        ),
        account_properties={"mail.sender": "billing@example.com"},
        project_properties={"Sales": {"limit | max": "10", "limit.min": "1"}},
    )


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    seeds = [workspace("dev", 101), workspace("test", 102), workspace("prod", 103)]
    with start_sandbox(seeds=seeds, rate_limit=0) as running:
        running.control.configure(export_polls=0, import_polls=0)
        yield running


@pytest.fixture
def client_for(sandbox: Sandbox) -> Iterator[Callable[[str], httpx.Client]]:
    """A client with the token of an environment."""
    clients: list[httpx.Client] = []

    def open_client(environment: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer sandbox-workato-{environment}-token"}
        clients.append(httpx.Client(base_url=sandbox.url, headers=headers))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()


@pytest.fixture
def dev(client_for: Callable[[str], httpx.Client]) -> httpx.Client:
    return client_for("dev")


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Waits for what another thread is about to do; fails after ten seconds."""

    def wait(is_true: Callable[[], bool]) -> None:
        for _ in range(1000):
            if is_true():
                return
            time.sleep(0.01)
        pytest.fail("it never became true")

    return wait
