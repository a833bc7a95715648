"""Which keys and labels say that their value is a secret."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

from exporter.recipe.labels import SEPARATOR

_WORD_BREAK = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SECRET_WORDS: Final = frozenset(
    {
        "password", "passwd", "passphrase", "passcode", "passwords", "pwd", "secret", "secrets", "token", "apikey",
        "credential", "credentials", "authorization", "bearer", "jwt", "cookie", "cookies", "otp", "hmac", "sessionid",
        "accesskey", "privatekey", "secretkey", "signingkey",
    }
)  # fmt: skip
_SECRET_ENDINGS: Final = ("password", "passwd", "passphrase", "secret", "token", "apikey", "privatekey", "secretkey")
# The first of two words that together name a secret: "API key", "access tokens".
_BEFORE_KEY: Final = frozenset(
    {
        "api", "access", "private", "secret", "signing", "signature", "encryption", "decryption", "shared", "account",
        "subscription", "master", "service", "function", "host", "ssh", "pgp", "gpg", "license", "auth", "webhook",
        "security", "storage", "integration",
    }
)  # fmt: skip
_BEFORE_TOKENS: Final = frozenset({"api", "access", "refresh", "auth", "bearer", "session"})
_PAIRS: Final = frozenset({("encrypted", "text"), ("connection", "string"), ("session", "id"), ("security", "code")})
# Behind a secret's name these make it the name of something that is no secret: "token URL", "password length".
_HARMLESS_TAILS: Final = frozenset(
    {
        "url", "uri", "endpoint", "type", "name", "names", "field", "fields", "count", "counter", "expiry", "expires",
        "expiration", "expired", "in", "length", "limit", "policy", "method", "required", "enabled", "label", "hint",
        "format", "ttl", "lifetime", "valid", "status", "reset", "version", "schema", "used", "rules", "strength",
        "optional", "properties", "sticky", "title", "placeholder", "operand", "operator", "location",
    }
)  # fmt: skip
# Under these a bare value is often a credential whatever it is called.
_VALUE_WORDS: Final = frozenset({"value", "values", "default", "header", "headers", "rows"})
MAX_REMEMBERED = 4_096  # names; a diff asks about few, and about each of them many times
_CODE_WORDS: Final = frozenset({"code", "script", "formula", "function"})


@lru_cache(maxsize=MAX_REMEMBERED)
def names_secret(key: str) -> bool:
    """Whether a key or a label ("Request ▸ Headers ▸ X-Api-Key") says that the value is a secret: one part of it does,
    and the last part does not speak of something about the secret, such as its type."""
    parts = [_words(part) for part in key.split(SEPARATOR)]
    if not parts[-1] or parts[-1][-1] in _HARMLESS_TAILS:
        return False
    return any(_is_secret(words) for words in parts)


@lru_cache(maxsize=MAX_REMEMBERED)
def is_value_position(key: str) -> bool:
    """Whether a long random literal under this key or label is most likely a credential."""
    return any(not _VALUE_WORDS.isdisjoint(_words(part)) for part in key.split(SEPARATOR))


@lru_cache(maxsize=MAX_REMEMBERED)
def is_code(key: str) -> bool:
    """Whether the text under this key or label is program code, where a bare word is the name of a variable."""
    return not _CODE_WORDS.isdisjoint(_words(key.rpartition(SEPARATOR)[2]))


def _words(text: str) -> list[str]:
    """ "clientSecret" -> ["client", "secret"]."""
    return [word.lower() for word in _WORD_BREAK.split(text[:200]) if word]


def _is_secret(words: list[str]) -> bool:
    if not words or words[-1] in _HARMLESS_TAILS:
        return False
    if any(word in _SECRET_WORDS or word.endswith(_SECRET_ENDINGS) for word in words):
        return words[0] not in ("page", "next") or words[-1] != "token"
    if words in (["pass"], ["auth"], ["pin"]):
        return True
    return any(
        (one in _BEFORE_KEY and other in ("key", "keys"))
        or (one in _BEFORE_TOKENS and other == "tokens")
        or (one, other) in _PAIRS
        for one, other in pairwise(words)
    )
