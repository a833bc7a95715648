"""Finding wexport.yaml, reading it, and saying what is wrong with it: file, line, key, and the nearest valid one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from exporter.config.document import Document, KeyPath, PlainValue, parse_document
from exporter.config.settings import (
    EnvironmentSettings,
    EquivalentSettings,
    GitLabSettings,
    PolicySettings,
    Settings,
    SnapshotSettings,
    looks_like_token,
)
from exporter.errors import ConfigurationError
from exporter.render.printable import printable

FILE_NAME: Final = "wexport.yaml"
FILE_VARIABLE: Final = "WEXPORT_CONFIG"
MAX_FILE_BYTES: Final = 1_000_000
MAX_PROBLEMS_SHOWN: Final = 10
_SECTIONS: Final[Mapping[str, type[BaseModel]]] = {
    "snapshots": SnapshotSettings,
    "gitlab": GitLabSettings,
    "policy": PolicySettings,
    "equivalent": EquivalentSettings,
}


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings in force, the file they came from, and the line of every key in it.

    `chosen_by` says how the file was found: "--config", "WEXPORT_CONFIG" or "found in the folder or above".
    """

    file: Path
    chosen_by: str
    settings: Settings
    lines: Mapping[KeyPath, int]

    @property
    def snapshot_path(self) -> Path:
        """The snapshot repository's folder, absolute; a relative path starts at the configuration file."""
        return self.file.parent / Path(self.settings.snapshots.path).expanduser()


def load_configuration(explicit: Path | None, environ: Mapping[str, str], directory: Path) -> Configuration:
    """The configuration from `explicit`, else from $WEXPORT_CONFIG, else from `directory` or a folder above it.

    Raises: ConfigurationError.
    """
    file, chosen_by = find_file(explicit, environ, directory)
    document = parse_document(read_text(file), str(file))
    return Configuration(file, chosen_by, validate(document, str(file)), document.lines)


