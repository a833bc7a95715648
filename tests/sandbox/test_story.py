"""The story's workspaces: checked on the built exports alone, by code that shares nothing with the builder."""

from __future__ import annotations

import io
import json
import re
import statistics
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from exporter.sandbox.seed import SeedAsset, WorkspaceSeed
from exporter.sandbox.story import ENVIRONMENTS, load_story

JSON_PILL = re.compile(r"_dp\('((?:[^'\\]|\\.)*)'\)")
DOTTED_PILL = re.compile(r"_\('([^']*)'(?:, '([^']*)')?")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
FILE_STEM = re.compile(r"[\W_]+")


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def story(request: pytest.FixtureRequest) -> WorkspaceSeed:
    return load_story(request.param)


def recipes(story: WorkspaceSeed) -> Iterator[tuple[SeedAsset, dict[str, Any]]]:
    for asset in story.assets:
        if asset.type == "recipe":
            yield asset, json.loads(asset.files[".recipe.json"])


def steps(recipe: dict[str, Any]) -> Iterator[dict[str, Any]]:
    pending = [recipe["code"]]
    while pending:
        step = pending.pop()
        yield step
        pending.extend(reversed(step.get("block", [])))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def own_strings(step: dict[str, Any]) -> list[str]:
    """What a person typed into the step: not the schemas, not the steps below it."""
    hidden = ("block", "extended_input_schema", "extended_output_schema", "visible_config_fields")
    return [text for key, value in step.items() if key not in hidden for text in strings(value)]


def json_pills(step: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(found.replace("\\'", "'")) for text in own_strings(step) for found in JSON_PILL.findall(text)]


def output_pills(step: dict[str, Any]) -> list[tuple[str, str, list[Any]]]:
    """(provider, alias, path) of every pill to another step, in either syntax; "*" an item, "#" a size."""
    found: list[tuple[str, str, list[Any]]] = []
    for pill in json_pills(step):
        if pill["pill_type"] == "output":
            marks = {"current_item": "*", "size": "#", "join": "~"}
            path = [part if isinstance(part, str) else marks[part["path_element_type"]] for part in pill["path"]]
            found.append((pill["provider"], pill["line"], path))
        elif pill["pill_type"] == "foreach_meta":
            found.append((pill["provider"], pill["line"], ["~"]))
    for text in own_strings(step):
        for dotted, kind in DOTTED_PILL.findall(text):
            segments = re.sub(r"get_custom_object\([^)]*\)", "~", dotted).split(".")
            if segments[1] != "workato":
                marks = {"first": "*", "____Size": "#"}
                path = ["~"] if kind == "foreach_meta" else [marks.get(part, part) for part in segments[3:]]
                found.append((segments[1], segments[2], [*path[:-2], "#"] if path[-1:] == ["#"] else path))
    return found


# The workspaces as wholes


def test_building_twice_gives_the_same_bytes(story: WorkspaceSeed) -> None:
    again = load_story(story.environment)
    assert [dict(asset.files) for asset in again.assets] == [dict(asset.files) for asset in story.assets]


def test_an_unknown_environment_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no environment 'stage'; it has dev, test, prod"):
        load_story("stage")


def test_the_story_has_its_projects_and_names_in_every_script(story: WorkspaceSeed) -> None:
    assert story.projects == (
        "Order to Cash | 受注",
        "HR / Onboarding",
        "Lead Routing 🚀",
        "Shared",
        "経費精算",
    )
    names = [asset.name for asset in story.assets]
    for mark in ("|", "/", "🚀", "受注", "</details>"):
        assert any(mark in name for name in names), mark


def test_every_asset_lies_in_a_known_folder(story: WorkspaceSeed) -> None:
    assert {asset.folder for asset in story.assets} <= {(), *story.folders}
    assert {folder[0] for folder in story.folders} == set(story.projects)


def test_every_kind_of_asset_is_there(story: WorkspaceSeed) -> None:
    assert {asset.type for asset in story.assets} == {
        "agentic_genie",
        "agentic_skill",
        "api_endpoint",
        "api_group",
        "connection",
        "custom_adapter",
        "lcap_app",
        "lcap_page",
        "lookup_table",
        "mcp_server",
        "project",
        "recipe",
        "tags",
        "topic",
        "workato_db_table",
        "workato_schema",
        "workato_template",
    }
    assert story.account_properties and set(story.project_properties) == set(story.projects)


def test_no_two_assets_have_the_same_file_name(story: WorkspaceSeed) -> None:
    paths = [
        (*asset.folder, FILE_STEM.sub("_", asset.name.lower()).strip("_") + suffix)
        for asset in story.assets
        for suffix in asset.files
    ]
    assert len(set(paths)) == len(paths)


