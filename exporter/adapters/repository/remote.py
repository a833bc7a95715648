"""Sharing snapshots by a remote that others push to as well: fetch, push, and making commits again on top.

Environments have folders of their own, so there is never a merge: a commit is made again by putting its
environment's folder into the tree of the remote's commit. What others stored stays as they stored it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from exporter.adapters.repository.access import PushOutcome
from exporter.adapters.repository.history import iter_commits
from exporter.adapters.repository.objects import Commit, TreeEntry, list_tree
from exporter.adapters.repository.paths import encode_name
from exporter.adapters.repository.program import GitResult, without_credentials
from exporter.adapters.repository.store import Store
from exporter.adapters.repository.worktree import EMPTY_TREE
from exporter.errors import PushRejectedError, RepositoryError

FETCHED = "refs/wexport/remote"  # where the remote's branch is kept; the user's own tracking branches stay theirs
NETWORK_SECONDS = 600.0
MAX_TRIES = 12
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 5.0
_ENVIRONMENT_TRAILER = re.compile(r"^Environment: (.+)$", re.MULTILINE)
# What a remote answers when another push came first; all else it means.
_MOVED = re.compile(
    r"fetch first|non-fast-forward|stale info|cannot lock ref|failed to update ref|incorrect old value|"
    r"reference already exists|failed to lock|remote ref has changed|already locked|unable to create",
    re.IGNORECASE,
)
_NO_SUCH_BRANCH = re.compile(r"couldn't find remote ref", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Remote:
    """A remote of a store. `url` may hold credentials, so messages name it by `label`."""

    store: Store
    url: str

    @property
    def label(self) -> str:
        return repr(without_credentials(self.url))

    def fetch(self) -> str | None:
        """The commit at the remote's branch, its objects brought here; None if the remote has no such branch.

        Raises: RepositoryError if the remote cannot be read.
        """
        refspec = f"+{self.store.ref}:{FETCHED}"
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc")
        result = self._run("fetch", *options, "--end-of-options", self.url, refspec)
        if result.status != 0:
            if _NO_SUCH_BRANCH.search(result.reason):
                return None
            raise self._unreadable(result)
        found = self.store.reader.read_commit(FETCHED)
        return found.id if found is not None else None

    def ask(self) -> None:
        """Passes if the remote answers. Raises: RepositoryError."""
        result = self._run("ls-remote", "--heads", "--end-of-options", self.url, self.store.ref)
        if result.status != 0:
            raise self._unreadable(result)

    def push(self, commit: str) -> GitResult:
        """Offers a commit to the remote's branch."""
        refspec = f"{commit}:{self.store.ref}"
        return self._run("push", "--porcelain", "--no-verify", "--end-of-options", self.url, refspec)

    def _unreadable(self, result: GitResult) -> RepositoryError:
        return RepositoryError(
            f"The remote {self.label} of the snapshot repository cannot be read: {result.reason}."
            " Check its address, the network, and that this user may read it."
        )

    def _run(self, *arguments: str) -> GitResult:
        return self.store.program.run(*arguments, check=False, timeout_seconds=NETWORK_SECONDS)


def fast_forward(remote: Remote) -> None:
    """Brings the branch to the remote's if it only lacks commits. The caller holds the lock."""
    store = remote.store
    theirs = remote.fetch()
    tip = store.tip()
    if theirs is None or (tip is not None and (theirs == tip.id or not _is_ancestor(store, tip.id, theirs))):
        return
    store.move_branch(tip.id if tip is not None else None, theirs, "fast-forward to the remote")
    store.settle()


