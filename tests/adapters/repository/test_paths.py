from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.adapters.repository.paths import (
    MAX_NAME_BYTES,
    clash_key,
    decode_path,
    encode_name,
    encode_paths,
)

AWKWARD = ["con", "CON", "Con.x.json", "nul ", "a", "A", "ä", "a\u0308", ".git", "git~1", ".", "..", "", "x.", "x ",
           "%41", "%_", "%-", "ß", "SS", "ss", "ſ", "İ", "\u212a", "k", "K", "index.json", "Index.JSON", "é" * 300,
           "e\u0301", "a:b", "a|b", "\x00", "\ud800", "\u202e", "名前", "🎉", "é", "|\u0301", "com1"]  # fmt: skip
names = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(alphabet="aAbB.~1 %_-|é\u0301", max_size=4),
    st.text(alphabet=st.characters(exclude_characters="/"), max_size=12),
    st.text(alphabet=st.characters(exclude_characters="/"), min_size=80, max_size=300),
)
asset_paths = st.sets(st.lists(names, min_size=1, max_size=3).map("/".join), max_size=12)
RESERVED = {"con", "prn", "aux", "nul", *(f"{word}{n}" for word in ("com", "lpt") for n in "0123456789¹²³")}


def siblings(files: list[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for file in files:
        parts = file.split("/")
        for depth in range(len(parts)):
            found.setdefault("/".join(parts[:depth]), set()).add(parts[depth])
    return found


@settings(max_examples=150, deadline=None)
@given(asset_paths)
def test_every_path_comes_back_from_its_file(paths: set[str]) -> None:
    encoded = encode_paths(paths)
    true_paths = {file: path for path, file in encoded.shortened.items()}
    assert set(encoded.files) == paths
    assert {true_paths.get(file) or decode_path(file) for file in encoded.files.values()} == paths
    assert all((true_paths.get(file) or decode_path(file)) == path for path, file in encoded.files.items())


@settings(max_examples=150, deadline=None)
@given(asset_paths)
def test_no_two_siblings_are_one_file_where_case_and_normal_form_do_not_count(paths: set[str]) -> None:
    encoded = encode_paths(paths)
    assert len(set(encoded.files.values())) == len(paths)
    for folder_names in siblings(list(encoded.files.values())).values():
        assert len({clash_key(name) for name in folder_names}) == len(folder_names)
        assert len({unicodedata.normalize("NFC", name.casefold()) for name in folder_names}) == len(folder_names)


@settings(max_examples=150, deadline=None)
@given(asset_paths)
def test_every_name_is_legal_on_windows_macos_and_linux(paths: set[str]) -> None:
    for file in encode_paths(paths).files.values():
        for name in file.split("/"):
            assert name
            assert not re.search(r'[<>:"\\|?*\x00-\x1f\x7f\ud800-\udfff]', name)
            assert len(name.encode()) <= MAX_NAME_BYTES
            assert name[0] not in ". "
            assert name[-1] not in ". "
            assert name.split(".")[0].rstrip(" ").casefold() not in RESERVED
            assert not name.lower().startswith("git~")
            assert unicodedata.is_normalized("NFC", name)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(AWKWARD), unique=True, max_size=10), st.randoms())
def test_file_names_do_not_depend_on_the_order_of_the_paths(paths: list[str], random: object) -> None:
    shuffled = list(paths)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert encode_paths(paths) == encode_paths(shuffled)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("get_order.recipe.json", "get_order.recipe.json"),
        ("Order Sync", "Order Sync"),
        ("CON | Coupa", "CON %7C Coupa"),
        ("con.connection.json", "%63on.connection.json"),
        ("注文_同期.recipe.json", "注文_同期.recipe.json"),
        (".gitattributes", "%2Egitattributes"),
        ("..", "%2E%2E"),
        ("100%", "100%25"),
        ("git~1", "git%7E1"),
        ("a\u202eb", "a%E2%80%AEb"),
        ("", "%_"),
        ("index.json", "%69ndex.json"),
    ],
)
def test_names_stay_as_readable_as_file_systems_allow(name: str, file: str) -> None:
    assert encode_paths([name]).files == {name: file}


def test_the_later_of_two_names_that_differ_in_case_is_escaped() -> None:
    assert encode_paths(["P/Orders/x", "P/orders/x"]).files == {
        "P/Orders/x": "P/Orders/x",
        "P/orders/x": "P/%6Frders/x",
    }


def test_a_file_and_a_folder_of_one_name_get_names_of_their_own() -> None:
    assert encode_paths(["P/x", "P/x/y"]).files == {"P/x": "P/x", "P/x/y": "P/%78/y"}


def test_a_long_name_is_cut_and_keeps_its_kind() -> None:
    path = f"P/{'長' * 100}.recipe.json"
    encoded = encode_paths([path])
    name = encoded.files[path].partition("/")[2]
    assert len(name.encode()) <= 255
    assert re.search(r"%=[0-9a-f]{20}\.recipe\.json$", name)
    assert encoded.shortened == {path: encoded.files[path]}


def test_files_that_somebody_else_named_keep_their_names() -> None:
    assert decode_path("dev/50%/%ZZ/%FF") == "dev/50%/%ZZ/%FF"


def test_an_environments_folder_is_never_the_readme() -> None:
    assert encode_name("ReadMe.md") == "%52eadMe.md"
    assert encode_name("dev") == "dev"
