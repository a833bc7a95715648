"""What an export may take away from the snapshot that is stored. Pure.

A token that sees less, a project that failed or an empty answer must never look like a deletion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from types import MappingProxyType

from exporter.errors import ShrunkenExportError
from exporter.snapshot import Asset, AssetInfo, Index, Project, ProjectFailure, Snapshot, snapshot_of

MAX_NAMED = 10  # names in a message; the rest is counted


def keep_failed_projects(stored: Snapshot, fresh: Snapshot) -> Snapshot:
    """The fresh snapshot, with the stored files and index entries of each project that could not be exported.

    A failed project that was renamed meanwhile keeps its stored name, so that its files and its name agree.
    """
    if not fresh.failures:
        return fresh
    stored_names = {project.id: project.name for project in stored.index.projects if project.id is not None}
    failed = {failure.project for failure in fresh.failures}
    ids = {project.id for project in fresh.index.projects if project.name in failed and project.id is not None}
    kept_names = failed | {stored_names[project_id] for project_id in ids if project_id in stored_names}
    assets: dict[str, Asset] = {path: asset for path, asset in stored.assets.items() if asset.project in kept_names}
    infos: dict[str, AssetInfo] = {path: stored.index.info(path) for path in assets}
    projects: dict[tuple[int | None, str], Project] = {}
    for project in fresh.index.projects:
        name = stored_names.get(project.id, project.name) if project.id in ids else project.name
        projects[project.id, name] = Project(name, project.id, project.folder_id)
    for project in stored.index.projects:
        if project.name in kept_names and project.id not in {known.id for known in fresh.index.projects}:
            projects[project.id, project.name] = project
    index = Index(
        environment=fresh.index.environment,
        base_url=fresh.index.base_url,
        workspace_id=fresh.index.workspace_id,
        workspace_name=fresh.index.workspace_name,
        projects=tuple(projects.values()),
        assets=MappingProxyType({**infos, **fresh.index.assets}),
    )
    return snapshot_of(index, {**assets, **fresh.assets}.values(), failures=fresh.failures)


def keep_known_details(stored: Snapshot, fresh: Snapshot) -> Snapshot:
    """The fresh snapshot, with the stored details of assets that it holds in the same version and knows less about.

    A token that may not list recipes for a night must not look like a change of all of them, and another the night
    after.
    """
    infos = dict(fresh.index.assets)
    for path, known in stored.index.assets.items():
        if path not in fresh.assets or path not in stored.assets:
            continue
        info = fresh.index.info(path)
        is_same = fresh.assets[path].blob == stored.assets[path].blob
        if (info.id or known.id) == known.id and (info.version == known.version or (info.version is None and is_same)):
            infos[path] = _completed(info, known)
    if infos == fresh.index.assets:
        return fresh
    index = replace(fresh.index, assets=MappingProxyType(infos))
    return replace(fresh, index=index)


def _completed(info: AssetInfo, known: AssetInfo) -> AssetInfo:
    """What is known of an asset now, and where that is nothing, what was known before."""
    names = [field.name for field in fields(info) if getattr(info, field.name) is None]
    return replace(info, **{name: getattr(known, name) for name in names})


def refuse_shrunken(stored: Snapshot, fresh: Snapshot, *, max_vanished_share: float) -> None:
    """Passes if the fresh snapshot lost no more than is believable.

    A renamed project and a moved file are no loss. `max_vanished_share` is a share of the stored assets, 0 to 1.
    Raises: ShrunkenExportError naming what would vanish.
    """
    environment = fresh.environment
    if stored.assets and not fresh.assets:
        raise ShrunkenExportError(
            f"The export of environment {environment!r} is empty, but its snapshot holds {len(stored.assets)} files."
            f" Nothing was stored. {_advice()}"
        )
    failed = _failed_names(fresh.failures)
    gone = [project.name for project in _vanished_projects(stored.index, fresh.index) if project.name not in failed]
    if gone:
        raise ShrunkenExportError(
            f"The export of environment {environment!r} lacks projects that its snapshot holds: {named(gone)}."
            f" Nothing was stored. {_advice()}"
        )
    vanished = _vanished_assets(stored, fresh)
    if stored.assets and len(vanished) / len(stored.assets) > max_vanished_share:
        raise ShrunkenExportError(
            f"The export of environment {environment!r} lacks {len(vanished)} of {len(stored.assets)} files, more than"
            f" the {max_vanished_share:.0%} that may vanish at once: {named(vanished)}."
            f" Nothing was stored. {_advice()}"
        )


def _vanished_projects(stored: Index, fresh: Index) -> list[Project]:
    """By id, since a renamed project is still there; by name where no id is known."""
    ids = {project.id for project in fresh.projects if project.id is not None}
    names = {project.name for project in fresh.projects}
    return [
        project
        for project in stored.projects
        if (project.id not in ids if project.id is not None and ids else project.name not in names)
    ]


def _vanished_assets(stored: Snapshot, fresh: Snapshot) -> list[str]:
    renamed = _renamed_projects(stored.index, fresh.index)
    appeared = {asset.blob for path, asset in fresh.assets.items() if path not in stored.assets}
    return [
        path
        for path, asset in stored.assets.items()
        if path not in fresh.assets
        and asset.blob not in appeared
        and _renamed_path(path, asset.project, renamed) not in fresh.assets
    ]


def _renamed_projects(stored: Index, fresh: Index) -> Mapping[str, str]:
    names = {project.id: project.name for project in fresh.projects if project.id is not None}
    return {
        project.name: names[project.id]
        for project in stored.projects
        if project.id is not None and project.id in names and names[project.id] != project.name
    }


def _renamed_path(path: str, project: str, renamed: Mapping[str, str]) -> str:
    return renamed[project] + path[len(project) :] if project in renamed else path


def _failed_names(failures: Iterable[ProjectFailure]) -> set[str]:
    return {failure.project for failure in failures}


def _advice() -> str:
    return "Does the token still see all projects? If the loss is real, run again with --prune."


def named(names: Iterable[str]) -> str:
    """The first names, quoted so that none of them can pass for another line of the message."""
    every = sorted(names)
    text = ", ".join(repr(name) for name in every[:MAX_NAMED])
    return f"{text} and {len(every) - MAX_NAMED} more" if len(every) > MAX_NAMED else text