def test_every_reference_leads_to_an_asset(story: WorkspaceSeed) -> None:
    known = {}
    for asset in story.assets:
        stem = FILE_STEM.sub("_", asset.name.lower()).strip("_")
        suffix = next(suffix for suffix in asset.files if suffix.endswith(".json"))
        known["/".join((*asset.folder, stem + suffix))] = ("/".join(asset.folder), asset.name)
    references = 0
    for asset in story.assets:
        pending: list[Any] = [json.loads(content) for suffix, content in asset.files.items() if suffix[-5:] == ".json"]
        while pending:
            value = pending.pop()
            if isinstance(value, dict) and "zip_name" in value:
                assert known[value["zip_name"]] == (value["folder"], value["name"])
                references += 1
            pending.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
    assert references > 60


def test_files_are_laid_out_as_workato_does(story: WorkspaceSeed) -> None:
    for asset in story.assets:
        for suffix, content in asset.files.items():
            if suffix.endswith(".json"):
                text = content.decode()
                assert text[-1] in "}]" and "\t" not in text and "\r\n" not in text
                assert re.search(r'^ *"[^"\n]*": (\{\}|\[\]),?$', text, re.MULTILINE) is None
                assert text.startswith(('{\n  "', "[\n  {"))


def test_the_custom_connectors_slug_differs_in_each_environment() -> None:
    slugs = set()
    for environment in ENVIRONMENTS:
        used = {
            entry["provider"]
            for _, recipe in recipes(load_story(environment))
            for entry in recipe["config"]
            if "_connector_" in entry["provider"]
        }
        assert len(used) == 1
        slugs |= used
    assert len(slugs) == 3
    assert all(re.fullmatch(r"acme_credit_connector_\d+_\d{10}", slug) for slug in slugs)


def test_the_custom_connector_has_source_and_a_readable_logo(story: WorkspaceSeed) -> None:
    connector = next(asset for asset in story.assets if asset.type == "custom_adapter")
    assert b"get_score: {" in connector.files[".custom_adapter.rb"]
    logo = connector.files[".custom_adapter.png"]
    assert logo.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", logo[16:24])
    place, pixels = 8, b""
    while place < len(logo):
        (length,) = struct.unpack(">I", logo[place : place + 4])
        kind, data = logo[place + 4 : place + 8], logo[place + 8 : place + 8 + length]
        assert struct.unpack(">I", logo[place + 8 + length : place + 12 + length])[0] == zlib.crc32(kind + data)
        pixels += data if kind == b"IDAT" else b""
        place += 12 + length
    assert len(zlib.decompress(pixels)) == height * (1 + 4 * width)


def test_tables_carry_their_rows_as_csv(story: WorkspaceSeed) -> None:
    departments = next(asset for asset in story.assets if asset.name == "Departments → cost centers")
    assert json.loads(departments.files[".lookup_table.json"])["data"] == (
        "Department,Cost center,Approver e-mail\n"
        "Finance,4100,noor.elsayed@acme.example\n"
        '"営業, 東京",5200,yuki.tanaka@acme.example\n'
    )


def test_a_page_holds_its_nested_archive(story: WorkspaceSeed) -> None:
    page = next(asset for asset in story.assets if asset.type == "lcap_page")
    with zipfile.ZipFile(io.BytesIO(page.files[".lcap_page.zip"])) as archive:
        assert json.loads(archive.read("page.json")) == json.loads(page.files[".lcap_page.json"])


# Recipes


def test_there_are_at_least_twenty_recipes(story: WorkspaceSeed) -> None:
    assert len(list(recipes(story))) >= 20


def test_every_keyword_is_used(story: WorkspaceSeed) -> None:
    used = {step["keyword"] for _, recipe in recipes(story) for step in steps(recipe)}
    assert used == {
        "trigger", "action", "if", "elsif", "else", "foreach", "repeat", "while_condition", "try", "catch", "stop",
    }  # fmt: skip


def test_numbers_count_depth_first(story: WorkspaceSeed) -> None:
    for _, recipe in recipes(story):
        numbers = [step["number"] for step in steps(recipe)]
        assert numbers == list(range(len(numbers)))


def test_uuids_and_aliases_are_proper_and_unique_in_a_recipe(story: WorkspaceSeed) -> None:
    for _, recipe in recipes(story):
        uuids = [step["uuid"] for step in steps(recipe)]
        aliases = [step["as"] for step in steps(recipe) if "as" in step]
        assert len(set(uuids)) == len(uuids) and all(UUID.fullmatch(uuid) for uuid in uuids)
        assert len(set(aliases)) == len(aliases) and all(re.fullmatch("[0-9a-f]{8}", alias) for alias in aliases)