def find_file(explicit: Path | None, environ: Mapping[str, str], directory: Path) -> tuple[Path, str]:
    """The configuration file, absolute, and how it was chosen. Raises: ConfigurationError if there is none."""
    directory = directory.resolve()
    if explicit is not None:
        return directory / explicit, "--config"
    named = environ.get(FILE_VARIABLE, "")
    if named:
        return directory / Path(named).expanduser(), FILE_VARIABLE
    for folder in (directory, *directory.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME, "found in the folder or above"
    raise ConfigurationError(
        f"There is no {FILE_NAME} in {directory} or a folder above it. "
        f"Run `wexport init` to write one, or name one with --config or {FILE_VARIABLE}."
    )


def read_text(file: Path) -> str:
    """The file's text. Raises: ConfigurationError if it cannot be read, is too big or is not UTF-8."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as exc:  # ValueError: a NUL in the path
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else "no valid path"
        raise ConfigurationError(f"Cannot read the configuration {printable(str(file))}: {reason}.") from exc
    if len(content) > MAX_FILE_BYTES:
        raise ConfigurationError(f"{file}: larger than {MAX_FILE_BYTES // 1000} kB; this is no wexport configuration.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise ConfigurationError(f"{file}:{line}: the file is not UTF-8 text. Save it as UTF-8.") from exc


def validate(document: Document, name: str) -> Settings:
    """The document as settings. Raises: ConfigurationError that lists what is wrong, one line each."""
    if not isinstance(document.data, dict):
        raise ConfigurationError(f"{name}:1: the file must be a map with the key 'environments'.")
    _refuse_tokens(document.data, (), document, name)
    try:
        settings = Settings.model_validate(document.data)
    except ValidationError as exc:
        raise _refused({_explain(error, document, name) for error in exc.errors(include_url=False)}) from None
    # Several keys of the file are at odds here, each with a line of its own, which one pydantic error cannot say.
    problems = {
        _problem(("equivalent", *path), reason, document, name)
        for path, reason in settings.equivalent.problems(settings.environments)
    }
    if problems:
        raise _refused(problems)
    return settings


def _refused(problems: Iterable[tuple[int, str]]) -> ConfigurationError:
    """One error of all problems in the order of their lines, the first of them shown."""
    ordered = sorted(problems)
    shown = [text for _, text in ordered[:MAX_PROBLEMS_SHOWN]]
    if len(ordered) > len(shown):
        shown.append(f"… and {len(ordered) - len(shown)} more problems")
    return ConfigurationError("\n".join(shown))


def nearest(word: str, candidates: Sequence[str]) -> str | None:
    """The candidate that was most likely meant, None if nothing is close."""
    lowered = {candidate.lower(): candidate for candidate in candidates}
    matches = difflib.get_close_matches(word.lower().replace("-", "_"), list(lowered), n=1, cutoff=0.5)
    return lowered[matches[0]] if matches else None


def _refuse_tokens(data: PlainValue, path: KeyPath, document: Document, name: str) -> None:
    """Raises: ConfigurationError if a key is called `token` or the like, or a value is shaped like one."""
    if isinstance(data, dict):
        for key, value in data.items():
            below = (*path, key)
            is_secret = isinstance(value, str) and value.startswith(("wrk", "glpat-")) and looks_like_token(value)
            if key.lower() in ("token", "api_token", "access_token", "password", "secret") or is_secret:
                raise ConfigurationError(
                    f"{_where(below, document, name)}: a token must not be in this file, where it would end in Git. "
                    "Put it into an environment variable (such as WEXPORT_DEV_TOKEN), name another one with "
                    "token_variable if you need to, and consider a token that was saved here as leaked: renew it."
                )
            _refuse_tokens(value, below, document, name)


def _explain(error: ErrorDetails, document: Document, name: str) -> tuple[int, str]:
    """The line number, for the order, and the sentence for one of pydantic's errors."""
    path = error["loc"]
    if path[-1:] == ("[key]",) and path not in document.lines:  # pydantic's way to speak of a key, not of its value
        path = path[:-1]
    return _problem(path, _reason(error, path), document, name)


def _problem(path: KeyPath, reason: str, document: Document, name: str) -> tuple[int, str]:
    end = "" if reason.endswith("?") else "."
    return _line_of(path, document), f"{_where(path, document, name)}: {printable(reason)}{end}"


def _reason(error: ErrorDetails, path: KeyPath) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "missing":
        return "this key is missing"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"must be {context['expected']}"
    if kind in ("too_short", "string_too_short"):
        return "must not be empty"
    if kind == "too_long":
        return f"at most {context['max_length']} entries are possible"
    limits = {"greater_than_equal": ("ge", "at least"), "less_than_equal": ("le", "at most")}
    if kind in limits:
        key, words = limits[kind]
        return f"must be {words} {context[key]}"
    return f"{_wanted(kind)}, but this is {_what_is(error['input'])}"


def _wanted(kind: str) -> str:
    words: dict[str, str] = {
        "string_type": "text is needed",
        "int_type": "a whole number is needed",
        "float_type": "a number is needed",
        "finite_number": "a finite number is needed",
        "bool_type": "true or false is needed",
        "tuple_type": 'a list is needed, such as ["Order *"]',
        "model_type": "a map with keys is needed",
        "model_attributes_type": "a map with keys is needed",
        "mapping_type": "a map with keys is needed",
        "dict_type": "a map with keys is needed",
    }
    return words.get(kind, f"this value cannot be used ({kind})")


def _what_is(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"{str(value).lower()} (text that YAML reads as a truth value needs quotes)"
    if isinstance(value, int | float):
        return "a number (text that looks like a number needs quotes)"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "a map"


def _unknown_key(path: KeyPath) -> str:
    known = _known_keys(path[:-1])
    meant = nearest(str(path[-1]), known)
    hint = f"Did you mean '{meant}'?" if meant else f"Known keys here: {', '.join(known)}"
    return f"unknown key. {hint}".rstrip(".")


def _known_keys(path: KeyPath) -> list[str]:
    if not path:
        return list(Settings.model_fields)
    if path[0] == "environments":
        return list(EnvironmentSettings.model_fields)
    section = _SECTIONS.get(str(path[0]))
    return list(section.model_fields) if section else []


def _line_of(path: KeyPath, document: Document) -> int:
    """The line of the key, or of the nearest key around it that is in the file."""
    while path and path not in document.lines:
        path = path[:-1]
    return document.lines.get(path, 1)


def _where(path: KeyPath, document: Document, name: str) -> str:
    """`wexport.yaml:7: environments.dev.include[0]`."""
    dotted = ""
    for part in path:
        if isinstance(part, int):
            dotted += f"[{part}]"
        else:
            dotted += f".{part}" if dotted else part
    return f"{name}:{_line_of(path, document)}" + (f": {printable(dotted)}" if dotted else "")


def working_directory() -> Path:
    """The folder where the search begins. Raises: ConfigurationError if it was deleted under us."""
    try:
        return Path.cwd()
    except FileNotFoundError as exc:
        raise ConfigurationError("The working directory does not exist any more. Change into another one.") from exc
