"""`wexport git install`: git's own diffs in the snapshot repository show listings."""

from __future__ import annotations

from pathlib import Path

from exporter.adapters.repository import Repository
from exporter.adapters.repository.mask_key import FILE_NAME, read_mask_key
from exporter.cli.output import write_answer
from exporter.cli.textconv import textconv_command
from exporter.cli.wiring import open_configuration, repository_access
from exporter.errors import EXIT_DONE


def run_git_install(uninstall: bool, config: Path | None) -> int:
    """Raises: ConfigurationError, RepositoryError."""
    repository = Repository(repository_access(open_configuration(config)))
    if uninstall:
        was_there = repository.remove_diff_driver()
        answer = "git shows the files as they are again." if was_there else "There was nothing to remove."
    else:
        read_mask_key(repository.state_dir)
        repository.install_diff_driver(textconv_command(repository.state_dir / FILE_NAME))
        answer = f"git log -p, git diff and git show in {repository.path} show recipes as listings from now on."
    write_answer(f"{answer}\n")
    return EXIT_DONE
