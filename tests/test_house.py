"""The laws of the house: who may import whom, where each outside library lives, what pure rooms must not know.

ruff's banned-api says the same of the libraries while one types; this test also sees the order of the rooms.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import exporter

PACKAGE = Path(exporter.__file__).parent
ROOT = PACKAGE.parent

# From the ground up. A module may import its own room and those with a lower number.
STOREYS = {
    "errors": 0,
    "progress": 0,
    "snapshot": 1,
    "recipe": 2,
    "diff": 3,
    "change": 4,
    "render": 5,
    "adapters": 5,
    "operations": 6,
    "config": 7,
    "cli": 8,
}
PURE = ("errors", "progress", "snapshot", "recipe", "diff", "change", "render")
ADDRESSES = {
    "httpx": ("adapters/workato",),
    "git": ("adapters/repository",),
    "filelock": ("adapters/repository",),
    "gitlab": ("adapters/gitlab",),
    "requests": ("adapters/gitlab",),
    "deepdiff": ("diff",),
    "yaml": ("config",),
    "pydantic": ("config",),
    "typer": ("cli",),
    "rich": ("cli", "render/terminal"),
    "werkzeug": ("sandbox",),
    "markdown_it": ("sandbox",),
    "nh3": ("sandbox",),
}
IMPURE_MODULES = {
    "asyncio", "http", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "ssl",
    "subprocess", "sys", "tempfile", "threading", "time", "urllib.request",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input"}
CLOCK_CALLS = {"now", "utcnow", "today"}
SHARED_ADAPTERS = {"archive"}  # what several adapters read in the same way


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    paths = sorted(PACKAGE.rglob("*.py"))
    return tuple((path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in paths)


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(module_path: str) -> str:
    return module_path.split("/")[0].removesuffix(".py")


def test_rooms_import_only_what_stands_below() -> None:
    wrong = []
    for path, tree in modules():
        room = room_of(path)
        if room in ("__init__", "__main__", "sandbox"):
            continue
        for name in imported(tree):
            if not name.startswith("exporter.") or name == "exporter.__version__":
                continue
            other = name.split(".")[1]
            if other == "sandbox":
                if room != "cli":
                    wrong.append(f"{path} imports {name}: only cli may know the sandbox")
            elif other != room and STOREYS[other] >= STOREYS[room]:
                wrong.append(f"{path} imports {name}, which does not stand below it")
    assert wrong == []


def test_the_adapters_do_not_know_each_other() -> None:
    wrong = []
    for path, tree in modules():
        if not path.startswith("adapters/"):
            continue
        own = path.split("/")[1].removesuffix(".py")
        for name in imported(tree):
            parts = name.split(".")
            if parts[:2] == ["exporter", "adapters"] and len(parts) > 2 and parts[2] not in {own, *SHARED_ADAPTERS}:
                wrong.append(f"{path} imports {name}")
    assert wrong == []


def test_the_sandbox_shares_no_code_with_what_it_tests() -> None:
    wrong = [
        f"{path} imports {name}"
        for path, tree in modules()
        if room_of(path) == "sandbox"
        for name in imported(tree)
        if name.split(".")[0] == "exporter" and not f"{name}.".startswith("exporter.sandbox.")
    ]
    assert wrong == []


def test_each_outside_library_lives_at_its_one_address() -> None:
    wrong = []
    for path, tree in modules():
        for name in imported(tree):
            addresses = ADDRESSES.get(name.split(".")[0])
            if addresses is not None and not path.startswith(addresses):
                wrong.append(f"{path} imports {name}")
    assert wrong == []


def test_every_runtime_dependency_has_an_address() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    import_names = {"gitpython": "git", "python-gitlab": "gitlab", "pyyaml": "yaml", "markdown-it-py": "markdown_it"}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["sandbox"]]
    names = [requirement.split(">")[0].split("[")[0] for requirement in wanted]
    assert [name for name in names if import_names.get(name, name) not in ADDRESSES] == []


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_do_no_io_and_know_no_clock(room: str) -> None:
    wrong = []
    for path, tree in modules():
        if room_of(path) != room:
            continue
        wrong += [
            f"{path} imports {name}"
            for name in imported(tree)
            if name in IMPURE_MODULES or name.split(".")[0] in IMPURE_MODULES - {"urllib.request"}
        ]
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
                wrong.append(f"{path}:{node.lineno} calls {node.func.id}()")
            if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_CALLS:
                wrong.append(f"{path}:{node.lineno} asks the clock")
    assert wrong == []
