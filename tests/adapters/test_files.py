from __future__ import annotations

import io
import json
import os
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from exporter.adapters import files
from exporter.adapters.files import Form, read_files
from exporter.errors import PackageError, RecipeFormatError, UsageError, WexportError
from exporter.snapshot import AssetKind

TRIGGER = {"number": 0, "provider": "clock", "name": "tick", "as": "aa", "keyword": "trigger", "uuid": "u" * 36}
RECIPE = json.dumps({"name": "Sync", "version": 1, "code": TRIGGER, "config": []}).encode()
REST = json.dumps({"id": 7, "name": "Sync", "version_no": 3, "code": json.dumps(TRIGGER), "config": []}).encode()


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def paths_of(found: files.LocalFiles) -> list[str]:
    return [asset.path for asset in found.assets]


def test_a_recipe_file_is_one_asset_with_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "sync.recipe.json"
    path.write_bytes(RECIPE)
    found = read_files(str(path))
    assert (found.form, found.name, found.inside, found.notes) == (Form.ASSET, str(path), "", ())
    assert [(asset.path, asset.kind, asset.content) for asset in found.assets] == [
        ("sync.recipe.json", AssetKind.RECIPE, RECIPE)
    ]


@pytest.mark.parametrize("name", ["reply.json", "reply", "7"])
def test_a_recipe_is_known_by_its_content_whatever_its_file_is_called(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(REST)
    assert paths_of(read_files(str(tmp_path / name))) == [f"{name.removesuffix('.json')}.recipe.json"]


def test_another_asset_is_known_by_the_name_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "crm.connection.json").write_bytes(b'{"name": "CRM"}')
    assert read_files(str(tmp_path / "crm.connection.json")).assets[0].kind is AssetKind.CONNECTION


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.txt", b"hello", "Give a recipe, a package (.zip) or a folder."),
        ("data.json", b"[]", "Give a recipe, a package (.zip) or a folder."),
        ("a.recipe.json", b'{"code": ', "Not JSON"),
        ("a.recipe.json", b"\xff\xfe", "Not UTF-8"),
        ("a.recipe.json", b"", "Not JSON"),
        ("a.recipe.json", b"[" * 100_000, "nested deeper"),
    ],
)
def test_a_file_that_is_nothing_of_workatos_is_refused_by_name(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RecipeFormatError) as caught:
        read_files(str(tmp_path / name))
    assert f"Cannot compare '{tmp_path / name}'" in str(caught.value)
    assert message in str(caught.value)


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no file or folder '.*gone\.zip'"):
        read_files(str(tmp_path / "gone.zip"))


@pytest.mark.parametrize("name", ["a\0b", "~no-such-user-here/x", "x" * 5000])
def test_an_impossible_path_is_an_error_of_ours(name: str) -> None:
    with pytest.raises(WexportError, match="Cannot read"):
        read_files(name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.recipe.json"
    path.write_bytes(RECIPE)
    path.chmod(0)
    with pytest.raises(WexportError, match="Permission denied"):
        read_files(str(path))


def test_an_archive_is_a_package_whatever_its_name(tmp_path: Path) -> None:
    for name in ("mine.zip", "download"):
        path = zipped(tmp_path / name, {"Recipes/a.recipe.json": RECIPE, "b.connection.json": b"{}"})
        found = read_files(str(path))
        assert found.form is Form.PACKAGE
        assert paths_of(found) == ["Recipes/a.recipe.json", "b.connection.json"]
        assert found.assets[0].content == RECIPE


def test_a_page_in_its_own_archive_is_an_asset_and_no_package(tmp_path: Path) -> None:
    path = zipped(tmp_path / "form.lcap_page.zip", {"page.json": b"{}"})
    for name in (path, tmp_path):
        assert [asset.kind for asset in read_files(str(name)).assets] == [AssetKind.PAGE]


def test_what_systems_leave_in_archives_is_left_out_and_told(tmp_path: Path) -> None:
    members = {"a.recipe.json": RECIPE, ".DS_Store": b"x", "__MACOSX/._a.recipe.json": b"x"}
    found = read_files(str(zipped(tmp_path / "mine.zip", members)))
    assert paths_of(found) == ["a.recipe.json"]
    assert found.notes == (f"Left out of {tmp_path / 'mine.zip'}: 2 files not Workato's.",)


@pytest.mark.parametrize("content", [b"", b"<!doctype html>", b"PK\x03\x04cut"])
def test_a_zip_that_is_none_is_a_package_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.zip").write_bytes(content)
    with pytest.raises(PackageError):
        read_files(str(tmp_path / "mine.zip"))


def test_a_package_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="holds no file"):
        read_files(str(zipped(tmp_path / "mine.zip", {})))


def test_a_hostile_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="leads out of its folder"):
        read_files(str(zipped(tmp_path / "mine.zip", {"../../a.recipe.json": RECIPE})))


