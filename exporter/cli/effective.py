"""`wexport config show`: every value in force and where it comes from."""

from __future__ import annotations

import os
from pathlib import Path

from exporter.cli.output import write_answer
from exporter.cli.wiring import open_configuration
from exporter.config.effective import effective_values, render_effective_json, render_effective_text
from exporter.errors import EXIT_DONE


def run_config_show(config: Path | None, as_json: bool) -> int:
    """Raises: ConfigurationError."""
    values = effective_values(open_configuration(config), os.environ)
    write_answer(render_effective_json(values) if as_json else render_effective_text(values))
    return EXIT_DONE
