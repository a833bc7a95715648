"""Where in a text something stands that looks like a secret, whatever the text is called.

Source: the credential kinds that recipes were searched for, and their vendors' own prefixes. Lengths are shorter
than the vendors': a headline may have cut the end off.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporter.diff.masking.names import is_code, is_value_position, names_secret

NAMED: Final = "named so"  # the kind of what only its name gives away


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Characters of a text that look like a secret, and of which kind."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class _Shape:
    """A kind of credential that is known by its form. One of `triggers` occurs in each, which spares most searches;
    the group `secret` is what is masked."""

    kind: str
    triggers: tuple[str, ...]
    pattern: re.Pattern[str]


def _shape(kind: str, trigger: str | tuple[str, ...], pattern: str) -> _Shape:
    return _Shape(kind, (trigger,) if isinstance(trigger, str) else trigger, re.compile(pattern))


_KEY_END = r"(?:-----END [A-Z ]{0,30}KEY-{0,5}|\Z)"
_START = r"(?<![A-Za-z0-9])"
_SHAPES: Final = (
    _shape("private key", "PRIVATE KEY", r"(?P<secret>-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?s:.*?)" + _KEY_END + ")"),
    _shape("JSON Web Token", "eyJ", _START + r"(?P<secret>eyJ[\w-]{6,}(?:\.[\w-]*){0,4})"),
    _shape("AWS access key", ("AKIA", "ASIA"), _START + r"(?P<secret>A[KS]IA[A-Z0-9]{8,})"),
    _shape("AWS access key", ("ABIA", "ACCA"), _START + r"(?P<secret>(?:ABIA|ACCA)[A-Z0-9]{8,})"),
    _shape("Slack token", ("xox", "xapp-", "xwfp-"), _START + r"(?P<secret>(?:xox[a-z]|xapp|xwfp)-[A-Za-z0-9-]{4,})"),
    _shape("Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/[a-z]+/(?P<secret>[\w/+-]{4,})"),
    _shape("GitHub token", "gh", _START + r"(?P<secret>gh[a-z]_[A-Za-z0-9]{4,})"),
    _shape("GitHub token", "github_pat_", _START + r"(?P<secret>github_pat_\w{4,})"),
    _shape("GitLab token", "gl", _START + r"(?P<secret>gl[a-z]{2,8}-[\w.-]{8,})"),
    _shape("Google API key", "AIza", _START + r"(?P<secret>AIza[\w-]{8,})"),
    _shape("Google access token", "ya29.", _START + r"(?P<secret>ya29\.[\w.-]{6,})"),
    _shape("Google client secret", "GOCSPX-", _START + r"(?P<secret>GOCSPX-[\w-]{6,})"),
    _shape("Stripe key", ("k_live_", "k_test_"), _START + r"(?P<secret>[prs]k_(?:live|test)_\w{4,})"),
    _shape("Stripe webhook secret", "whsec_", _START + r"(?P<secret>whsec_[\w+/=]{6,})"),
    _shape("API key", "sk-", _START + r"(?P<secret>sk-[\w-]{16,})"),
    _shape("SendGrid key", "SG.", _START + r"(?P<secret>SG\.[\w-]{6,}(?:\.[\w-]*)?)"),
    _shape("Workato token", "wrk", _START + r"(?P<secret>wrk[a-z]{2,4}-[\w.=+/-]{6,})"),
    _shape("package registry token", "npm_", _START + r"(?P<secret>npm_[A-Za-z0-9]{8,})"),
    _shape("package registry token", "pypi-", _START + r"(?P<secret>pypi-[\w-]{16,})"),
    _shape("Shopify token", "shp", _START + r"(?P<secret>shp(?:at|ca|pa|ss)_[A-Za-z0-9]{6,})"),
    _shape("Atlassian token", ("ATATT", "ATBB", "ATCTT"), _START + r"(?P<secret>AT(?:ATT|BB|CTT)[\w=+/-]{12,})"),
    _shape("DigitalOcean token", "do", _START + r"(?P<secret>do[opr]_v1_[a-f0-9]{8,})"),
    _shape("account key", "AccountKey=", r"AccountKey=(?P<secret>[\w+/=]{8,})"),
    _shape("password in a URL", "@", r"[A-Za-z][\w+.-]{0,20}://[^\s/@:\"'<>\[\]{}]{0,200}:(?P<secret>[^\s/@\"'<>\[\]{}]{1,500})@"),
    _shape("token in a URL", "@", r"https?://(?P<secret>[^\s/@:\"'<>\[\]{}]{16,500})@"),
)  # fmt: skip

_AUTH_SCHEME = re.compile(
    _START + r"(?P<scheme>[Bb]earer|BEARER|[Bb]asic|BASIC|SSWS|GenieKey)[ \t]+(?P<secret>[\w.~+/=:-]{6,})"
)
_PARAMETER = re.compile(
    r"[?&;](?i:(?P<name>x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)|awsaccesskeyid"
    r"|sig|signature|sas|code|key|auth|pass|pwd|token|hmac|[\w.-]{0,40}(?:token|key|secret|password|signature)))"
    r"=(?P<secret>[^&;#\s\"'<>\[\]{}]+)"
)
_SECRET_WORDS: Final = (
    "password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "authorization", "credential", "cookie",
    "encrypted_text",
)  # fmt: skip
_BEFORE_KEY: Final = (
    "api", "access", "private", "signing", "encryption", "shared", "account", "subscription", "auth",
)  # fmt: skip
_SECRET_WORD = re.compile(f"(?i:{'|'.join(_SECRET_WORDS)}|(?:{'|'.join(_BEFORE_KEY)})[ _-]?key)")
# Each match of the pattern above is one of these in small letters; to look for them is a hundred times faster.
_SECRET_KEYS: Final = tuple(f"{word}{gap}key" for word in _BEFORE_KEY for gap in ("", *" _-"))
_AUTH_TRIGGERS: Final = ("earer", "BEARER", "asic", "BASIC", "SSWS", "GenieKey")
# What may stand between the name of a secret and its value, in text, JSON, code, a header line or a condition.
_BETWEEN = re.compile(
    r"(?P<tail>[\w-]{0,40})[\"'`\])]{0,2}\\?[\"']?[ \t]{0,4}"
    r"(?P<sign>:=|=>|===?|!=|=|:|(?:equals|doesn't equal|contains|doesn't contain|starts with|doesn't start with"
    r"|ends with|doesn't end with|is)(?=[ \t]))[ \t]{0,4}"
)
_QUOTED = re.compile(
    r"\\\"(?P<escaped>(?:[^\"\\\n]|\\(?!\"))*)\\\"|\"(?P<double>(?:[^\"\\]|\\.)*)\"|'(?P<single>(?:[^'\\]|\\.)*)'",
    re.DOTALL,
)
_REST_OF_LINE = re.compile(r"[^\n\"'\[\]{}<>]+")
_BARE = re.compile(r"[^\s,;&\"'`<>(){}\[\]]+")
_OPERAND = re.compile(r"(?:(?! AND | OR )[^\n\[\]])+")
_NAMED_ROW = re.compile(
    r"\\?\"(?:name|key|header|field)\\?\"\s{0,9}:\s{0,9}\\?\"(?P<name>[^\"\\]{1,200})\\?\"[^{}]{0,400}?"
    r"\\?\"(?:value|default)\\?\"\s{0,9}:\s{0,9}\\?\"(?P<secret>(?:[^\"\\]|\\[^\"])+)"
)
_ROW_NAMED_BEHIND = re.compile(
    r"\\?\"(?:value|default)\\?\"\s{0,9}:\s{0,9}\\?\"(?P<secret>(?:[^\"\\]|\\[^\"])+)\\?\"[^{}]{0,400}?"
    r"\\?\"(?:name|key|header|field)\\?\"\s{0,9}:\s{0,9}\\?\"(?P<name>[^\"\\]{1,200})\\?\""
)
_RANDOM = re.compile(r"(?<![\w+/=.~-])[A-Za-z0-9][\w+/=.~-]{18,}")
_QUOTED_RANDOM = re.compile(r"(?P<quote>[\"'])(?P<secret>[A-Za-z0-9+/=_~-]{24,})(?P=quote)")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:[-_][0-9a-fA-F]{4}){3}[-_][0-9a-fA-F]{12}")
_HEX = re.compile(r"[0-9a-fA-F]{32,}")
_PLAIN_WORDS = frozenset({"true", "false", "null", "nil", "none", "undefined", "yes", "no"})
_MIN_ENTROPY_BITS = 3.4  # per character; English words joined by "_" have about 3


def find_secrets(key: str, text: str) -> list[Finding]:
    """What looks like a secret in a text, by its form or by the name that stands before it, in order; they may
    overlap. That the key itself names a secret is not looked at."""
    found = list(_shaped(text))
    if "=" in text:
        found.extend(_found(match, "parameter of a signed URL") for match in _PARAMETER.finditer(text))
    if _holds(text, _AUTH_TRIGGERS):
        found.extend(
            _found(match, "authorization")
            for match in _AUTH_SCHEME.finditer(text)
            if match["scheme"].isupper() or not _is_word(match["secret"])
        )
    found.extend(_named(text, has_bare_values=not (is_code(key) or text.startswith("="))))
    if '"' in text:
        for pattern in (_NAMED_ROW, _ROW_NAMED_BEHIND):
            found.extend(_found(row, NAMED) for row in pattern.finditer(text) if names_secret(row["name"]))
    if is_value_position(key):
        found.extend(
            Finding(*match.span(), "long random text") for match in _RANDOM.finditer(text) if _is_random(match.group())
        )
    else:
        found.extend(
            _found(match, "long random text") for match in _QUOTED_RANDOM.finditer(text) if _is_random(match["secret"])
        )
    return sorted(found)


def _shaped(text: str) -> Iterator[Finding]:
    for shape in _SHAPES:
        if _holds(text, shape.triggers):
            yield from (_found(match, shape.kind) for match in shape.pattern.finditer(text))


def _found(match: re.Match[str], kind: str) -> Finding:
    return Finding(*match.span("secret"), kind)


def _named(text: str, *, has_bare_values: bool) -> Iterator[Finding]:
    """Values behind the name of a secret: `password: x`, `"apiKey": "x"`, `Token equals x`."""
    small = _small_letters(text)
    if not _holds(small, _SECRET_WORDS) and not ("key" in small and _holds(small, _SECRET_KEYS)):
        return
    done = 0
    for word in _SECRET_WORD.finditer(text):
        if word.start() < done:
            continue
        between = _BETWEEN.match(text, word.end())
        if between is None or not names_secret(_before(text, word.start()) + word.group() + between["tail"]):
            continue
        quoted = _QUOTED.match(text, between.end())
        if quoted is not None:
            group = str(quoted.lastgroup)
            if _tells_something(quoted[group]):
                yield Finding(*quoted.span(group), NAMED)
            done = quoted.end()
        elif has_bare_values or between["sign"][0].isalpha() or _is_in_words(text, word.start()):
            bare = _bare_value(text, word.group().lower(), between)
            if bare is not None:
                yield bare
                done = bare.end


def _holds(text: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words occurs. A plain loop: this runs dozens of times for every text."""
    for word in words:  # noqa: SIM110
        if word in text:
            return True
    return False


