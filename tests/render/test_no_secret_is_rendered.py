"""No rendering of a masked diff shows a secret, whatever it is and wherever in an asset it stands."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.change.checklist import needed_approvals
from exporter.change.policy import HANDBOOK
from exporter.diff.masking.diffs import mask_diff
from exporter.diff.masking.masker import Masker
from exporter.diff.snapshots import compare_snapshots
from exporter.render.json import render_diff_json
from exporter.render.markdown.note import render_markdown, render_note
from exporter.render.terminal import render_diff
from exporter.snapshot import Index, Snapshot, asset_of, snapshot_of

MASKER = Masker(b"a key for tests, 32 bytes long..")
LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

# How a credential of each kind looks around its random part, which must not be shown.
FORMS: dict[str, str] = {
    "JSON Web Token": "eyJhbGciOiJIUzI1NiJ9.{}.c2lnbmF0dXJl",
    "Bearer": "Bearer 7{}",
    "Basic": "Basic {}9==",
    "Slack": "xoxb-{}",
    "GitHub": "ghp_{}",
    "GitHub fine-grained": "github_pat_{}",
    "GitLab": "glpat-{}",
    "Google": "AIza{}",
    "private key": "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
    "userinfo": "https://user:{}@db.example.com/x",
    "signed URL": "https://files.example.com/a?X-Amz-Signature={}&n=1",
    "Slack webhook": "https://hooks.slack.com/services/{}",
    "assignment": "password={}",
    "JSON": '{{"client_secret": "{}"}}',
    "header line": "X-Api-Key: {}",
}
NAMED_KEYS = ("password", "client_secret", "apiKey", "X-Auth-Token", "private_key")


def recipe(**parts: Any) -> dict[str, Any]:
    step = {
        "number": 1,
        "keyword": "action",
        "provider": parts.get("provider", "rest"),
        "name": "send",
        "as": "aaaa0001",
        "uuid": "00000001-0000-4000-8000-000000000000",
        "title": parts.get("title"),
        "input": {"limit": "1", **parts.get("input", {})},
        "comment": parts.get("comment", ""),
        "extended_input_schema": parts.get("schema", []),
    }
    condition = {"operand": "equals_to", "lhs": parts.get("lhs", "a"), "rhs": parts.get("rhs", "b"), "uuid": "c"}
    block = {
        "number": 2,
        "keyword": "if",
        "uuid": "00000002-0000-4000-8000-000000000000",
        "input": {"type": "compound", "operand": "and", "conditions": [condition]},
        "block": [{**step, "number": 3, "as": "aaaa0003", "uuid": "00000003-0000-4000-8000-000000000000"}],
    }
    trigger = {"keyword": "trigger", "uuid": "00000000-0000-4000-8000-000000000000", "block": [step, block]}
    account = {"zip_name": "c.connection.json", "name": parts.get("connection", "C"), "folder": ""}
    return {
        "name": parts.get("name", "A"),
        "description": parts.get("description", ""),
        "version": 1,
        "code": trigger,
        "config": [{"keyword": "application", "provider": "rest", "account_id": account}],
    }


def csv_text(*row: str) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerows([("Key", "Value"), row])
    return stream.getvalue()


Files = dict[str, Any]
RECIPE_PATH = "P/a.recipe.json"


def _in_recipe(**parts: Any) -> Files:
    return {RECIPE_PATH: recipe(**parts)}


# Where in an asset a credential that shows what it is can stand.
PLACES: dict[str, Callable[[str], Files]] = {
    "field": lambda text: _in_recipe(input={"body": f"see {text}"}),
    "deep field": lambda text: _in_recipe(input={"request": {"data": [{"x": {"y": text}}]}}),
    "formula": lambda text: _in_recipe(input={"body": f"={json.dumps(text)} + name"}),
    "key": lambda text: _in_recipe(input={text: "1"}),
    "comment": lambda text: _in_recipe(comment=f"Uses {text}"),
    "header row": lambda text: _in_recipe(input={"request": {"headers": [{"name": "X-Other", "value": text}]}}),
    "header name": lambda text: _in_recipe(input={"request": {"headers": [{"name": text, "value": "1"}]}}),
    "code": lambda text: _in_recipe(input={"code": f"def main(x):\n    y = {json.dumps(text)}\n    return y\n"}),
    "recipe name": lambda text: _in_recipe(name=text),
    "recipe description": lambda text: _in_recipe(description=text),
    "connection name": lambda text: _in_recipe(connection=text),
    "provider": lambda text: _in_recipe(provider=text),
    "title": lambda text: _in_recipe(title=text, input={"x": "1"}),
    "mnemonic": lambda text: _in_recipe(input={"mnemonic": text}),
    "condition": lambda text: _in_recipe(rhs=text),
    "schema default": lambda text: _in_recipe(schema=[{"name": "a", "type": "string", "label": "A", "default": text}]),
    "schema label": lambda text: _in_recipe(schema=[{"name": "a", "type": "string", "label": text}]),
    "schema in a string": lambda text: _in_recipe(
        input={"parameters_schema_json": json.dumps([{"name": "a", "type": "string", "label": "A", "default": text}])}
    ),
    "sample": lambda text: _in_recipe(input={"sample_document": json.dumps({"a": [text]})}),
    "table cell": lambda text: {
        "P/t.lookup_table.json": {"name": "T", "schema": [], "data": csv_text("x", text)}
    },
    "first column": lambda text: {
        "P/t.lookup_table.json": {"name": "T", "schema": [], "data": csv_text(text, "x")}
    },
    "connector source": lambda text: {"P/c.custom_adapter.rb": f"x = {json.dumps(text)}\n"},
    "other asset": lambda text: {"P/e.api_endpoint.json": {"name": "E", "path": text}},
    "property name": lambda text: {"P/x.properties.json": {text: None}},
    "asset name": lambda text: {"P/e.api_endpoint.json": {"name": text, "path": "/"}},
}  # fmt: skip

# Where a word is a secret because of the name that stands with it.
NAMED_PLACES: dict[str, Callable[[str, str], Files]] = {
    "field": lambda key, text: _in_recipe(input={key: text}),
    "deep field": lambda key, text: _in_recipe(input={"request": {"data": {key: text}}}),
    "formula": lambda key, text: _in_recipe(input={key: f'="{text}" + now.to_s'}),
    "header row": lambda key, text: _in_recipe(input={"request": {"headers": [{"name": key, "value": text}]}}),
    "header": lambda key, text: _in_recipe(input={"request": {"headers": {key: text}}}),
    "sample": lambda key, text: _in_recipe(input={"sample_document": json.dumps({"a": {key: text}}, indent=1)}),
    "code": lambda key, text: _in_recipe(input={"code": f'x = {{"{key}": "{text}"}}\n'}),
    "comment": lambda key, text: _in_recipe(comment=f"{key}: {text}"),
    "condition": lambda key, text: _in_recipe(lhs=key, rhs=text),
    "schema default": lambda key, text: _in_recipe(
        schema=[{"name": key, "type": "string", "label": key, "default": text}]
    ),
    "schema in a string": lambda key, text: _in_recipe(
        input={"parameters_schema_json": json.dumps([{"name": key, "type": "string", "label": key, "default": text}])}
    ),
    "table column": lambda key, text: {
        "P/t.lookup_table.json": {"name": "T", "schema": [], "data": f"Key,{key}\nx,{text}\n"}
    },
    "table row": lambda key, text: {
        "P/t.lookup_table.json": {"name": "T", "schema": [], "data": f"Key,Value\n{key},{text}\n"}
    },
    "other asset": lambda key, text: {"P/e.api_endpoint.json": {"name": "E", key: text}},
}


def snapshot(environment: str, files: Files) -> Snapshot:
    return snapshot_of(
        Index(environment),
        [
            asset_of(path, content.encode() if isinstance(content, str) else json.dumps(content).encode())
            for path, content in files.items()
        ],
    )


def renderings(before: Files, after: Files) -> str:
    """Everything that can be shown of a diff."""
    source, target = snapshot("dev", after), snapshot("test", before)
    diff = mask_diff(compare_snapshots(source, target, source_label="dev", target_label="test"), MASKER)
    shown = [
        render_diff(diff, width=width, color=color, verbose=verbose, summary=summary)
        for width, color, verbose, summary in (
            (400, False, True, False),
            (100, True, False, False),
            (100, False, False, True),
        )
    ]
    checklist = needed_approvals(HANDBOOK, (), ())
    note = render_note(diff, checklist, sequence=1, made_at=datetime(2026, 11, 1, tzinfo=UTC))
    return "\n".join([*shown, render_markdown(diff), render_diff_json(diff), note.text])


def plain_of(files: Files) -> Files:
    """The other side: the same kind of asset without anything planted."""
    if RECIPE_PATH in files:
        return _in_recipe()
    return {path: "x = 1\n" if isinstance(content, str) else _plain_asset(content) for path, content in files.items()}


def _plain_asset(content: dict[str, Any]) -> dict[str, Any]:
    columns = content.get("data", "").partition("\n")[0]
    return {**content, "name": "E", "path": "/", "data": f"{columns}\nx,y\n"}


def check(planted: Files, secret: str) -> None:
    for before, after in ((plain_of(planted), planted), (planted, plain_of(planted)), ({}, planted)):
        shown = renderings(before, after)
        assert secret not in shown
        assert secret not in shown.replace("\n", "").replace(" ", "")  # nor wrapped over lines


SECRETS = st.text(alphabet=LETTERS, min_size=20, max_size=36)


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=12, deadline=None)
@given(kind=st.sampled_from(sorted(FORMS)), random=SECRETS)
def test_a_credential_is_shown_nowhere(place: str, kind: str, random: str) -> None:
    check(PLACES[place](FORMS[kind].format(random)), random)


@pytest.mark.parametrize("place", NAMED_PLACES)
@settings(max_examples=6, deadline=None)
@given(key=st.sampled_from(NAMED_KEYS), random=SECRETS)
def test_a_word_under_a_secrets_name_is_shown_nowhere(place: str, key: str, random: str) -> None:
    check(NAMED_PLACES[place](key, random), random)


@given(one=SECRETS, other=SECRETS)
@settings(max_examples=10, deadline=None)
def test_a_secret_that_changed_is_still_a_visible_change(one: str, other: str) -> None:
    before, after = (_in_recipe(input={"password": secret}) for secret in (one, other))
    shown = renderings(before, after)
    assert one not in shown and other not in shown
    for secret in (one, other):
        assert (MASKER.mask_text("password", secret) in shown) is (one != other)