def push_branch(
    remote: Remote, *, hold: Callable[[], AbstractContextManager[None]], sleep: Callable[[float], None]
) -> PushOutcome:
    """Pushes the branch; when the remote has moved, makes the commits again on top and tries again.

    `hold` takes the repository's lock, which is not held while Git talks to the remote's branch alone.
    Raises: PushRejectedError if the remote refuses or keeps moving; RepositoryError if it cannot be reached.
    """
    replayed = 0
    for tries in range(1, MAX_TRIES + 1):
        tip = remote.store.tip()
        if tip is None:
            return PushOutcome(revision="", is_new=False)
        result = remote.push(tip.id)
        report = result.stdout.decode(errors="replace")
        if result.status == 0:
            is_new = not any(line.startswith("=") for line in report.splitlines())
            return PushOutcome(tip.id, is_new, replayed)
        answers = [line.rpartition("\t")[2] for line in report.splitlines() if line.startswith("!")]
        if not answers:
            raise RepositoryError(
                f"The remote {remote.label} of the snapshot repository cannot be reached: {result.reason}."
                " Everything is stored locally; the next push brings it."
            )
        if not _MOVED.search(f"{answers[0]} {result.reason}"):
            raise PushRejectedError(
                f"The remote {remote.label} refused the branch {remote.store.branch!r}: {answers[0]}"
                f" {result.reason}. Everything is stored locally; allow this user to push, then push again."
            )
        sleep(_wait_seconds(tries))
        with hold():
            replayed = max(replayed, replay(remote))
    raise PushRejectedError(
        f"The remote {remote.label} moved during each of {MAX_TRIES} pushes of the branch {remote.store.branch!r}."
        " Everything is stored locally; push again when fewer writers are at work."
    )


def replay(remote: Remote) -> int:
    """Makes the commits that the remote lacks again on top of its branch; how many. The caller holds the lock."""
    store = remote.store
    theirs = remote.fetch()
    tip = store.tip()
    if tip is None or theirs is None or theirs == tip.id or _is_ancestor(store, theirs, tip.id):
        return 0
    shared = store.program.run("merge-base", tip.id, theirs, check=False).text or None
    top, count = theirs, 0
    for commit in iter_commits(store, shared, tip.id):
        made = _make_again(store, commit, shared, top)
        count += made != top
        top = made
    store.move_branch(tip.id, top, f"{count} commits made again on top of the remote")
    store.settle()
    return count


def _make_again(store: Store, commit: Commit, shared: str | None, top: str) -> str:
    """The commit with the same message and changes on top of another; `top` itself if nothing would change."""
    parent = commit.parents[0] if commit.parents else EMPTY_TREE
    before, after = _entries(store, parent), _entries(store, commit.id)
    theirs, base = _entries(store, top), _entries(store, shared) if shared is not None else {}
    own = _own_folder(commit)
    tree = dict(theirs)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) == after.get(name):
            continue
        if name != own and theirs.get(name) != base.get(name):
            if shared is None or theirs.get(name) == after.get(name):
                continue  # two first commits bring a README each: the remote's stays
            raise PushRejectedError(
                f"The snapshot repository {store.program.folder} and its remote both changed {name!r} by hand."
                f" Merge them once: `git -C {store.program.folder} pull`, then run again."
            )
        if name in after:
            tree[name] = after[name]
        else:
            tree.pop(name, None)
    if tree == theirs:
        return top
    lines = "".join(f"{entry.mode} {entry.type} {entry.id}\t{entry.path}\0" for entry in tree.values())
    made = store.program.run("mktree", "-z", stdin=lines.encode(errors="surrogateescape")).text
    content = _with_parent(commit, made, top)
    return store.program.run("hash-object", "-t", "commit", "-w", "--stdin", stdin=content).text


def _with_parent(commit: Commit, tree: str, parent: str) -> bytes:
    """The commit's text with another tree and parent. A signature would not fit it any more and is left out."""
    header, _, message = commit.content.partition(b"\n\n")
    kept: list[bytes] = []
    is_signature = False
    for line in header.split(b"\n"):
        is_signature = line.startswith(b"gpgsig") or (is_signature and line.startswith(b" "))
        if not is_signature and not line.startswith((b"tree ", b"parent ")):
            kept.append(line)
    return b"\n".join([f"tree {tree}".encode(), f"parent {parent}".encode(), *kept]) + b"\n\n" + message


def _own_folder(commit: Commit) -> str | None:
    """The folder of the environment that the commit is about, by the last such trailer; None for a commit by hand."""
    found = _ENVIRONMENT_TRAILER.findall(commit.message)
    return encode_name(found[-1]) if found else None


def _entries(store: Store, tree: str) -> dict[str, TreeEntry]:
    return {entry.path: entry for entry in list_tree(store.program, tree, is_recursive=False)}


def _is_ancestor(store: Store, commit: str, of: str) -> bool:
    return store.program.run("merge-base", "--is-ancestor", commit, of, check=False).status == 0


def _wait_seconds(tries: int) -> float:
    """How long to wait after so many tries: doubling, capped, and by chance, so that writers do not stay in step."""
    longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (tries - 1))
    return random.uniform(FIRST_WAIT_SECONDS / 2, longest)  # noqa: S311 (no secret)