def _small_letters(text: str) -> str:
    """The text in small letters, as a pattern sees them that takes capitals for the same."""
    if not text.isascii():  # patterns take these for "i" and "s" as well, which `lower` does not
        text = text.replace("\u0130", "i").replace("\u0131", "i").replace("\u017f", "s")
    return text.lower()


def _is_in_words(text: str, place: int) -> bool:
    """Whether a place of a program is inside a string or a comment rather than in code."""
    start = max(0, place - 500)  # no line of a program is longer, and no text may cost quadratic time
    line = text[max(start, text.rfind("\n", start, place) + 1) : place]
    return line.count('"') % 2 == 1 or line.count("'") % 2 == 1 or "#" in line or "//" in line


def _before(text: str, place: int) -> str:
    """The rest of the name that ends here."""
    start = place
    while start > max(0, place - 40) and (text[start - 1].isalnum() or text[start - 1] in "_-"):
        start -= 1
    return text[start:place]


def _bare_value(text: str, word: str, between: re.Match[str]) -> Finding | None:
    sign = between["sign"]
    if sign[0].isalpha() and sign != "is":
        pattern = _OPERAND
    else:
        pattern = _REST_OF_LINE if word in ("authorization", "cookie") and sign != "is" else _BARE
    match = pattern.match(text, between.end())
    if match is None or text[match.end() : match.end() + 1] in ("(", "["):  # a call or an index
        return None
    value = match.group().rstrip(" \t.,")
    if sign == "is" and value.isalpha():  # "Password is present", "the token is sent"
        return None
    if value.startswith(("#{", "${", "_(", "_dp(")) or value == "#" or not _tells_something(value):
        return None
    return Finding(match.start(), match.start() + len(value), NAMED)


def _tells_something(value: str) -> bool:
    """Whether a value is more than a placeholder, a truth value or punctuation."""
    is_interpolation = value.startswith("#{") and value.endswith("}")
    return not is_interpolation and value.lower() not in _PLAIN_WORDS and any(char.isalnum() for char in value)


def _is_word(text: str) -> bool:
    """Whether it reads as a word of prose, as in "Basic authentication"."""
    text = text.rstrip(".:,-")
    return text.isalpha() and text in (text.lower(), text.upper(), text.capitalize())


def _is_random(text: str) -> bool:
    if _UUID.fullmatch(text):
        return False
    if _HEX.fullmatch(text):
        return any(char.isdigit() for char in text) and any(char.isalpha() for char in text)
    classes = any(char.islower() for char in text), any(char.isupper() for char in text), any(c.isdigit() for c in text)
    if not all(classes) or text.count("/") > len(text) / 12 or text.count(".") > 2:
        return False
    counts = Counter(text)
    entropy = -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
    return entropy >= _MIN_ENTROPY_BITS
