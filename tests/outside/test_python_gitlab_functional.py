"""python-gitlab's own functional tests run against the sandbox, unchanged: a judge who shares no code with us.

They come out of the project's source archive, which pip fetches for the occasion; WEXPORT_TEST_PYTHON_GITLAB_SDIST
names a folder that has the unpacked archive (or the .tar.gz) already.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug import Request
from werkzeug.serving import make_server

from exporter.sandbox.gitlab import GitLab

ARCHIVE = "python-gitlab==8.6.0"
# Read before the fixture that hides every WEXPORT_ variable from tests.
GIVEN_FOLDER = os.environ.get("WEXPORT_TEST_PYTHON_GITLAB_SDIST")
OUTSIDE_ENVIRONMENT = dict(os.environ)

ISSUES = (
    "test_create_issue",
    "test_issue_notes",
    "test_issue_labels",
    "test_issue_links",
    "test_issue_label_events",
    "test_issue_weight_events",
    "test_issue_milestones",
    "test_issue_discussions",
)
PROJECTS = (
    "test_projects_head",
    "test_project_head",
    "test_create_project",
    "test_project_members",
    "test_project_events",
    "test_project_file_uploads",
    "test_project_labels",
    "test_project_label_promotion",
    "test_project_milestones",
)
EXPECTED = {
    "test_issues.py": ISSUES,
    "test_projects.py": PROJECTS,
    "test_groups.py": ("test_group_labels",),
    "test_lazy_objects.py": (
        "test_lazy_id",
        "test_refresh_after_lazy_get_with_path",
        "test_save_after_lazy_get_with_path",
        "test_list_children_after_lazy_get_with_path",
    ),
    "test_gitlab.py": ("test_markdown", "test_markdown_in_project", "test_pagination"),
}
FIXTURES = """
import os

import pytest


@pytest.fixture(scope="session")
def gitlab_url():
    return os.environ["SANDBOX_URL"]


@pytest.fixture(scope="session")
def gitlab_token():
    return "sandbox-gitlab-root-token"
"""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked archive, with the two fixtures that would start GitLab in Docker replaced by ours."""
    folder = tmp_path_factory.mktemp("python-gitlab")
    archives = sorted(Path(GIVEN_FOLDER).glob("python*gitlab*.tar.gz")) if GIVEN_FOLDER else []
    if GIVEN_FOLDER is None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "python-gitlab"]
        subprocess.run([*command, "--dest", folder, ARCHIVE], check=True, env=OUTSIDE_ENVIRONMENT, timeout=100)
        archives = sorted(folder.glob("*.tar.gz"))
    if archives:
        with tarfile.open(archives[0]) as archive:
            archive.extractall(folder, filter="data")
        [unpacked] = (path for path in folder.iterdir() if path.is_dir())
    else:
        assert GIVEN_FOLDER is not None
        unpacked = folder / "unpacked"
        shutil.copytree(GIVEN_FOLDER, unpacked)
    (unpacked / "tests/functional/api/conftest.py").write_text(FIXTURES, encoding="utf-8")
    return unpacked


@pytest.fixture
def gitlab_url() -> Iterator[str]:
    """The sandbox's GitLab on a free port; the outside tests begin by deleting everything in it."""
    services: list[GitLab] = []
    server = make_server(
        "127.0.0.1", 0, Request.application(lambda request: services[0].respond(request)), threaded=True
    )
    url = f"http://127.0.0.1:{server.server_port}"
    services.append(GitLab(url, now=lambda: datetime.now(UTC)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield url
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.outside
@pytest.mark.timeout(300)
def test_python_gitlabs_own_tests_for_issues_notes_and_labels_pass(sources: Path, gitlab_url: str) -> None:
    wanted = [f"tests/functional/api/{file}::{name}" for file, names in EXPECTED.items() for name in names]
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "--color=no", *wanted],
        cwd=sources,
        env=OUTSIDE_ENVIRONMENT | {"SANDBOX_URL": gitlab_url},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    passed = set(re.findall(r"^\S*/(\S+\.py::\S+) PASSED", finished.stdout, re.MULTILINE))
    expected = {f"{file}::{name}" for file, names in EXPECTED.items() for name in names}
    assert expected - passed == set(), finished.stdout[-4000:]
    assert finished.returncode == 0, finished.stdout[-4000:]
