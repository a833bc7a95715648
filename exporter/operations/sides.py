"""Sides of a diff that are paths, brought to where they can be compared with the other side.

A file or a package does not say where it belongs, so that is found out and told. An import changes and adds, but
removes nothing: compared with an environment, a package is that environment with the package's assets on top.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, TypeAlias

from exporter.adapters.files import (
    STANDARD_INPUT,
    STANDARD_INPUT_LABEL,
    Form,
    LocalFiles,
    is_index,
    read_files,
)
from exporter.diff.locating import (
    MAX_NAMED,
    Counterpart,
    Placing,
    find_counterpart,
    find_second_recipes,
    in_project,
    place_package,
    resolve_project,
    without_wrapper,
)
from exporter.diff.scope import select_paths
from exporter.errors import UsageError
from exporter.operations.reply import match_forms
from exporter.render.tally import count
from exporter.snapshot import HOME, INDEX_NAME, Asset, Index, Snapshot, snapshot_of

REPLY_NOTE = (
    "One of the two is a reply of Workato's API, which does not say which connections a recipe uses, nor its "
    "concurrency, privacy and tags: those are not compared."
)
_UNNAMED = "new project"
# A whole environment, or files that are less than that.
Content: TypeAlias = Snapshot | LocalFiles


@dataclass(frozen=True, slots=True)
class LocalPath:
    """A side that is a path: a recipe file, a package archive, a folder, or "-" for standard input."""

    text: str

    @property
    def label(self) -> str:
        """As it was typed; "-" in words."""
        return STANDARD_INPUT_LABEL if self.text == STANDARD_INPUT else self.text


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides, comparable: what is at one path is one asset. `notes` say what was compared with what."""

    source: Snapshot
    target: Snapshot
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What narrows the comparison: `--only`, and `--project` for the project of a package or file ("" for none)."""

    only: tuple[str, ...] = ()
    project: str = ""


def read_local(path: LocalPath, standard_input: BinaryIO | None) -> Content:
    """What a path holds. A folder with wexport's own index.json is a whole environment.

    Raises: UsageError, RecipeFormatError, PackageError, RepositoryError, WexportError; see `read_files`.
    """
    files = read_files(path.text, standard_input)
    indexes = [asset.path for asset in files.assets if _is_index(asset)]
    if files.inside:
        return _placed_where_it_lies(files)
    if files.form is Form.ASSET or not indexes:
        return files
    for assets in (files.assets, *without_wrapper(files.assets)):
        if any(asset.path == INDEX_NAME for asset in assets):
            from exporter.adapters.repository.folder import decode_snapshot

            return decode_snapshot(assets, place=path.text)
    environments = sorted(index.rpartition("/")[0] for index in indexes)
    if environments:
        names = ", ".join(environments)
        hint = f"Name one of them: '{Path(path.text) / environments[0]}'."
        if files.form is Form.PACKAGE:
            hint = "Unpack it and name the folder of one."
        raise UsageError(f"{path.text!r} holds the environments {names}. {hint}")
    return files


def _placed_where_it_lies(files: LocalFiles) -> LocalFiles:
    """A part of a stored environment, its file names read as the paths that they stand for."""
    from exporter.adapters.repository.paths import decode_path

    inside = decode_path(files.inside)
    if files.form is not Form.FOLDER:
        assets = tuple(Asset(decode_path(asset.path), asset.blob, asset.load) for asset in files.assets)
    else:
        prefix = f"{inside}/"
        assets = tuple(Asset(prefix + decode_path(asset.path), asset.blob, asset.load) for asset in files.assets)
    return replace(files, assets=assets, inside=inside)


def _is_index(asset: Asset) -> bool:
    return asset.path.rpartition("/")[2] == INDEX_NAME and is_index(asset.content)


def align_sides(source: Content, target: Content, labels: tuple[str, str], scope: Scope) -> Sides:
    """Both sides with their assets at comparable paths. `labels` are their names in notes, the source's first.

    Raises: UsageError where it is unclear what is meant, or a part of `scope` means nothing here.
    """
    sizes = _size(source), _size(target)
    is_placed = sizes[0] != sizes[1]
    if scope.project and (not is_placed or not (isinstance(source, Snapshot) or isinstance(target, Snapshot))):
        raise UsageError(
            "--project says which project a package or a file is of, when it is compared with an environment."
        )
    if is_placed and isinstance(target, LocalFiles) and sizes[1] < sizes[0]:
        base = _snapshot(source)
        overlay, notes = _laid_over(base, labels[0], target, scope)
        return Sides(base, overlay, (*_notes(source, target), *notes))
    if is_placed and isinstance(source, LocalFiles):
        base = _snapshot(target)
        overlay, notes = _laid_over(base, labels[1], source, scope)
        return Sides(overlay, base, (*_notes(source, target), *notes))
    if isinstance(source, LocalFiles) and isinstance(target, LocalFiles):
        one, other, notes = _files_together(source, target)
        return Sides(_bare(one), _bare(other), (*_notes(source, target), *notes))
    return Sides(_snapshot(source), _snapshot(target), ())


def _size(content: Content) -> int:
    """Of two sides of different size, the smaller is placed in the larger."""
    if isinstance(content, Snapshot):
        return 3
    return 1 if content.form is Form.ASSET else 2


def _notes(*contents: Content) -> tuple[str, ...]:
    return tuple(note for content in contents if isinstance(content, LocalFiles) for note in content.notes)


def _snapshot(content: Content) -> Snapshot:
    return content if isinstance(content, Snapshot) else _bare(content.assets)


def _bare(assets: Iterable[Asset]) -> Snapshot:
    """Assets of no known environment."""
    return snapshot_of(Index(environment=""), assets)


def _files_together(source: LocalFiles, target: LocalFiles) -> tuple[Sequence[Asset], Sequence[Asset], tuple[str, ...]]:
    """Two files are one asset, whatever they are called; packages and folders are compared path by path."""
    if source.form is Form.ASSET:
        (after,), (before,) = source.assets, target.assets
        if after.kind is not before.kind:
            raise UsageError(
                f"{source.name!r} and {target.name!r} are not of one kind: {after.kind.value} and {before.kind.value}."
            )
        path = before.path if source.name == STANDARD_INPUT_LABEL else after.path
        after, before, notes = _in_one_form(_at(path, after), _at(path, before))
        return (after,), (before,), notes
    pairs = [
        (one, other)
        for one in (source.assets, *without_wrapper(source.assets))
        for other in (target.assets, *without_wrapper(target.assets))
    ]
    one, other = max(pairs, key=lambda pair: len({asset.path for asset in pair[0]} & {asset.path for asset in pair[1]}))
    return one, other, ()


def _in_one_form(one: Asset, other: Asset) -> tuple[Asset, Asset, tuple[str, ...]]:
    one, other, has_reply = match_forms(one, other)
    return one, other, (REPLY_NOTE,) if has_reply else ()


def _at(path: str, asset: Asset) -> Asset:
    return Asset(path, asset.blob, asset.load)


def _laid_over(base: Snapshot, base_name: str, files: LocalFiles, scope: Scope) -> tuple[Snapshot, tuple[str, ...]]:
    """The larger side with the assets of the smaller one in it, and where they were put."""
    project = None
    if scope.project:
        known = {asset.project for asset in base.assets.values()} | {known.name for known in base.index.projects}
        project = resolve_project(scope.project, known)
    if files.form is Form.ASSET:
        placed, notes = _place_file(base, base_name, files, scope.only, project)
    else:
        placed, notes = _place_package(base, base_name, files, scope.only, project)
    return _bare({**base.assets, **{asset.path: asset for asset in placed}}.values()), notes


def _place_file(
    base: Snapshot, base_name: str, files: LocalFiles, only: tuple[str, ...], project: str | None
) -> tuple[tuple[Asset, ...], tuple[str, ...]]:
    (asset,) = files.assets
    chosen = select_paths(base.assets, only)
    candidates = [
        candidate
        for path, candidate in base.assets.items()
        if path in chosen and candidate.kind is asset.kind and project in (None, candidate.project)
    ]
    near = asset.path if files.name == STANDARD_INPUT_LABEL else files.inside or files.name
    if any(candidate.path == files.inside for candidate in candidates):
        found: Counterpart | None = Counterpart(files.inside, "its place")
    else:
        found = find_counterpart(asset, candidates, near=near)
    if found is not None:
        path, reason = found.path, f"found by {found.reason}"
    elif only and len(candidates) == 1:
        path, reason = candidates[0].path, "which --only names; it has other steps and another name"
    elif only:
        raise UsageError(
            f"None of the {count(len(candidates), asset.kind.value)} that --only names is like {files.name!r}."
        )
    else:
        added = Asset(in_project(project or HOME, asset.path), asset.blob, asset.load)
        return (added,), (f"{base_name} has nothing like {files.name}, neither by file name nor by steps or name.",)
    notes = [f"{files.name} is compared with '{path}' of {base_name}, {reason}."]
    if found is not None and found.others:
        shown = ", ".join(f"'{other}'" for other in found.others[:MAX_NAMED])
        more = f" and {len(found.others) - MAX_NAMED} more" if len(found.others) > MAX_NAMED else ""
        notes.append(f"Like it are also {shown}{more}: --only PATH compares it with another.")
    asset, _, reply_notes = _in_one_form(_at(path, asset), base.assets[path])
    return (asset,), (*notes, *reply_notes)


def _place_package(
    base: Snapshot, base_name: str, files: LocalFiles, only: tuple[str, ...], project: str | None
) -> tuple[tuple[Asset, ...], tuple[str, ...]]:
    if files.inside and project is None:
        found = sum(asset.path in base.assets for asset in files.assets)
        placing = Placing(files.assets, files.inside.partition("/")[0], is_new=not found, found=found)
    else:
        name = _UNNAMED if files.name == STANDARD_INPUT_LABEL else _stem(files.name)
        placing = place_package(files.assets, base.assets, project=project, name=name)
    try:
        select_paths((asset.path for asset in placing.assets), only)
    except UsageError as exc:  # without this, a scope of other projects would look like "no differences"
        raise UsageError(f"{files.name} has nothing of that scope: {exc}") from None
    return placing.assets, tuple(_placing_notes(placing, base, base_name, files))


def _stem(name: str) -> str:
    """What to call the project of a package: "mine" for "mine.zip", the folder's own name for "."."""
    last = Path(name).expanduser().resolve().name
    return (last[:-4] if last.lower().endswith(".zip") else last) or _UNNAMED


def _placing_notes(placing: Placing, base: Snapshot, base_name: str, files: LocalFiles) -> Iterable[str]:
    if placing.is_new:
        yield (
            f"{base_name} has no project with files of {files.name}: it is shown as the new project "
            f"'{placing.project}'. If it is another's, say so with --project NAME."
        )
    else:
        place = "all" if placing.project is None else f"'{placing.project}'" if placing.project else "Home"
        yield (
            f"{files.name} is compared with {place} of {base_name}, which has {placing.found} of its "
            f"{count(len(placing.assets), 'file')}."
        )
        held = {asset.path for asset in placing.assets}
        left = [
            path for path, asset in base.assets.items() if path not in held and placing.project in (None, asset.project)
        ]
        if left:
            verb = "stays" if len(left) == 1 else "stay"
            yield f"{count(len(left), 'more file')} there {verb}, since an import removes nothing."
    for path, other in find_second_recipes(placing, base.assets):
        yield f"'{path}' has the steps of '{other}': an import makes a second recipe, it renames none."
