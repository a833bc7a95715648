"""The diff driver that lets `git log -p`, `git diff` and `git show` speak in listings.

Lives in the repository's own .git alone: the tracked .gitattributes stays as it is, and who has not installed the
driver sees the files. Source: gitattributes(5), "Performing text diffs of binary files".
"""

from __future__ import annotations

from pathlib import Path

from exporter.adapters.repository.program import GitProgram

DRIVER = "wexport"
PATTERN = "*.recipe.json"
# The line above a hunk names the step that it is in.
_STEP_LINE = "^[ ]*((DISABLED )?(TRIGGER|ACTION|IF|ELSE IF|ELSE|REPEAT|WHILE|HANDLE ERRORS|ON ERROR|STOP job)([ ].*)?)$"
_BEGIN = "# wexport git install: from here"
_END = "# wexport git install: to here"
# Git keeps the texts in a commit of its own and dies in every `git log -p` if it does not know in whose name.
_IDENTITIES = ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
_CACHE = f"refs/notes/textconv/{DRIVER}"


def install_driver(program: GitProgram, command: str) -> None:
    """Sets the driver up, over an earlier one. `command` is a line for the shell; git adds the file's name."""
    remove_driver(program)
    settings = {"textconv": command, "xfuncname": _STEP_LINE}
    if all(program.run("var", name, check=False).status == 0 for name in _IDENTITIES):
        settings["cachetextconv"] = "true"
    for key, value in settings.items():
        program.run("config", "--local", f"diff.{DRIVER}.{key}", value)
    kept = _foreign_lines(_attributes(program))
    _write(_attributes(program), [*kept, _BEGIN, f"{PATTERN} diff={DRIVER}", _END])


def remove_driver(program: GitProgram) -> bool:
    """Takes the driver away, and what git remembers of its texts. False if there was none."""
    removed = program.run("config", "--local", "--remove-section", f"diff.{DRIVER}", check=False).status == 0
    program.run("update-ref", "-d", _CACHE, check=False)
    _write(_attributes(program), _foreign_lines(_attributes(program)))
    return removed


def _attributes(program: GitProgram) -> Path:
    return program.git_dir / "info" / "attributes"


def _foreign_lines(attributes: Path) -> list[str]:
    """The lines of the file that somebody else wrote."""
    lines = (
        attributes.read_text(encoding="utf-8", errors="surrogateescape").splitlines() if attributes.is_file() else []
    )
    if _BEGIN not in lines or _END not in lines:
        return lines
    return lines[: lines.index(_BEGIN)] + lines[lines.index(_END) + 1 :]


def _write(attributes: Path, lines: list[str]) -> None:
    """The file with these lines; no file where there are none."""
    if not lines:
        attributes.unlink(missing_ok=True)
        return
    attributes.parent.mkdir(exist_ok=True)
    text = "".join(f"{line}\n" for line in lines)
    attributes.write_text(text, encoding="utf-8", errors="surrogateescape", newline="\n")
