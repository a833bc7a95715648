"""`wexport init`: a commented wexport.yaml to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from exporter.cli.output import tell, write_file
from exporter.config.document import parse_document
from exporter.config.load import FILE_NAME, validate, working_directory
from exporter.config.template import render_template
from exporter.errors import EXIT_DONE, UsageError

DEFAULT_ENVIRONMENTS = ("dev", "test", "prod")


def run_init(
    environments: Sequence[str],
    data_center: str,
    gitlab_url: str,
    gitlab_project: str,
    force: bool,
    config: Path | None,
) -> int:
    """Writes the file and says what to do next. Raises: UsageError, ConfigurationError, WexportError."""
    file = working_directory() / (config or FILE_NAME)
    if file.exists() and not force:
        raise UsageError(f"{file} is already there. Give --force to overwrite it.")
    names = dict.fromkeys(environments or DEFAULT_ENVIRONMENTS, data_center)
    text = render_template(names, gitlab_url=gitlab_url, gitlab_project=gitlab_project)
    settings = validate(parse_document(text, FILE_NAME), FILE_NAME)
    write_file(file, text)
    variables = [settings.token_variable(name) for name in names]
    tell(
        f"Wrote {file}.\n"
        f"Next: set {', '.join(variables)} and WEXPORT_GITLAB_TOKEN, look through the file, then run `wexport doctor`."
    )
    return EXIT_DONE
