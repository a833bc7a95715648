"""Workato's own command line, as it is on PyPI, works against the sandbox: init, pull, push.

It knows nothing of wexport, so what it can read and write is what Workato's API looks like. Without the variable
WEXPORT_TEST_WORKATO_CLI (the path of an installed `workato`) it is installed into a virtual environment of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from exporter.sandbox import Sandbox, start_sandbox
from exporter.sandbox.seed import SeedAsset, WorkspaceSeed

pytestmark = [pytest.mark.outside, pytest.mark.timeout(600)]

CLI_VERSION = "1.0.7"  # the last one; its successor is written in Go
TOKEN = "sandbox-workato-dev-token"
INIT = ("init", "--non-interactive", "--profile", "sandbox", "--region", "custom", "--api-url")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of `workato`."""
    given = os.environ.get("WEXPORT_TEST_WORKATO_CLI")
    if given:
        return Path(given)
    folder = tmp_path_factory.mktemp("workato-cli")
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    install = [scripts / "python", "-m", "pip", "install", "-q", f"workato-platform-cli=={CLI_VERSION}"]
    subprocess.run(install, check=True, capture_output=True)
    return scripts / "workato"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with start_sandbox(seeds=[seed()]) as running:
        yield running


@dataclass(frozen=True)
class Cli:
    """`workato` in a home and a working directory of its own."""

    program: Path
    folder: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str, inside: str = ".") -> str:
        done = subprocess.run(
            [self.program, *arguments],
            cwd=self.folder / inside,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "❌" not in done.stdout, done.stdout
        return done.stdout


@pytest.fixture
def cli(program: Path, tmp_path: Path, isolated_home: Path, sandbox: Sandbox) -> Cli:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(isolated_home),
        "PYTHONUTF8": "1",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",  # then it keeps tokens in a file below HOME
        "WORKATO_DISABLE_UPDATE_CHECK": "1",
        "WORKATO_DISABLE_DEPRECATION_WARNING": "1",
        "WORKATO_API_TOKEN": TOKEN,
        "WORKATO_HOST": sandbox.url,
    }
    return Cli(program, workspace, environment)


def test_init_pull_and_push(cli: Cli, sandbox: Sandbox) -> None:
    token = ["--api-token", TOKEN]
    cli.run(*INIT, sandbox.url, *token, "--project-id", str(project_id(sandbox)), "--folder-name", "leads")
    files = cli.folder / "leads"
    recipe = files / "受注 & more" / "route_a_lead.recipe.json"
    assert sorted(str(path.relative_to(files)) for path in files.rglob("*.json")) == [
        "Shared/crm.connection.json",
        "project.json",
        "properties.project_properties.json",
        "受注 & more/route_a_lead.recipe.json",
    ]
    content = json.loads(recipe.read_bytes())
    assert content["version"] == 4
    assert content["config"][0]["account_id"]["zip_name"] == "Shared/crm.connection.json"

    assert "already up to date" in cli.run("pull", inside="leads")

    recipe.write_text(json.dumps({**content, "description": "Changed by hand"}), encoding="utf-8")
    (files / "Fresh").mkdir()
    (files / "Fresh" / "new.recipe.json").write_text(json.dumps({**content, "name": "New"}), encoding="utf-8")
    pushed = cli.run("push", "--restart-recipes", inside="leads")
    assert "Import completed successfully" in pushed
    assert "1 recipe(s): Updated and restarted" in pushed

    cli.run("pull", inside="leads")
    after = json.loads(recipe.read_bytes())
    assert (after["description"], after["version"]) == ("Changed by hand", 5)
    assert json.loads((files / "Fresh" / "new.recipe.json").read_bytes())["version"] == 1
    assert sandbox.control.state()["dev"]["recipes"] == 2
    assert [request for request in sandbox.requests() if request["status"] == 501] == []


def test_init_makes_a_new_project(cli: Cli, sandbox: Sandbox) -> None:
    output = cli.run(*INIT, sandbox.url, "--project-name", "Brand new")
    assert "Project is empty" in output
    assert sandbox.control.state()["dev"]["projects"] == 3
    assert (cli.folder / "Brand new").is_dir()


def project_id(sandbox: Sandbox) -> int:
    environment = sandbox.control.workato.environments["dev"]
    return next(project.id for project in environment.projects.values() if project.name == "Leads")


def seed() -> WorkspaceSeed:
    """A project with a running recipe in a folder with a Japanese name, and the connection it uses elsewhere."""
    account = {"zip_name": "Shared/crm.connection.json", "name": "CRM", "folder": "Shared"}
    recipe = {
        "name": "Route a lead",
        "description": "",
        "version": 4,
        "private": True,
        "concurrency": 1,
        "code": {"number": 0, "provider": "crm", "name": "new_lead", "keyword": "trigger", "block": []},
        "config": [{"keyword": "application", "provider": "crm", "skip_validation": False, "account_id": account}],
    }
    connection = {"name": "CRM", "provider": "crm", "root_folder": False}
    files = {".recipe.json": json.dumps(recipe, indent=2, ensure_ascii=False).encode()}
    return WorkspaceSeed(
        environment="dev",
        workspace_id=7,
        workspace_name="Acme",
        projects=("Leads", "Shared"),
        folders=(),
        assets=(
            SeedAsset("recipe", "Route a lead", ("Leads", "受注 & more"), files, version=4, is_running=True),
            SeedAsset(
                "connection", "CRM", ("Shared",), {".connection.json": json.dumps(connection, indent=2).encode()}
            ),
        ),
        project_properties={"Leads": {"limit": "10"}},
    )
