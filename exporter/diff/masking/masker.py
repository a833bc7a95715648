"""Texts with their secrets replaced by a keyed hash, so that nobody reads one and everybody sees that it changed."""

from __future__ import annotations

import hashlib
import hmac
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from exporter.diff.masking.literals import find_secrets
from exporter.diff.masking.names import names_secret
from exporter.recipe.labels import SEPARATOR
from exporter.recipe.model import JsonValue

Span = tuple[int, int]

MIN_KEY_BYTES = 16
_HASH_DIGITS = 6  # of 16 million values: enough to tell a change, too few to say what a guess was without the key
_PREFIX = b"wexport mask 1\n"
_DOTS = "•••••••"

_PILL_OPENING = re.compile(r"\[(?=[^\[\]\n]{0,400}(?: ▸ | · )|Unknown datapill )")
_RAW_PILL = re.compile(r"_(?:dp)?\(\s*'(?:[^'\\]|\\.)*'(?:\s*,\s*'(?:[^'\\]|\\.)*')*\s*\)", re.DOTALL)
_INTERPOLATION = re.compile(r"#\{[^{}]*\}")
_STRING = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", re.DOTALL)
_BRACKET = re.compile(r"[\[\]]")
_DEFAULT = re.compile(r"\bdefault: ")
_HEADLESS = re.compile(r"…(?P<secret>[^\s,…]{8,})")
_WORD = re.compile(r"\S+")
_SCHEME = re.compile(r"\s*(?:(?i:bearer|basic|token|apikey|digest|negotiate)|SSWS|GenieKey)\s+|\s+")
_NO_SECRET: Final = frozenset({"", "true", "false", "null", "nil", "skip", "clear", "bearer", "basic", "token"})
# In a list of headers whose names are not at hand, only such values are let pass.
_HARMLESS_HEADER = re.compile(
    r"\s*(?:[\w.+*-]+/[\w.+*-]+(?:\s*[;,].*)?|[a-z]{2,12}(?:-[a-z]{2,12})*|\d{1,6}|https?://[^\s?@]*|)\s*", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Masker:
    """Masks with one key. The same secret under the same key gives the same mask; without the key nobody can try
    guesses against it. The key is at least MIN_KEY_BYTES long and never shown."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < MIN_KEY_BYTES:
            raise ValueError("the key of a masker needs 16 bytes")

    def mask_text(self, key: str, value: str) -> str:
        """A text that stands under a key or label ("password", "Headers ▸ Authorization"), "" for none, without what
        looks like a secret in it. Datapills and formulas stay; lengths are kept."""
        spans = _spans(key, value)
        if names_secret(key):
            spans.extend(secret_literals(value))
        return self._replaced(value, spans)

    def mask_header(self, value: str) -> str:
        """A header's value where nobody knows which header it is of: all but what is known to be harmless."""
        text = self.mask_text("value", value)
        return text if text != value or _HARMLESS_HEADER.fullmatch(value) else self.mask_text("authorization", value)

    def mask_value(self, key: str, value: JsonValue) -> JsonValue:
        """A JSON value that stands under a key or label; what is inside is masked by its own keys too, and the
        value of a row `{name, value}` by its name."""
        if isinstance(value, str):
            return self.mask_text(key, value)
        if isinstance(value, list):
            return [self.mask_value(key, item) for item in value]
        if isinstance(value, dict):
            name = row_name(value)
            return {
                self.mask_text("", inner): self.mask_value(below(key, name, inner), item)
                for inner, item in value.items()
            }
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and names_secret(key):
            return self._mask(str(value))
        return value

    def mask_declaration(self, label: str, words: str) -> str:
        """What a declared field is, in words ("string, default: x"): a secret can only be in one of its attributes,
        of which a long one may have lost its beginning."""
        default = _DEFAULT.search(words)
        if default is not None and names_secret(f"{label}{SEPARATOR}default"):
            return words[: default.end()] + self._mask(words[default.end() :])
        spans = [match.span("secret") for match in _HEADLESS.finditer(words) if not match["secret"].isalpha()]
        return self._replaced(words, [*spans, *_spans("value", words)])

    def mask_row(self, label: str, words: str) -> str:
        """The cells of a table's row, in words ("Name X, Token abc"). What follows the name of a secret is masked to
        the end, since a cell may look like the beginning of the next."""
        if names_secret(label):
            return self._replaced(words, [(0, len(words))])
        before = ""
        for word in _WORD.finditer(words):
            if names_secret(word.group().rstrip(":,")) or (before and names_secret(f"{before} {word.group()}")):
                rest = word.end() + len(words[word.end() :]) - len(words[word.end() :].lstrip(" "))
                return self._replaced(words, [(rest, len(words)), *_spans("value", words)])
            before = word.group()
        return self.mask_text("value", words)

    def _replaced(self, text: str, spans: Iterable[Span]) -> str:
        parts: list[str] = []
        done = 0
        for start, end in _merged(spans):
            parts += [text[done:start], self._mask(text[start:end])]
            done = end
        return "".join([*parts, text[done:]])

    def _mask(self, secret: str) -> str:
        """`••••••• (32 characters, #3f9a1c)`."""
        material = _PREFIX + secret.encode("utf-8", errors="surrogatepass")
        digits = hmac.new(self.key, material, hashlib.sha256).hexdigest()[:_HASH_DIGITS]
        return f"{_DOTS} ({len(secret)} character{'' if len(secret) == 1 else 's'}, #{digits})"


def _spans(key: str, text: str) -> list[Span]:
    return [(finding.start, finding.end) for finding in find_secrets(key, text)]


def row_name(row: dict[str, JsonValue]) -> str:
    """The name in a row `{name, value}` of headers, parameters or fields; "" if it is none."""
    if row.keys() & {"value", "default", "default_value", "content"}:
        for key in ("name", "key", "header", "field", "label"):
            name = row.get(key)
            if isinstance(name, str) and name.strip():
                return name
    return ""


def below(key: str, name: str, inner: str) -> str:
    """What an entry of an object is called: by what is around it, the name of its row, and its key."""
    return SEPARATOR.join(part for part in (key, name, inner) if part)


def secret_literals(text: str) -> Iterator[Span]:
    """The literal parts of a text of which the key says that it is secret."""
    if text.startswith("="):
        yield from _quoted_literals(text)
        return
    taken = _merged([*_pills(text), *(match.span() for match in _INTERPOLATION.finditer(text))])
    done = 0
    for start, end in [*taken, (len(text), len(text))]:
        piece = _stripped(text, done, start)
        if piece is not None and (not taken or any(char.isalnum() for char in text[slice(*piece)])):
            yield piece
        if text.startswith("#{", start):
            yield from ((start + first, start + last) for first, last in _quoted_literals(text[start:end]))
        done = end


def _stripped(text: str, start: int, end: int) -> Span | None:
    """A piece without the space around it and without the name of an authorization scheme; None if nothing is left."""
    scheme = _SCHEME.match(text, start, end)
    start = scheme.end() if scheme else start
    end = start + len(text[start:end].rstrip())
    return None if text[start:end].lower() in _NO_SECRET else (start, end)


def _quoted_literals(text: str) -> Iterator[Span]:
    """The strings of a formula, but not keys of hashes, indexes, and the tables of lookups."""
    pills = _merged(_pills(text))
    starts = [start for start, _ in pills]
    for match in _STRING.finditer(text):
        start = match.start()
        place = bisect_right(starts, start) - 1
        if place >= 0 and start < pills[place][1]:
            continue
        is_index = text[start - 1 : start] == "[" or text[max(0, start - 7) : start] == "lookup("
        if is_index or text[match.end() : match.end() + 1] == ":":
            continue
        group = 1 if match.group(1) is not None else 2
        piece = _stripped(text, *match.span(group))
        if piece is not None:
            yield piece


def _pills(text: str) -> Iterator[Span]:
    """Datapills, as people read them ("[Step 2 · Search ▸ ID]") or in the file's notation."""
    yield from (match.span() for match in _RAW_PILL.finditer(text))
    position, closings = 0, _closings(text)
    while opening := _PILL_OPENING.search(text, position):
        end = closings.get(opening.start())
        if end is None:
            position = opening.end()
            continue
        yield opening.start(), end
        position = end


def _closings(text: str) -> dict[int, int]:
    """Each opening bracket -> the place behind the bracket that closes it."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACKET.finditer(text):
        if match.group() == "[":
            opened.append(match.start())
        elif opened:
            found[opened.pop()] = match.end()
    return found


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those that touch or overlap as one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return merged
