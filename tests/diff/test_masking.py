"""What looks like a secret is masked, and a change of it stays visible; what is none stays readable."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.diff.changes import (
    MISSING,
    AssetChange,
    ChangeKind,
    DeclaredFieldChange,
    FieldChange,
    Side,
    SnapshotDiff,
    StepChange,
    StepPlace,
    WarningKind,
)
from exporter.diff.masking.arrivals import find_arrivals
from exporter.diff.masking.diffs import mask_diff
from exporter.diff.masking.masker import Masker
from exporter.diff.masking.names import names_secret
from exporter.recipe.model import JsonValue
from exporter.snapshot import AssetKind

MASKER = Masker(b"a key for tests, 32 bytes long..")
MASK = re.compile(r"••••••• \(([\d]+) characters?, #[0-9a-f]{6}\)")


def masked(key: str, value: str) -> str:
    """With each mask as `<length>`."""
    return MASK.sub(r"<\1>", MASKER.mask_text(key, value))


def test_a_mask_has_the_length_and_a_keyed_hash() -> None:
    text = MASKER.mask_text("password", "hunter2")
    assert re.fullmatch(r"••••••• \(7 characters, #[0-9a-f]{6}\)", text)
    assert MASKER.mask_text("secret", "hunter2") == text
    assert MASKER.mask_text("password", "hunter3") != text
    assert Masker(b"another key for tests, 32 bytes.").mask_text("password", "hunter2") != text


def test_the_key_is_never_shown_and_never_short() -> None:
    assert "a key" not in repr(MASKER)
    with pytest.raises(ValueError, match="16 bytes"):
        Masker(b"short")


@pytest.mark.parametrize(
    "key",
    [
        "password", "Password", "db_password", "dbPassword", "PASSWORD", "user-passwd", "pwd", "passphrase", "secret",
        "client_secret", "clientSecret", "Client secret", "api_secret_key", "token", "access_token", "X-Auth-Token",
        "api_key", "apiKey", "APIKey", "X-Api-Key", "API key", "private_key", "Authorization", "authorization",
        "encrypted_text", "connectionString", "signing key", "Ocp-Apim-Subscription-Key", "Set-Cookie", "credentials",
        "Request ▸ Headers ▸ Authorization", "Headers ▸ X-Api-Key ▸ Value", "Password ▸ Default", "access_tokens",
    ],
)  # fmt: skip
def test_these_keys_name_a_secret(key: str) -> None:
    assert names_secret(key)


@pytest.mark.parametrize(
    "key",
    [
        "", "name", "monkey", "key", "primary_key", "keyboard", "token_url", "Token type", "max_tokens", "secret_name",
        "password_length", "next_page_token", "Password ▸ Type", "author", "mask_data", "Passenger", "authority",
        "token_expires_in", "Password ▸ Label", "compass", "external_key", "secretary_name",
    ],
)  # fmt: skip
def test_these_keys_name_none(key: str) -> None:
    assert not names_secret(key)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("hunter2", "<7>"),
        ("", ""),
        ("true", "true"),
        ("[Step 2 · Get [x] ▸ Password]", "[Step 2 · Get [x] ▸ Password]"),
        ("[Account property ▸ api.token]", "[Account property ▸ api.token]"),
        ("#{_dp('{\"pill_type\":\"job_context\"}')}", "#{_dp('{\"pill_type\":\"job_context\"}')}"),
        ("Bearer [Step 2 · Get ▸ Token]", "Bearer [Step 2 · Get ▸ Token]"),
        ("Bearer s3cr3t-value", "Bearer <12>"),
        ("abc[Step 2 · Get ▸ Token]def", "<3>[Step 2 · Get ▸ Token]<3>"),
        ("[not a pill]", "<12>"),
        ('="abc" + [Step 1 · X ▸ y].to_s', '="<3>" + [Step 1 · X ▸ y].to_s'),
        ("=lookup('Secrets', 'Name': \"prod\")['Value']", "=lookup('Secrets', 'Name': \"<4>\")['Value']"),
        ("=now", "=now"),
        ("#{[Step 1 · X ▸ y].gsub('abc', '')}", "#{[Step 1 · X ▸ y].gsub('<3>', '')}"),
    ],
)  # fmt: skip
def test_under_a_secrets_name_the_literal_part_is_masked(value: str, expected: str) -> None:
    assert masked("Password", value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dGVzdA ok", "token <43> ok"),
        ("Bearer dGhpcyBpcyBhIHRva2Vu", "Bearer <20>"),
        ("curl -H 'Authorization: Basic dXNlcjpwYXNz'", "curl -H 'Authorization: <18>'"),
        ("key AKIAIOSFODNN7EXAMPLE", "key <20>"),
        ("xoxb-1234567890-abcdef", "<22>"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "<40>"),
        ("glpat-abcdefghij0123456789", "<26>"),
        ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "<39>"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIB\nAAAA\n-----END RSA PRIVATE KEY-----\nrest", "<71>\nrest"),
        ("cut -----BEGIN PRIVATE KEY-----\nMIIB", "cut <32>"),
        ("postgres://app:s3cr3t@db.example.com/x", "postgres://app:<6>@db.example.com/x"),
        ("https://h/x?X-Amz-Signature=abcdef&a=1", "https://h/x?X-Amz-Signature=<6>&a=1"),
        ("https://h/x?a=1&access_token=[Step 2 · a ▸ b]", "https://h/x?a=1&access_token=[Step 2 · a ▸ b]"),
        ("https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/services/<9>"),
        ("EndpointsProtocol=https;AccountKey=abcd1234efgh==;x=1", "EndpointsProtocol=https;AccountKey=<14>;x=1"),
        ('{"client_secret": "a\\"b", "n": 1}', '{"client_secret": "<4>", "n": 1}'),
        ('{\\"password\\": \\"hunter2\\", \\"n\\": 1}', '{\\"password\\": \\"<7>\\", \\"n\\": 1}'),
        ('[{"name": "X-Api-Key", "value": "zzz"}]', '[{"name": "X-Api-Key", "value": "<3>"}]'),
        ('[{"value": "zzz", "name": "X-Api-Key"}]', '[{"value": "<3>", "name": "X-Api-Key"}]'),
        ("Password: swordfish, then go", "Password: <9>, then go"),
        ("IF Password equals hunter2 AND Name is present", "IF Password equals <7> AND Name is present"),
        ("the password is hunter2", "the password is <7>"),
    ],
)  # fmt: skip
def test_a_secret_is_known_by_its_form_or_by_what_stands_before_it(value: str, expected: str) -> None:
    assert masked("", value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "Search accounts in Salesforce by e-mail address",
        "Basic authentication is used, the Bearer token comes from step 2.",
        "https://app.example.com/orders?status=open&page_size=100",
        "SELECT Id, Name FROM Account WHERE Token__c = null",
        "4f6c1c4e-8c1b-4f5a-9d5e-0a1b2c3d4e5f",
        '[{"name":"password","type":"string","control_type":"password","label":"Password"}]',
        "Password is not present",
        "jane.doe@example.com",
        "IF Password is present AND Token is true",
        "password: #{[Step 2 · a ▸ b]}",
    ],
)
def test_what_is_no_secret_stays_readable(value: str) -> None:
    assert MASKER.mask_text("", value) == value


def test_in_code_names_stay_and_strings_go() -> None:
    code = "password = input['password']\ntoken = data.get('x')\nheaders = {'api_key': 'abcd'}\nsecret = other\n"
    assert masked("Code", code) == code.replace("'abcd'", "'<4>'")
    assert masked("Code", 'x = "X-Api-Key: abcd"  # token: abc') == 'x = "X-Api-Key: <4>"  # token: <3>'


def test_a_long_random_text_is_masked_where_values_stand() -> None:
    random = "a8Fk29xLmQ0zPq7Rt5Yv"
    assert masked("Headers ▸ 1 ▸ Value", random) == "<20>"
    assert masked("Spreadsheet", random) == random


def test_rows_of_name_and_value_are_masked_by_their_names() -> None:
    rows: JsonValue = [{"name": "X-Api-Key", "value": "abc"}, {"name": "Accept", "value": "abc"}]
    assert MASKER.mask_value("Headers", rows) == [
        {"name": "X-Api-Key", "value": MASKER.mask_text("secret", "abc")},
        {"name": "Accept", "value": "abc"},
    ]


def test_numbers_under_a_secrets_name_are_masked_and_truth_values_are_not() -> None:
    assert MASKER.mask_value("pin", 1234) == MASKER.mask_text("pin", "1234")
    assert MASKER.mask_value("password", Decimal("1.0")) == MASKER.mask_text("pin", "1.0")
    assert MASKER.mask_value("password", True) is True
    assert MASKER.mask_value("limit", 1234) == 1234


PLACE = StepPlace(2, 1, "action", "rest", "Send", ("IF Password equals hunter2",), "u")


def change(*fields: FieldChange, kinds: tuple[ChangeKind, ...] = (ChangeKind.CHANGED,)) -> AssetChange:
    step = StepChange(kinds, PLACE, PLACE, fields)
    return AssetChange(AssetKind.RECIPE, kinds, "P/a.recipe.json", "P/a.recipe.json", "A", "0" * 64, steps=(step,))


def diff_of(*changes: AssetChange) -> SnapshotDiff:
    return SnapshotDiff(Side("dev", "dev", None), Side("test", "test", None), changes, "1" * 64)


def masked_fields(*fields: FieldChange) -> tuple[FieldChange, ...]:
    return mask_diff(diff_of(change(*fields)), MASKER).changes[0].steps[0].fields


def test_both_sides_of_a_field_are_masked_by_label_or_key_and_stay_different() -> None:
    for field in (
        FieldChange(("input", "x"), "Client secret", "abc", "abd"),
        FieldChange(("input", "client_secret"), "X", "abc", "abd"),
    ):
        (result,) = masked_fields(field)
        assert MASK.fullmatch(str(result.before)) and MASK.fullmatch(str(result.after))
        assert result.before != result.after
    (result,) = masked_fields(FieldChange(("input", "token"), "Token", MISSING, "abc"))
    assert result.before is MISSING


def test_a_headers_value_is_masked_by_the_name_listed_beside_it() -> None:
    row = ("input", "request", "headers", 0)
    fields = masked_fields(
        FieldChange((*row, "name"), "Headers ▸ 1 ▸ Name", MISSING, "X-Api-Key"),
        FieldChange((*row, "value"), "Headers ▸ 1 ▸ Value", MISSING, "abc"),
    )
    assert [MASK.sub("<>", str(field.after)) for field in fields] == ["X-Api-Key", "<>"]


def test_a_headers_value_without_a_name_is_masked_unless_harmless() -> None:
    path = ("input", "request", "headers", 0, "value")
    (field,) = masked_fields(FieldChange(path, "Headers ▸ 1 ▸ Value", "application/json; charset=utf-8", "Zx81?"))
    assert field.before == "application/json; charset=utf-8"
    assert MASK.fullmatch(str(field.after))


def test_a_declared_field_called_password_is_no_secret_but_its_default_is() -> None:
    path = ("input", "schema", 0)
    declared = DeclaredFieldChange(ChangeKind.CHANGED, "Password", "string", "string, default: hunter2")
    (field,) = masked_fields(
        FieldChange(path, "Schema ▸ Password", "Password (string)", "Password (number)", declared=(declared,))
    )
    assert (field.before, field.after) == ("Password (string)", "Password (number)")
    assert field.declared[0].before == "string"
    assert "hunter2" not in field.declared[0].after
    (field,) = masked_fields(FieldChange((*path, "default"), "Schema ▸ Password ▸ Default", MISSING, "hunter2"))
    assert MASK.fullmatch(str(field.after))


@pytest.mark.parametrize(
    ("label", "words", "expected"),
    [
        ("EMEA", "Rate 1.0, Password hunter2", "Rate 1.0, Password <7>"),
        ("EMEA", "API key abc, Owner Kim", "API key <14>"),
        ("api_token", "Value abc", "<9>"),
        ("EMEA", "Key api_token, Value abc", "Key api_token, <9>"),
        ("EMEA", "Rate 1.0, Owner Kim", "Rate 1.0, Owner Kim"),
    ],
)
def test_cells_behind_the_name_of_a_secret_are_masked(label: str, words: str, expected: str) -> None:
    row = DeclaredFieldChange(ChangeKind.CHANGED, label, "", words)
    (field,) = masked_fields(FieldChange(("data",), "Rows", "1 row", "1 row", declared=(row,)))
    assert MASK.sub(r"<\1>", field.declared[0].after) == expected


def test_the_rest_of_a_secret_whose_beginning_is_left_out_is_masked() -> None:
    words = "string, default: …GVyIjoxfQ.c2lnbmF0dXJl"
    assert MASKER.mask_declaration("Body", words).startswith("string, default: …•••")
    assert MASKER.mask_declaration("Body", "string, hint: …customers of") == "string, hint: …customers of"


def test_headlines_and_blocks_are_masked_and_digests_are_not() -> None:
    diff = diff_of(change(FieldChange(("input", "x"), "X", "1", "2")))
    result = mask_diff(diff, MASKER)
    assert "hunter2" not in repr(result)
    assert (result.digest, result.changes[0].digest) == (diff.digest, diff.changes[0].digest)


def test_a_diff_without_secrets_stays_as_it_is() -> None:
    step = replace(change().steps[0], before=None, after=replace(PLACE, blocks=("IF Amount is greater than 100",)))
    diff = diff_of(replace(change(), steps=(step,)))
    assert mask_diff(diff, MASKER) == diff


def test_data_that_is_no_longer_masked_in_workato_is_a_severe_warning() -> None:
    (warning,) = find_arrivals([change(FieldChange(("mask_data",), "Mask data", True, False))])
    assert (warning.kind, warning.is_severe, warning.step) == (WarningKind.MASKING_OFF, True, PLACE)
    assert warning.text == "Step 2 (Send) of 'A' would show its data in the job history."
    (warning,) = find_arrivals([change(FieldChange(("mask_data",), "Mask data", True, MISSING))])
    assert warning.kind is WarningKind.MASKING_OFF
    assert not list(find_arrivals([change(FieldChange(("mask_data",), "Mask data", False, True))]))


def test_a_secret_that_arrives_is_told_by_place_and_kind() -> None:
    fields = (
        FieldChange(("input", "password"), "Password", "[Step 1 · a ▸ b]", "hunter2"),
        FieldChange(("input", "a"), "Body", MISSING, "AKIAIOSFODNN7EXAMPLE"),
    )
    (warning,) = find_arrivals([change(*fields)])
    assert warning.kind is WarningKind.SECRET_ADDED
    assert warning.text == (
        "Step 2 (Send) of 'A' would hold what looks like a secret in 'Password', 'Body' (AWS access key)."
    )


def test_a_secret_that_was_there_or_goes_is_no_arrival() -> None:
    assert not list(find_arrivals([change(FieldChange(("input", "password"), "Password", "hunter2", MISSING))]))
    text = "AKIAIOSFODNN7EXAMPLE"
    assert not list(find_arrivals([change(FieldChange(("input", "a"), "Body", text, f"{text} and more"))]))


@given(st.text(max_size=200), st.sampled_from(["", "password", "value", "Code", "Headers ▸ 1 ▸ Value"]))
def test_any_text_can_be_masked_and_the_same_text_gives_the_same_mask(text: str, key: str) -> None:
    assert MASKER.mask_text(key, text) == MASKER.mask_text(key, text)


SECRET_TEXT = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)


@given(SECRET_TEXT)
def test_a_literal_under_a_secrets_name_never_stays(secret: str) -> None:
    if secret.startswith("=") or "[" in secret or "#{" in secret:
        return
    assert secret not in MASKER.mask_text("password", secret)
