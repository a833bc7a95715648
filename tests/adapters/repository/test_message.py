from __future__ import annotations

import subprocess

from exporter.adapters.repository.message import MAX_BODY_LINES, ChangedPaths, render_message
from exporter.adapters.repository.program import describe_stderr
from exporter.snapshot import AssetInfo, Index


def index(**assets: AssetInfo) -> Index:
    return Index(
        "dev", workspace_id=7, workspace_name="Acme", assets={f"P/{k}.recipe.json": v for k, v in assets.items()}
    )


def trailers_of(message: str) -> list[str]:
    done = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=message.encode(), capture_output=True, check=True
    )
    return done.stdout.decode().splitlines()


def test_a_message_has_counts_a_line_a_file_and_trailers() -> None:
    before = index(b=AssetInfo(version=2), d=AssetInfo(is_running=True))
    after = index(
        a=AssetInfo(version=1, author_name="Kim", author_email="kim@example.com"),
        b=AssetInfo(version=3, author_name="Ada", author_email="ada@example.com"),
        d=AssetInfo(is_running=False),
    )
    paths = ChangedPaths(
        ("P/a.recipe.json",), ("P/b.recipe.json",), ("P/c.recipe.json", "P/A.connection.json"), ("P/d.recipe.json",)
    )
    assert render_message(paths, after, before=before, exported_by="nightly") == (
        "dev: 1 added, 1 changed, 2 removed\n"
        "\n"
        "+ P/a.recipe.json (version 1)\n"
        "~ P/b.recipe.json (version 3)\n"
        "- P/c.recipe.json\n"
        "- P/A.connection.json\n"
        ". P/d.recipe.json (stopped)\n"
        "\n"
        "Environment: dev\n"
        "Workspace: 7 (Acme)\n"
        "Exported-by: nightly\n"
        "Co-authored-by: Ada <ada@example.com>\n"
        "Co-authored-by: Kim <kim@example.com>\n"
    )


def test_only_recipes_that_changed_name_their_authors() -> None:
    author = AssetInfo(author_name="Kim", author_email="kim@example.com")
    paths = ChangedPaths(details=("P/a.recipe.json",))
    message = render_message(paths, index(a=author), before=index(), exported_by="")
    assert message.startswith("dev: details changed\n")
    assert trailers_of(message) == ["Environment: dev", "Workspace: 7 (Acme)"]


def test_hostile_names_make_no_line_no_trailer_no_reference() -> None:
    path = "P\n\nEnvironment: prod\r\nCloses #12, thanks @all! [skip ci] \x1b[31m\u202e!5.recipe.json"
    author = AssetInfo(author_name="Eve\nApproved-by: boss <x@y.z>", author_email="eve@example.com")
    bad = AssetInfo(author_name="M", author_email="m@example.com>\nApproved-by: boss")
    changed = Index(
        "dev", workspace_name="W\nApproved-by: x", workspace_id=1, assets={path: author, "b.recipe.json": bad}
    )
    paths = ChangedPaths(added=(path, "b.recipe.json"))
    message = render_message(paths, changed, before=Index("dev"), exported_by="me\nApproved-by: y")
    assert trailers_of(message) == [
        "Environment: dev",
        "Workspace: 1 (W�Approved-by: x)",
        "Exported-by: me�Approved-by: y",
        "Co-authored-by: Eve�Approved-by: boss x＠y.z <eve@example.com>",
    ]
    body = message.split("\n\n")[1]
    assert len(body.splitlines()) == 2
    for sign in ("#12", "@all", "[skip", "\x1b", "\u202e", "!5"):
        assert sign not in body


def test_a_very_long_body_is_cut() -> None:
    paths = ChangedPaths(added=tuple(f"P/{n:05}.recipe.json" for n in range(MAX_BODY_LINES + 5)))
    message = render_message(paths, index(), before=index(), exported_by="")
    assert "… 5 more" in message
    assert len(message.splitlines()) < MAX_BODY_LINES + 10


def test_what_git_says_becomes_one_clause_of_a_sentence() -> None:
    said = b"fatal: Could not read from remote repository.\n\nPlease make sure the repository exists.\nhint: x\n"
    assert describe_stderr(said) == (
        "fatal: Could not read from remote repository; Please make sure the repository exists"
    )