def test_a_folder_is_read_with_everything_below_it(tmp_path: Path) -> None:
    (tmp_path / "Recipes" / "Deep").mkdir(parents=True)
    (tmp_path / "Recipes" / "Deep" / "a.recipe.json").write_bytes(RECIPE)
    (tmp_path / "new.future_kind.json").write_bytes(b"{}")
    (tmp_path / "README.md").write_bytes(b"")
    (tmp_path / "fonts.properties.ja").write_bytes(b"")
    (tmp_path / "bank.custom_adapter.rb").write_bytes(b"{}")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "b.recipe.json").write_bytes(RECIPE)
    found = read_files(str(tmp_path))
    assert found.form is Form.FOLDER
    assert paths_of(found) == [
        "Recipes/Deep/a.recipe.json",
        "bank.custom_adapter.rb",
        "new.future_kind.json",
    ]
    assert found.notes == (f"Left out of {tmp_path}: 2 files not Workato's.",)


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "secret.recipe.json").write_bytes(RECIPE)
    (inside / "a.recipe.json").write_bytes(RECIPE)
    (inside / "b.recipe.json").symlink_to(outside / "secret.recipe.json")
    (inside / "others").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    found = read_files(str(inside))
    assert paths_of(found) == ["a.recipe.json"]
    assert found.notes == (f"Left out of {inside}: 3 links not followed.",)


def test_a_link_that_was_named_itself_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a.recipe.json").write_bytes(RECIPE)
    (tmp_path / "latest").symlink_to(tmp_path / "a.recipe.json")
    assert read_files(str(tmp_path / "latest")).assets[0].content == RECIPE


def test_a_link_to_itself_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(WexportError):
        read_files(str(tmp_path / "loop"))


def test_a_folder_without_assets_says_so(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_bytes(b"")
    with pytest.raises(UsageError, match="holds no asset of Workato"):
        read_files(str(tmp_path))


def test_a_folder_of_far_too_many_files_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FOLDER_FILES", 3)
    for number in range(4):
        (tmp_path / f"{number}.recipe.json").write_bytes(RECIPE)
    with pytest.raises(WexportError, match="more than 3 files and folders"):
        read_files(str(tmp_path))


def test_a_file_that_is_far_too_large_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 100)
    (tmp_path / "a.recipe.json").write_bytes(RECIPE)
    with pytest.raises(WexportError, match="is larger than"):
        read_files(str(tmp_path / "a.recipe.json"))
    with pytest.raises(WexportError, match="is larger than"):
        read_files(str(tmp_path))
    with pytest.raises(WexportError, match="is larger than"):
        read_files("/dev/zero")


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(RECIPE,))
    writer.start()
    found = read_files(str(pipe))
    writer.join()
    assert paths_of(found) == ["pipe.recipe.json"]


def test_a_pipe_inside_a_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.recipe.json").write_bytes(RECIPE)
    os.mkfifo(tmp_path / "b.recipe.json")
    assert paths_of(read_files(str(tmp_path))) == ["a.recipe.json"]


@pytest.mark.skipif(sys.platform == "darwin", reason="file names are UTF-8 there")
def test_a_name_that_is_no_text_is_written_out(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.recipe.json")
    path.write_bytes(RECIPE)
    assert paths_of(read_files(str(tmp_path))) == ["caf\\xe9.recipe.json"]
    assert paths_of(read_files(str(path))) == ["caf\\xe9.recipe.json"]


def test_standard_input_is_a_recipe_or_a_package(tmp_path: Path) -> None:
    found = read_files("-", io.BytesIO(REST))
    assert (found.name, found.form, paths_of(found)) == ("standard input", Form.ASSET, ["recipe.recipe.json"])
    package = zipped(tmp_path / "mine.zip", {"a.recipe.json": RECIPE}).read_bytes()
    found = read_files("-", io.BytesIO(package))
    assert (found.name, found.form, found.assets[0].content) == ("standard input", Form.PACKAGE, RECIPE)


def test_closed_standard_input_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="standard input, which is closed"):
        read_files("-", None)


def test_a_part_of_a_stored_environment_knows_where_it_lies(tmp_path: Path) -> None:
    folder = tmp_path / "dev" / "Order to Cash" / "Recipes"
    folder.mkdir(parents=True)
    (folder / "a.recipe.json").write_bytes(RECIPE)
    (tmp_path / "dev" / "index.json").write_bytes(b'{\n"format": 1,\n"environment": "dev"\n}')
    assert read_files(str(folder)).inside == "Order to Cash/Recipes"
    assert read_files(str(folder / "a.recipe.json")).inside == "Order to Cash/Recipes/a.recipe.json"
    assert read_files(str(tmp_path / "dev")).inside == ""


def test_an_index_json_of_another_program_means_nothing(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "a.recipe.json").write_bytes(RECIPE)
    (tmp_path / "index.json").write_bytes(b'{"pages": []}')
    assert read_files(str(tmp_path / "web")).inside == ""
    assert paths_of(read_files(str(tmp_path))) == ["web/a.recipe.json"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(content=st.binary(max_size=300), name=st.sampled_from(["x", "x.json", "x.recipe.json", "x.zip", "x.topic.json"]))
@example(content=b"PK\x05\x06" + b"\0" * 18, name="x")
@example(content=b'{"code": "{\\"block\\": [1]}"}', name="x.json")
@example(content=b'{"code": {}, "config": 1}', name="x.recipe.json")
def test_any_bytes_are_an_asset_or_an_error_of_ours(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    for read in (lambda: read_files(str(tmp_path / name)), lambda: read_files("-", io.BytesIO(content))):
        try:
            assert read().assets
        except WexportError as error:
            assert str(error).endswith(".")
