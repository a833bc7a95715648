"""All projects of an environment, exported side by side.

    plan: whose token, which projects, what lies where  ->  each project: manifest, export, wait, download, check
    ->  the archives, and for each project that did not work the reason

The environment's budget holds everybody back together, so the projects take turns at it by themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from exporter.adapters.archive import Archive, Member, open_archive
from exporter.adapters.workato.access import Workspace
from exporter.adapters.workato.client import MAX_ATTEMPTS, Client, TokenRefusedError
from exporter.adapters.workato.download import download_package
from exporter.adapters.workato.journal import Journal
from exporter.adapters.workato.layout import is_single_line, lay_out_json
from exporter.adapters.workato.placing import Places, Unit, named_units, stem
from exporter.adapters.workato.replies import AssetRow, FolderRow, PackageRow, ProjectRow, RecipeRow
from exporter.adapters.workato.service import (
    create_asset_manifest,
    create_folder_manifest,
    delete_manifest,
    fetch_assets,
    fetch_package,
    fetch_projects,
    fetch_recipes,
    fetch_root_folders,
    fetch_workspace,
    start_export,
)
from exporter.errors import (
    ExportFailedError,
    PackageError,
    WexportError,
    WorkatoAccessError,
    WorkatoError,
    WorkatoNotFoundError,
)
from exporter.progress import Progress
from exporter.snapshot import HOME, ProjectFailure, blob_id

MAX_PROJECTS_IN_FLIGHT = 16  # more would only wait for the budget, with their manifests already made
ROOT_ASSETS_ATTEMPTS = 3  # a workspace too large for Workato's 40 s is so every time
CREATION_GRACE_SECONDS = 5.0  # for the answer with a manifest's id when the run is being ended
CLEANUP_SECONDS = 20.0  # for deleting manifests then
HOME_UNKNOWN = (
    "The assets of Home could not be listed, because Workato did not list the workspace's assets at once. "
    "Try again, or leave Home out of the export."
)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an export is about to do. `rows` is None where the workspace's assets could not be listed at once."""

    workspace: Workspace
    units: tuple[Unit, ...]  # all there are, also those that are not wanted, since copies of their assets turn up
    wanted: tuple[Unit, ...]
    rows: tuple[AssetRow, ...] | None
    recipes: Mapping[int, RecipeRow]


@dataclass(frozen=True, slots=True)
class File:
    """A member of an archive with the Git blob id of what the snapshot will hold of it."""

    archive: Archive
    member: Member
    blob: str

    def load(self) -> bytes:
        """The bytes that a snapshot holds: verbatim, single-line JSON laid out. Raises: PackageError."""
        return _content(self.archive, self.member)


@dataclass(frozen=True, slots=True)
class Package:
    """One unit's files, their archive checked; none if the unit is empty. `rows` are its own folder_assets, if
    they were needed."""

    unit: Unit
    files: tuple[File, ...]
    rows: tuple[AssetRow, ...] = ()

    @property
    def own_rows(self) -> dict[str, AssetRow]:
        """The rows by the stem of their zip_name."""
        return {stem(row.zip_name): row for row in self.rows}


@dataclass(frozen=True, slots=True)
class Harvest:
    """What came of a plan."""

    plan: Plan
    packages: tuple[Package, ...]
    failures: tuple[ProjectFailure, ...]