def test_a_copied_recipe_shares_its_origins_uuids(story: WorkspaceSeed) -> None:
    uuids = {asset.name: [step["uuid"] for step in steps(recipe)] for asset, recipe in recipes(story)}
    assert uuids["Copy of FUNC | Department → cost center"] == uuids["FUNC | Department → cost center"]


def test_conditions_have_ids_in_both_of_workatos_forms(story: WorkspaceSeed) -> None:
    groups = [
        group
        for _, recipe in recipes(story)
        for step in steps(recipe)
        for group in (step["input"], step.get("filter", {}))
    ]
    ids = [condition["uuid"] for group in groups for condition in group.get("conditions", [])]
    assert len(set(ids)) == len(ids)
    assert {len(uuid) for uuid in ids} == {36, len("condition-") + 36}


def test_branches_stand_where_workato_puts_them(story: WorkspaceSeed) -> None:
    for _, recipe in recipes(story):
        for step in steps(recipe):
            below = [child["keyword"] for child in step.get("block", [])]
            if step["keyword"] == "if":
                assert "else" not in below[:-1]
                tail = [word for word in below if word in ("elsif", "else")]
                assert below[len(below) - len(tail) :] == tail
            else:
                assert "else" not in below and "elsif" not in below
            assert (below[-1:] == ["catch"]) == (step["keyword"] == "try")
            assert (below[-1:] == ["while_condition"]) == (step["keyword"] == "repeat")


def test_most_recipes_have_json_datapills_and_some_have_dotted_ones(story: WorkspaceSeed) -> None:
    texts = [" ".join(text for step in steps(recipe) for text in own_strings(step)) for _, recipe in recipes(story)]
    json_only = [text for text in texts if "_dp('" in text and "_('" not in text]
    dotted_only = [text for text in texts if "_('data." in text and "_dp('" not in text]
    assert len(json_only) > len(dotted_only) >= 4
    assert not [text for text in texts if "_dp('" in text and "_('data." in text]


def test_every_type_of_datapill_is_used(story: WorkspaceSeed) -> None:
    pills = [pill for _, recipe in recipes(story) for step in steps(recipe) for pill in json_pills(step)]
    assert {pill["pill_type"] for pill in pills} == {
        "output", "job_context", "project_property", "account_property",
    } | {"foreach_meta"}  # fmt: skip
    elements = {part["path_element_type"] for pill in pills for part in pill.get("path", ()) if isinstance(part, dict)}
    assert {"current_item", "size"} <= elements
    texts = [text for _, recipe in recipes(story) for step in steps(recipe) for text in own_strings(step)]
    for form in ("'foreach_meta'", "'account_property'", "'list_meta'", ".first.", "get_custom_object("):
        assert any("_('data." in text and form in text for text in texts), form


def test_every_datapill_leads_to_an_earlier_step_of_its_provider(story: WorkspaceSeed) -> None:
    found = 0
    for asset, recipe in recipes(story):
        sources = {step["as"]: step for step in steps(recipe) if "as" in step}
        for step in steps(recipe):
            for provider, alias, _ in output_pills(step):
                source = sources[alias]
                assert provider == source.get("provider", source["keyword"]), asset.name
                is_report = step["keyword"] == "trigger"  # a job report names results of later steps
                assert is_report or source["number"] <= step["number"], asset.name
                found += 1
    assert found > 150


def test_every_datapill_names_a_field_of_its_source(story: WorkspaceSeed) -> None:
    for asset, recipe in recipes(story):
        sources = {step["as"]: step for step in steps(recipe) if "as" in step}
        for step in steps(recipe):
            for _, alias, path in output_pills(step):
                if sources[alias]["keyword"] not in ("catch", "repeat"):
                    schema_at(sources, alias, path, asset.name)


def test_every_property_in_use_exists(story: WorkspaceSeed) -> None:
    used = set()
    for asset, recipe in recipes(story):
        project = story.project_properties[asset.folder[0]]
        for step in steps(recipe):
            for pill in json_pills(step):
                if pill["pill_type"] == "project_property":
                    assert pill["property_name"] in project
                elif pill["pill_type"] == "account_property":
                    assert pill["property_name"] in story.account_properties
                used.add(pill["pill_type"])
            for text in own_strings(step):
                for name in re.findall(r"'account_property', '([^']*)'", text):
                    assert name in project or name in story.account_properties
                    used.add("dotted")
    assert used >= {"project_property", "account_property", "dotted"}


def schema_at(sources: dict[str, dict[str, Any]], alias: str, path: list[Any], recipe: str) -> list[dict[str, Any]]:
    """The fields below this path; fails where the path leaves the source's field list."""
    source = sources[alias]
    if source["keyword"] == "foreach":
        ((_, list_alias, list_path),) = output_pills({"source": source["source"]})
        fields = schema_at(sources, list_alias, list_path, recipe)
    else:
        fields = source["extended_output_schema"]
    for part in path:
        if part == "~":
            return []
        if part not in ("*", "#"):
            named = {field["name"].replace("-", "_"): field for field in fields}
            assert part.replace("-", "_") in named, f"{recipe}: {path}"
            fields = named[part.replace("-", "_")].get("properties", [])
    return fields


