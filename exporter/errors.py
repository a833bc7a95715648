"""The tree of errors. Each class is one decision that a caller can make, and knows its exit code.

WexportError                        1  the tool failed
├── UsageError                      2  the command line makes no sense as given
├── ConfigurationError              2  wexport.yaml or an environment variable is wrong or missing
├── RefusedError                    3  the tool worked and the answer is no
│   ├── ShrunkenExportError         3  an export lost more than is believable; nothing was stored
│   └── LocalEditsError             3  hand edits in the snapshot repository would be overwritten
├── WorkatoError                    1
│   ├── WorkatoAccessError          1  401 or 403: token, privilege, project scope, IP allow list
│   ├── WorkatoNotFoundError        1  404: the id is not in this environment, or the data center is wrong
│   ├── WorkatoUnavailableError     1  no answer, 429 or 5xx, still after the retries
│   ├── WorkatoReplyError           1  an answer that cannot be what was asked for
│   ├── WrongWorkspaceError         1  the token belongs to another workspace than the pinned one
│   └── ExportFailedError           1  Workato says that the export failed, or never ends it
├── PackageError                    1  an archive that must not be used: cut, hostile, not a package
├── RecipeFormatError               1  JSON that is no recipe
├── RepositoryError                 1
│   ├── GitMissingError             1  no usable git program
│   ├── RevisionNotFoundError       2  no such snapshot: environment never exported, unknown date or commit
│   ├── RepositoryBusyError         1  another run holds the snapshot repository
│   └── PushRejectedError           1  the remote kept moving, or refused
└── GitLabError                     1
    ├── GitLabAccessError           1  401 or 403
    ├── GitLabNotFoundError         1  404: GitLab says the same for "missing" and "may not see"
    ├── GitLabUnavailableError      1
    ├── GitLabReplyError            1
    └── UnsafeNoteError             1  a note body that would trigger something on GitLab; it was not sent

A message says what failed, on which thing, why, and what to do. It never holds a token or a signed URL.
An exception that is none of these is a bug; the command line reports it as one and exits 1.
"""

from __future__ import annotations

from typing import ClassVar

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NO = 3
EXIT_INTERRUPTED = 130


class WexportError(Exception):
    """Something a user can be told about. `str(error)` is the whole message, without a traceback."""

    exit_code: ClassVar[int] = EXIT_FAILED


class UsageError(WexportError):
    """The command line makes no sense as given."""

    exit_code = EXIT_USAGE


class ConfigurationError(WexportError):
    """wexport.yaml or an environment variable is wrong or missing."""

    exit_code = EXIT_USAGE


class RefusedError(WexportError):
    """The tool worked and the answer is no."""

    exit_code = EXIT_NO


class ShrunkenExportError(RefusedError):
    """An export lost more than is believable; nothing was stored."""


class LocalEditsError(RefusedError):
    """Hand edits in the snapshot repository would be overwritten."""


class WorkatoError(WexportError):
    """Workato could not be asked, or answered no."""


class WorkatoAccessError(WorkatoError):
    """HTTP 401 or 403: token, privilege, project scope or IP allow list."""


class WorkatoNotFoundError(WorkatoError):
    """HTTP 404: the id is not in this environment, or the data center is wrong."""


class WorkatoUnavailableError(WorkatoError):
    """No answer, HTTP 429 or 5xx, still after the retries."""


class WorkatoReplyError(WorkatoError):
    """An answer that cannot be what was asked for."""


class WrongWorkspaceError(WorkatoError):
    """The token belongs to another workspace than the pinned one, or two environments share a workspace."""


class ExportFailedError(WorkatoError):
    """Workato says that an export failed, or never finishes it."""


class PackageError(WexportError):
    """An archive that must not be used: cut, hostile, or not a package at all."""


class RecipeFormatError(WexportError):
    """Bytes that are no recipe."""


class RepositoryError(WexportError):
    """The snapshot repository cannot be read or written."""


class GitMissingError(RepositoryError):
    """There is no usable git program."""


class RevisionNotFoundError(RepositoryError):
    """No such snapshot: the environment was never exported, or the date or commit is unknown."""

    exit_code = EXIT_USAGE


class RepositoryBusyError(RepositoryError):
    """Another run holds the snapshot repository."""


class PushRejectedError(RepositoryError):
    """The remote kept moving, or refused the push."""


class GitLabError(WexportError):
    """GitLab could not be asked, or answered no."""


class GitLabAccessError(GitLabError):
    """HTTP 401 or 403."""


class GitLabNotFoundError(GitLabError):
    """HTTP 404. GitLab answers the same for "missing" and "you may not see it"."""


class GitLabUnavailableError(GitLabError):
    """No answer, HTTP 429 or 5xx, still after the retries."""


class GitLabReplyError(GitLabError):
    """An answer that cannot be what was asked for."""


class UnsafeNoteError(GitLabError):
    """A note body that would trigger something on GitLab. It was not sent."""
