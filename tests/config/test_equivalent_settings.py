"""`equivalent:` is read strictly: a mapping that does not say what was meant would hide a change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from exporter.config.effective import effective_values, render_effective_json
from exporter.config.load import Configuration, load_configuration
from exporter.config.template import render_template
from exporter.errors import ConfigurationError

ENVIRONMENTS = "environments: {dev: {data_center: eu}, test: {data_center: eu}, prod: {data_center: eu}}\n"


def load(tmp_path: Path, text: str) -> Configuration:
    (tmp_path / "wexport.yaml").write_text(ENVIRONMENTS + text)
    return load_configuration(None, {}, tmp_path)


def problem(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, text)
    return str(caught.value).replace(str(tmp_path) + "/", "")


def test_rows_map_names_between_environments(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "equivalent:\n"
        "  connections:\n"
        "    - {dev: NetSuite DEV, test: NetSuite  UAT, prod: NetSuite}\n"
        '  values: [{dev: "https://dev.example.com", prod: "https://example.com"}]\n',
    ).settings.equivalent
    assert [dict(row) for row in settings.connections] == [
        {"dev": "NetSuite DEV", "test": "NetSuite UAT", "prod": "NetSuite"}
    ]
    assert [dict(row) for row in settings.values] == [{"dev": "https://dev.example.com", "prod": "https://example.com"}]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("[{dev: A, qa: B}]", "wexport.yaml:3: equivalent.values[0].qa: there is no environment 'qa'. Known: dev,"),
        ("[{dev: A}]", "wexport.yaml:3: equivalent.values[0]: a row needs the names of two environments at least."),
        ("[{}]", "wexport.yaml:3: equivalent.values[0]: a row needs the names of two environments at least."),
        ("[{dev: A, test: ''}]", "wexport.yaml:3: equivalent.values[0].test: must not be empty."),
        ("[{dev: A, test: '  '}]", "wexport.yaml:3: equivalent.values[0].test: must not be empty."),
        ("[{dev: A, test: 12}]", "equivalent.values[0].test: text is needed, but this is a number"),
        ("{dev: A, test: B}", "wexport.yaml:3: equivalent.values: a list is needed"),
        ("[A]", "wexport.yaml:3: equivalent.values[0]: a map with keys is needed, but this is text."),
        (
            "\n    - {dev: A, test: B}\n    - {dev: C, test: B}",
            "wexport.yaml:5: equivalent.values[1].test: this name stands in row 1 for the same environment already",
        ),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused(tmp_path: Path, rows: str, expected: str) -> None:
    assert expected in problem(tmp_path, f"equivalent:\n  values: {rows}\n")


def test_one_name_may_stand_for_two_environments(tmp_path: Path) -> None:
    rows = load(tmp_path, "equivalent: {values: [{dev: A, test: A, prod: B}, {dev: B, prod: C}]}\n")
    assert len(rows.settings.equivalent.values) == 2


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    assert "Did you mean 'connections'?" in problem(tmp_path, "equivalent: {connection: []}\n")


def test_the_values_in_force_show_the_rows(tmp_path: Path) -> None:
    configuration = load(tmp_path, "equivalent:\n  values:\n    - {dev: A, test: B}\n")
    shown = json.loads(render_effective_json(effective_values(configuration, {})))["values"]
    entry = next(item for item in shown if item["path"] == ["equivalent", "values"])
    assert entry["value"] == [{"dev": "A", "test": "B"}]
    assert entry["origin"] == "wexport.yaml:3"


def test_the_example_in_the_template_loads(tmp_path: Path) -> None:
    text = render_template({"dev": "eu", "test": "eu", "prod": "eu"})
    start = text.index("# equivalent:")
    example = "".join(line[2:] for line in text[start:].splitlines(keepends=True))
    assert yaml.safe_load(example)["equivalent"]["connections"][0]["test"] == "NetSuite TEST"
    load(tmp_path, example)
