"""A configuration is settings or one clear ConfigurationError, and never anything else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.config.document import parse_document
from exporter.config.load import Configuration, load_configuration, validate
from exporter.config.settings import EnvironmentSettings, GitLabSettings, Settings, SnapshotSettings
from exporter.config.template import render_template
from exporter.errors import ConfigurationError

GOOD = """\
environments:
  dev:
    data_center: eu
    workspace_id: 1234
    include: ["Order *"]
  test-2:
    base_url: http://127.0.0.1:8080/
gitlab:
  url: https://gitlab.example.com
  project: enterprise-apps/integrations/platypus
"""


def load(tmp_path: Path, text: str | bytes) -> Configuration:
    content = text.encode() if isinstance(text, str) else text
    (tmp_path / "wexport.yaml").write_bytes(content)
    return load_configuration(None, {}, tmp_path)


def problem(tmp_path: Path, text: str | bytes) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, text)
    return str(caught.value).replace(str(tmp_path) + "/", "")


def test_a_good_file_becomes_settings(tmp_path: Path) -> None:
    settings = load(tmp_path, GOOD).settings
    assert list(settings.environments) == ["dev", "test-2"]
    assert settings.environments["dev"].include == ("Order *",)
    assert settings.environments["dev"].workspace_id == 1234
    assert settings.environments["test-2"].base_url == "http://127.0.0.1:8080"
    assert settings.token_variable("test-2") == "WEXPORT_TEST_2_TOKEN"
    assert settings.snapshots.max_vanished_share == 0.25
    assert settings.gitlab is not None and settings.gitlab.token_variable == "WEXPORT_GITLAB_TOKEN"


def test_the_file_is_found_in_a_folder_above(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert load_configuration(None, {}, below).file == tmp_path / "wexport.yaml"


def test_the_option_wins_over_the_variable_and_the_variable_over_the_search(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    for name in ("option.yaml", "variable.yaml"):
        (tmp_path / name).write_text(GOOD)
    environ = {"WEXPORT_CONFIG": "variable.yaml"}
    assert load_configuration(Path("option.yaml"), environ, tmp_path).file.name == "option.yaml"
    assert load_configuration(None, environ, tmp_path).file.name == "variable.yaml"


def test_a_relative_snapshot_path_starts_at_the_file(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    load(tmp_path, GOOD + "snapshots: {path: ../store}\n")
    configuration = load_configuration(None, {}, below)
    assert configuration.snapshot_path == tmp_path / "../store"


def test_without_a_file_the_message_names_init(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="wexport init"):
        load_configuration(None, {}, tmp_path)


def test_a_question_ends_with_its_own_mark(tmp_path: Path) -> None:
    assert problem(tmp_path, "environments: {dev: {data_centre: eu}}").endswith("Did you mean 'data_center'?")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "environments:\n  dev:\n    data_centre: eu\n",
            "wexport.yaml:3: environments.dev.data_centre: unknown key. Did you mean 'data_center'?",
        ),
        ("environments: {dev: {data_center: eu}}\nsnapshot: {}\n", "Did you mean 'snapshots'?"),
        (
            "environments: {dev: {data_center: eu}}\ngitlab:\n  xyzzy: 1\n",
            "wexport.yaml:3: gitlab.xyzzy: unknown key. Known keys here: url, token_variable, project.",
        ),
        ("environments:\n  dev: {}\n", "wexport.yaml:2: environments.dev: give either data_center"),
        ("environments:\n  dev: {data_center: eu, base_url: 'https://x.example'}\n", "give either data_center"),
        ("environments:\n  dev:\n", "wexport.yaml:2: environments.dev: a map with keys is needed, but this is empty."),
        ("environments:\n  Dev!: {data_center: eu}\n", "wexport.yaml:2: environments.Dev!: an environment's name has"),
        ("environments:\n  con: {data_center: eu}\n", "reserved on Windows"),
        ("environments: {}\n", "wexport.yaml:1: environments: must not be empty."),
        ("gitlab: {}\n", "wexport.yaml:1: environments: this key is missing."),
        ("- dev\n", "wexport.yaml:1: the file must be a map"),
        ("", "wexport.yaml:1: environments: this key is missing."),
        (
            "environments:\n  dev:\n    data_center: eu\n    data_center: us\n",
            "wexport.yaml:4: the key 'data_center' is already there in line 3.",
        ),
        ("environments:\n  dev: {data_center: eu\n", "this is no valid YAML"),
        ("a: 1\n---\nb: 2\n", "this is no valid YAML"),
        ("environments: {dev: {data_center: eu, workspace_id: '12'}}", "a whole number is needed, but this is text."),
        (
            "environments: {dev: {data_center: eu, table_data: 1}}",
            "environments.dev.table_data: true or false is needed, but this is a number",
        ),
        ("environments: {dev: {data_center: no}}", "text is needed, but this is false"),
        ("environments: {dev: {data_center: eu, include: Order}}", 'a list is needed, such as ["Order *"], but'),
        ("environments: {dev: {data_center: eu, include: [a, 1]}}", "environments.dev.include[1]: text is needed"),
        ("environments: {dev: {data_center: eu, requests_per_minute: 0}}", "must be at least 1."),
        ("environments: {dev: {base_url: 'http://example.com'}}", "must begin with https://"),
        ("environments: {dev: {base_url: 'https://u:p@example.com'}}", "must not carry a user name or password"),
        ("environments: {dev: {base_url: 'https://[::1'}}", "not a valid URL"),
        ("environments: {dev: {data_center: eo}}", "There is no Workato data center 'eo'. Did you mean 'eu'?"),
        ("environments: {dev: {data_center: 'https://x.example'}}", "this is an address; give it as base_url"),
        ("environments: {dev: {data_center: eu}}\ngitlab: {url: 'http://x.example'}\n", "must begin with https://"),
        ("environments: {dev: {data_center: eu}}\ngitlab: {url: 'https://u:p@x.example'}\n", "must not hold a user"),
        ("environments: {dev: {data_center: eu}}\ngitlab: {url: 'https://[::1'}\n", "this is no valid URL"),
        (
            "environments: {a-b: {data_center: eu}, a_b: {data_center: eu}}",
            "the environments 'a-b' and 'a_b' would take their token from the same variable WEXPORT_A_B_TOKEN",
        ),
        ("environments: {dev: {data_center: eu}}\nsnapshots: {author: me}\n", 'written as "Name <mail@example.com>"'),
        ("environments: {dev: {data_center: eu}}\nsnapshots: {branch: 'a..b'}\n", "Git does not take this"),
        ("environments: {dev: {data_center: eu}}\nsnapshots: {remote: '--upload-pack=x'}\n", "no address of a Git"),
        ("environments: {dev: {data_center: eu}}\nsnapshots: {remote: 'ext::sh -c x'}\n", "no address of a Git"),
        ("environments: {dev: {data_center: eu}}\nsnapshots: {remote: 'https://u:pw@x/y'}\n", "leave credentials to"),
        ("environments: {dev: {data_center: eu}}\nsnapshots: {max_vanished_share: .nan}\n", "max_vanished_share"),
        ("environments: {dev: {data_center: eu}}\nsnapshots: {max_vanished_share: 25}\n", "must be at most 1"),
        ("environments: {dev: {data_center: eu}}\ngitlab: {project: platypus}\n", "given by its path"),
        ("environments: {dev: {data_center: eu}}\npolicy: {preset: mine}\n", "policy.preset: must be 'handbook'"),
        ("environments: !!python/object:os.system {}\n", "the tag 'tag:yaml.org,2002:python/object:os.system' is not"),
        ("environments: {[a]: 1}\n", "a key must be a word"),
        ('environments: "\\UFFFFFFFF"\n', "this is no valid YAML"),
        (b"environments: \xff\n", "wexport.yaml:1: the file is not UTF-8 text"),
        ("environments: {dev: {data_center: eu, workspace_id: " + "9" * 5000 + "}}", "this value cannot be read"),
        ("#" * 1_000_001, "larger than 1000 kB"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str | bytes, expected: str) -> None:
    assert expected in problem(tmp_path, text)


def test_several_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "environments:\n  dev: {data_center: eu, tabel_data: true}\nsnapshots:\n  path: 3\nfoo: 1\n"
    lines = problem(tmp_path, text).splitlines()
    assert [line.split(":")[1] for line in lines] == ["2", "4", "5"]


@pytest.mark.parametrize(
    "text",
    [
        "environments: {dev: {data_center: eu, token: wrkprod-abcdefgh12345678}}",
        "environments: {dev: {data_center: eu, token_variable: wrkprod-abcdefgh12345678}}",
        "environments: {dev: {data_center: eu, token_variable: " + "0123456789abcdef" * 4 + "}}",
        "environments: {dev: {data_center: wrkprod-abcdefgh12345678}}",
        "environments: {dev: {data_center: eu}}\ngitlab: {token: glpat-abcdefgh12345678}",
    ],
)
def test_a_token_in_the_file_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    message = problem(tmp_path, text)
    assert "environment variable" in message
    assert "abcdef" not in message


def test_an_environment_may_be_called_on(tmp_path: Path) -> None:
    # YAML 1.1 reads `on` as true.
    assert list(load(tmp_path, "environments: {on: {data_center: eu}}").settings.environments) == ["on"]


def test_control_characters_of_the_file_reach_no_message(tmp_path: Path) -> None:
    message = problem(tmp_path, 'environments: {"a\\e[31m\\u202E": {data_center: eu}}')
    assert "a\\x1b[31m\\u202e" in message
    assert "\x1b" not in message


def test_an_alias_bomb_is_refused(tmp_path: Path) -> None:
    layers = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    layers += [
        f"{name}: &{name} [{', '.join(['*' + before] * 10)}]" for before, name in zip("abcdefg", "bcdefgh", strict=True)
    ]
    assert "aliases may unfold" in problem(tmp_path, "\n".join(layers))


@pytest.mark.parametrize("text", ["a: &a [*a]", "[" * 5000, "{a: " * 60 + "1" + "}" * 60])
def test_endless_and_deep_documents_are_refused(tmp_path: Path, text: str) -> None:
    assert "nested too deeply" in problem(tmp_path, text)


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Cannot read"):
        load_configuration(tmp_path, {}, tmp_path)
    with pytest.raises(ConfigurationError, match="Cannot read"):
        load_configuration(Path("a\0b"), {}, tmp_path)


def test_what_init_writes_loads_with_defaults(tmp_path: Path) -> None:
    text = render_template({"dev": "eu", "no": "https://workato.example.com"}, gitlab_project="a/b")
    settings = load(tmp_path, text).settings
    assert list(settings.environments) == ["dev", "no"]
    assert settings.environments["no"].base_url == "https://workato.example.com"
    assert settings.gitlab is not None and settings.gitlab.project == "a/b"


def test_every_commented_key_of_the_template_is_valid_too(tmp_path: Path) -> None:
    text = re.sub(r"^(  +)# ([a-z_]+: .*)$", r"\1\2", render_template({"dev": "eu"}), flags=re.MULTILINE)
    settings = load(tmp_path, text).settings
    assert settings.environments["dev"].model_fields_set == set(EnvironmentSettings.model_fields) - {"base_url"}
    assert settings.snapshots.model_fields_set == set(SnapshotSettings.model_fields)
    assert settings.gitlab is not None
    assert settings.gitlab.model_fields_set == set(GitLabSettings.model_fields)


WORDS = (
    *("environments", "dev", "data_center", "base_url", "include", "snapshots", "path", "author", "remote", "branch"),
    *("gitlab", "url", "project", "policy", "preset", "[key]", "eu", ":", "[", "]", "{", "}", "&a", "*a", "!!", "'"),
    *('"', "<<", "|", "0x", "1e9", ".inf", "~", "-", "---"),
)


@given(st.text() | st.lists(st.sampled_from([*WORDS, " ", "\n", "  ", ": ", "%YAML 1.1\n"])).map("".join))
def test_any_text_is_settings_or_a_configuration_error(text: str) -> None:
    try:
        settings = validate(parse_document(text, "wexport.yaml"), "wexport.yaml")
    except ConfigurationError as error:
        assert str(error).startswith("wexport.yaml")
    else:
        assert isinstance(settings, Settings)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(plain)
def test_any_data_is_settings_or_a_configuration_error(data: object) -> None:
    try:
        validate(parse_document(json.dumps(data), "wexport.yaml"), "wexport.yaml")
    except ConfigurationError as error:
        assert str(error).startswith("wexport.yaml")