class Export:
    """One export of one environment into `archive_dir`."""

    def __init__(
        self,
        client: Client,
        storage: httpx.AsyncClient,
        progress: Progress,
        archive_dir: Path,
        journal: Journal | None,
    ) -> None:
        self._client = client
        self._storage = storage
        self._access = client.access
        self._progress = progress
        self._archive_dir = archive_dir
        self._journal = journal
        self._task = f"{client.access.environment}: exporting"
        self._places = Places((), ())
        self._denials: list[WorkatoAccessError] = []

    async def run(self) -> Harvest:
        """Raises: WorkatoError when it concerns the whole environment; a single project's failure is a value."""
        plan = await self._make_plan()
        await self._delete_leftovers()
        self._places = Places(plan.units, plan.rows or ())
        home = self._home_rows(plan)
        self._progress.start(self._task, len(plan.wanted) + (1 if home else 0))
        places_in_flight = asyncio.Semaphore(MAX_PROJECTS_IN_FLIGHT)
        jobs = [self._job(places_in_flight, unit, plan) for unit in plan.wanted]
        if home:
            jobs.append(self._home_job(places_in_flight, plan, home))
        try:
            outcomes = await _all_or_cancel(jobs)
        except BaseException:
            self._progress.finish(self._task, "stopped")
            raise
        finally:
            await self._compact_journal()
        if jobs and len(self._denials) == len(jobs):
            raise self._denials[0]  # a privilege that is missing everywhere, not a project's own trouble
        packages = tuple(outcome for outcome in outcomes if isinstance(outcome, Package))
        failures = [outcome for outcome in outcomes if isinstance(outcome, ProjectFailure)]
        if self._access.with_home_assets and plan.rows is None:
            failures.append(ProjectFailure(HOME, HOME_UNKNOWN))
        self._progress.finish(self._task, f"{len(packages)} exported, {len(failures)} failed")
        return Harvest(plan, packages, tuple(sorted(failures, key=lambda failure: failure.project)))

    async def _make_plan(self) -> Plan:
        client = self._client
        workspace = await fetch_workspace(client)
        projects, folders, rows, recipes = await _together(
            fetch_projects(client), fetch_root_folders(client), self._root_rows(), self._recipes()
        )
        units = tuple(_units(workspace, projects, folders))
        wanted = tuple(unit for unit in units if self._access.wants(unit.raw_name))
        return Plan(workspace, units, wanted, rows, recipes)

    async def _root_rows(self) -> tuple[AssetRow, ...] | None:
        try:
            return tuple(await fetch_assets(self._client, None, attempts=ROOT_ASSETS_ATTEMPTS))
        except TokenRefusedError:
            raise
        except WorkatoError as error:
            self._client.note(f"the workspace's assets cannot be listed at once, asking project by project ({error})")
            return None

    async def _recipes(self) -> dict[int, RecipeRow]:
        try:
            return {row.id: row for row in await fetch_recipes(self._client)}
        except (WorkatoAccessError, WorkatoNotFoundError):
            self._client.note(
                "the token may not list recipes; who saved which version and what is running stay unknown "
                f"(the API client's role of {self._access.token_variable} needs Recipes: list)"
            )
            return {}

    def _home_rows(self, plan: Plan) -> list[AssetRow]:
        if not self._access.with_home_assets or plan.rows is None:
            return []
        rows = self._places.home_rows()
        usable = [row for row in rows if row.id is not None]
        if len(usable) < len(rows):
            self._client.note(f"{len(rows) - len(usable)} assets of Home have no id and cannot be exported")
        return usable

    async def _job(self, places_in_flight: asyncio.Semaphore, unit: Unit, plan: Plan) -> Package | ProjectFailure:
        async def export() -> Package:
            rows: tuple[AssetRow, ...] = ()
            folder_id = unit.folder_id or 0
            must_ask = plan.rows is None or not self._places.has_assets(unit) or self._places.is_doubtful(unit)
            if must_ask:
                rows = tuple(await fetch_assets(self._client, folder_id, attempts=MAX_ATTEMPTS))
                if all(row.is_marked_home for row in rows):
                    return Package(unit, ())  # exporting an empty manifest fails, and an empty project is no failure
            name = f"wexport {unit.raw_name}"[:200]
            manifest = create_folder_manifest(
                self._client, name, folder_id, with_table_data=self._access.with_table_data
            )
            files = await self._export(manifest, self._archive_path(plan.workspace, str(folder_id)))
            return Package(unit, files, rows)

        return await self._guarded(places_in_flight, unit.name, export)

    async def _home_job(
        self, places_in_flight: asyncio.Semaphore, plan: Plan, rows: Sequence[AssetRow]
    ) -> Package | ProjectFailure:
        async def export() -> Package:
            manifest = create_asset_manifest(
                self._client, "wexport Home", rows, with_table_data=self._access.with_table_data
            )
            files = await self._export(manifest, self._archive_path(plan.workspace, "home"))
            return Package(Unit(HOME, HOME, None, plan.workspace.root_folder_id), files)

        return await self._guarded(places_in_flight, HOME, export)

    async def _guarded(
        self, places_in_flight: asyncio.Semaphore, name: str, export: Callable[[], Awaitable[Package]]
    ) -> Package | ProjectFailure:
        """The package, or why there is none. A refused token is everybody's failure and goes up."""
        async with places_in_flight:
            try:
                outcome: Package | ProjectFailure = await export()
            except TokenRefusedError:
                raise
            except WexportError as error:
                if isinstance(error, WorkatoAccessError):
                    self._denials.append(error)
                outcome = ProjectFailure(name, str(error))
            self._progress.advance(self._task, name or "Home")
            return outcome

    async def _created(self, creation: Coroutine[Any, Any, str]) -> str:
        """The id of the manifest. If the run is ended meanwhile, the answer is still waited for, a little: only
        with its id can the manifest be deleted."""
        task = asyncio.ensure_future(creation)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            with contextlib.suppress(WexportError, TimeoutError):
                async with asyncio.timeout(CREATION_GRACE_SECONDS):
                    await self._delete(await task)
            raise

    async def _export(self, creation: Coroutine[Any, Any, str], path: Path) -> tuple[File, ...]:
        """Manifest, export, wait, download, check; the manifest is deleted whatever happens."""
        manifest = await self._created(creation)
        try:
            await self._remember(manifest)
            package = await self._completed(await start_export(self._client, manifest))
            return await self._download(package, path)
        finally:
            await self._delete(manifest)

    async def _download(self, package: PackageRow, path: Path) -> tuple[File, ...]:
        """The files of the package. One that came damaged, or as a page of a proxy, is downloaded once more."""
        await download_package(self._client, self._storage, package, path)
        try:
            return await asyncio.to_thread(_checked_files, path)
        except PackageError as error:
            self._client.note(f"downloading package {package.id} again: {error}")
        await download_package(self._client, self._storage, package, path)
        return await asyncio.to_thread(_checked_files, path)

    async def _completed(self, package: PackageRow) -> PackageRow:
        pace = self._client.pace
        deadline = pace.clock() + self._access.export_deadline_seconds
        looks = 0
        while not package.is_completed:
            if package.is_failed:
                reason = self._client.clean(package.error) or "without a reason"
                raise ExportFailedError(
                    f"Workato at {self._access.host} says that an export in environment "
                    f"'{self._access.environment}' failed: {reason}."
                )
            wait = pace.poll_steps_seconds[min(looks, len(pace.poll_steps_seconds) - 1)]
            if pace.clock() + wait > deadline:
                raise ExportFailedError(
                    f"An export in environment '{self._access.environment}' did not end within "
                    f"{self._access.export_deadline_seconds:.0f} s (package {package.id}, state "
                    f"'{self._client.clean(package.status) or 'unknown'}'). Try again later, when Workato is less busy."
                )
            await pace.sleep(wait)
            looks += 1
            package = await fetch_package(self._client, package.id)
        return package

    async def _delete(self, manifest: str) -> None:
        """A manifest that cannot be deleted is clutter and no failure; the next run tries again."""
        task = asyncio.current_task()
        is_ending = task is not None and task.cancelling() > 0
        try:
            async with asyncio.timeout(CLEANUP_SECONDS if is_ending else None):
                await delete_manifest(self._client, manifest, attempts=1 if is_ending else MAX_ATTEMPTS)
        except (WexportError, TimeoutError):
            self._client.note(f"export manifest {manifest} could not be deleted; the next run tries again")
        else:
            await self._forget(manifest)

    async def _delete_leftovers(self) -> None:
        if self._journal is None:
            return
        for manifest in self._journal.leftovers():
            self._client.note(f"deleting export manifest {manifest}, left behind by an interrupted run")
            await self._delete(manifest)

    async def _remember(self, manifest: str) -> None:
        await self._journaled(lambda journal: journal.add(manifest))

    async def _forget(self, manifest: str) -> None:
        await self._journaled(lambda journal: journal.remove(manifest))

    async def _compact_journal(self) -> None:
        await self._journaled(lambda journal: journal.compact())

    async def _journaled(self, act: Callable[[Journal], None]) -> None:
        if self._journal is None:
            return
        try:
            act(self._journal)
        except OSError as error:
            self._client.note(f"the journal of export manifests cannot be written ({error.strerror})")

    def _archive_path(self, workspace: Workspace, name: str) -> Path:
        return self._archive_dir / f"{workspace.id}-{name}.zip"