def test_variables_are_named_by_the_step_that_declares_them(story: WorkspaceSeed) -> None:
    names = []
    for _, recipe in recipes(story):
        declared = {f"{step['uuid']}:{step.get('as')}" for step in steps(recipe)}
        for step in steps(recipe):
            if step.get("provider") == "workato_variable" and not step["name"].startswith("declare"):
                names.append(step["input"]["name"])
                assert re.match(r"[0-9a-f-]{36}:[0-9a-f]{8}", names[-1])[0] in declared  # type: ignore[index]
    assert any(name.count(":") == 5 for name in names)  # two variables at once


def test_what_a_reviewer_meets_in_the_field_is_there(story: WorkspaceSeed) -> None:
    every = [step for _, recipe in recipes(story) for step in steps(recipe)]
    inputs = [json.dumps(step["input"], ensure_ascii=False) for step in every]
    assert any(step["keyword"] == "foreach" and step["repeat_mode"] == "batch" for step in every)
    assert any(step["keyword"] == "foreach" and step["repeat_mode"] == "simple" for step in every)
    assert any(
        step["keyword"] == "catch" and "filter" in step and step["input"]["max_retry_count"] > "0" for step in every
    )
    assert any(step["keyword"] == "trigger" and "filter" in step for step in every)
    assert {step["input"]["stop_with_error"] for step in every if step["keyword"] == "stop"} == {"true", "false"}
    assert {step["name"] for step in every if "name" in step} >= {
        "__adhoc_http_action", "call_recipe", "call_recipe_async", "return_result", "execute", "receive_request",
        "return_response", "invoke_custom_python_code", "execute_ruby", "search_entries", "get_records", "parse_json",
    }  # fmt: skip
    assert any(step.get("provider", "").endswith("_secondary") for step in every)
    for key in ("skip", "mask_data", "comment", "job_report_schema", "param", "visible_config_fields"):
        assert any(key in step for step in every), key
    for mark in ("____source", "SELECT ", "<html>", "parameters_schema_json", '"=', "sample_document"):
        assert any(mark in text for text in inputs), mark
    assert any(UUID.fullmatch(key) for step in every for key in step["input"].get("record", {}))


def test_config_names_each_used_provider_once(story: WorkspaceSeed) -> None:
    for _, recipe in recipes(story):
        providers = [entry["provider"] for entry in recipe["config"]]
        assert providers == list(dict.fromkeys(step["provider"] for step in steps(recipe) if "provider" in step))


def test_recipes_are_as_big_as_real_ones_and_mostly_field_lists(story: WorkspaceSeed) -> None:
    sizes = [len(asset.files[".recipe.json"]) for asset, _ in recipes(story)]
    assert max(sizes) > 500_000
    assert sum(50_000 <= size <= 250_000 for size in sizes) >= 5
    assert 10_000 < statistics.median(sizes) < 100_000
    total = schema = 0
    for _, recipe in recipes(story):
        for step in steps(recipe):
            own = {key: value for key, value in step.items() if key != "block"}
            lists = {key: value for key, value in own.items() if "schema" in key or key == "visible_config_fields"}
            total += len(json.dumps(own))
            schema += len(json.dumps(lists))
    assert 0.75 < schema / total < 0.97


def test_versions_match_the_files_and_have_authors(story: WorkspaceSeed) -> None:
    for asset, recipe in recipes(story):
        assert recipe["version"] == asset.version and recipe["name"] == asset.name
        assert asset.author_name and asset.author_email.endswith("@acme.example")
    assert {asset.is_running for asset, _ in recipes(story)} == {True, False}


def test_tags_of_recipes_are_described(story: WorkspaceSeed) -> None:
    (described,) = {asset.files[".json"] for asset in story.assets if asset.type == "tags"}
    used = {tag for _, recipe in recipes(story) for tag in recipe.get("tags", [])}
    assert {tag["title"] for tag in json.loads(described)} == used == {"SOX", "受注"}


def test_steps_keep_uuid_and_alias_across_environments() -> None:
    places = []
    for environment in ("test", "prod"):
        places.append(
            {
                (asset.name, step["uuid"]): step.get("as")
                for asset, recipe in recipes(load_story(environment))
                for step in steps(recipe)
            }
        )
    shared = places[0].keys() & places[1].keys()
    assert len(shared) > 150
    assert all(places[0][place] == places[1][place] for place in shared)
