"""Tokens come from the environment and from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.errors import ConfigurationError

_SHORTEST_SECRET = 8  # shorter values are more likely words, which must stay readable in messages


def read_token(variable: str, purpose: str, environ: Mapping[str, str]) -> str:
    """The token in `variable`, without space around it; `purpose` completes "It holds …" in messages.

    Raises: ConfigurationError if it is not set, empty, or cannot be a token. The message never shows the value.
    """
    token = environ.get(variable, "").strip()
    if not token:
        state = "is empty" if variable in environ else "is not set"
        raise ConfigurationError(f"The environment variable {variable} {state}. It holds {purpose}.")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError(
            f"The environment variable {variable} holds spaces or characters that no token has. It holds {purpose}."
        )
    return token


def without_tokens(text: str, environ: Mapping[str, str]) -> str:
    """The text with every value of a variable called …TOKEN replaced, as the last guard before anything is shown."""
    for variable, value in environ.items():
        secret = value.strip()
        if variable.upper().endswith("TOKEN") and len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, f"[{variable}]")
    return text