def _units(workspace: Workspace, projects: Sequence[ProjectRow], folders: Sequence[FolderRow]) -> list[Unit]:
    """Projects, and folders right below the root that are none. A project that is the root itself (Home can be
    made one) would export the whole workspace; its assets come as those of Home."""
    root = workspace.root_folder_id
    named: dict[int, tuple[int | None, str]] = {
        folder.id: (None, folder.name)
        for folder in folders
        if not folder.is_project and (root is None or folder.parent_id in (None, root))
    }
    named |= {project.folder_id: (project.id, project.name) for project in projects}
    if root is not None:
        named.pop(root, None)
    return named_units(named)


def _checked_files(path: Path) -> tuple[File, ...]:
    """The archive's files with their blob ids, read one after the other. Raises: PackageError."""
    archive = open_archive(path)
    if not archive.members:
        raise PackageError("Workato made a package without any file for a project that is not empty.")
    return tuple(File(archive, member, blob_id(_content(archive, member))) for member in archive.members)


def _content(archive: Archive, member: Member) -> bytes:
    content = archive.read(member)
    return lay_out_json(content) if member.name.endswith(".json") and is_single_line(content) else content


async def _together(*jobs: Coroutine[Any, Any, Any]) -> list[Any]:
    return await _all_or_cancel(list(jobs))


async def _all_or_cancel(jobs: Sequence[Coroutine[Any, Any, Value]]) -> list[Value]:
    """All results in order; when one raises, the others are cancelled and waited for, so that they clean up."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
