"""Where the members of a package truly belong in the workspace.

A package of a project has the project's own content at its top, and beside it copies of what that content needs:
assets of other projects under their project's folder, assets of Home at the top. The archive itself does not say
which is which; `folder_assets` does, by id, type and absolute path. Pure.

A "/" inside a project's name is "∕" in a path (snapshot.py says why); Workato's texts cannot tell the two apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exporter.adapters.workato.replies import AssetRow
from exporter.snapshot import HOME

_HOME_FILE = "account_properties.properties.json"


@dataclass(frozen=True, slots=True)
class Unit:
    """What is exported as one package: a project, a folder of the root that is none, or Home.

    `name` is the first part of its assets' paths, HOME for Home; `raw_name` is how Workato writes it.
    """

    name: str
    raw_name: str
    id: int | None
    folder_id: int | None

    @property
    def is_home(self) -> bool:
        return self.name == HOME

    def raw_place(self, member: str) -> str:
        """Workato's own text for the place of the unit's member."""
        return member if self.is_home else f"{self.raw_name}/{member}"

    def path(self, member: str) -> str:
        """The asset's path for the unit's member."""
        return member if self.is_home else f"{self.name}/{member}"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a member belongs. `unit` is None for a place of no exported or excluded unit."""

    path: str
    unit: Unit | None


class Places:
    """What is known about the places of one environment."""

    def __init__(self, units: Iterable[Unit], rows: Iterable[AssetRow]) -> None:
        self._units = {unit.raw_name: unit for unit in units if not unit.is_home}
        self._home = Unit(HOME, HOME, None, None)
        self._rows: dict[str, list[AssetRow]] = {}
        self._by_identity: dict[tuple[str, int], AssetRow] = {}
        self._folders: set[str] = set()
        for row in rows:
            self._add(row)

    def _add(self, row: AssetRow) -> None:
        """Adds a row, once: an asset that several listings name keeps the place of the first."""
        key = stem(row.place)
        if row.id is None:
            if any((row.place, row.type) == (other.place, other.type) for other in self._rows.get(key, ())):
                return
        elif (row.type, row.id) in self._by_identity:
            return
        else:
            self._by_identity[row.type, row.id] = row
        self._rows.setdefault(key, []).append(row)
        folder = row.place.rpartition("/")[0]
        while folder and folder not in self._folders:
            self._folders.add(folder)
            folder = folder.rpartition("/")[0]

    def has_assets(self, unit: Unit) -> bool:
        """Whether anything lies in the unit, as far as the rows say."""
        return unit.raw_name in self._folders

    def home_rows(self) -> list[AssetRow]:
        """The rows of what lies directly in Home, in the order of their places."""
        rows = (row for rows in self._rows.values() for row in rows if row.is_in_home)
        return sorted(rows, key=lambda row: (row.place, row.type, row.id or 0))

    def is_doubtful(self, unit: Unit) -> bool:
        """Whether a member of the unit's package could have two places: only the unit's own rows then tell."""
        prefix = unit.raw_name + "/"
        return any(
            key.startswith(prefix) and key.removeprefix(prefix) in self._rows for key in self._rows if not unit.is_home
        )

    def place(self, unit: Unit, member: str, own_rows: Mapping[str, AssetRow] | None = None) -> Placement:
        """The place of a member of the unit's package.

        `own_rows` are the rows of the unit's own folder_assets by the stem of their zip_name, if they were asked
        for; they say more than the workspace's.
        """
        exact = (own_rows or {}).get(stem(member))
        if exact is not None:
            return self._placed(self._known(exact).place, member)
        if stem(unit.raw_place(member)) in self._rows:
            return Placement(unit.path(member), unit)
        if stem(member) in self._rows:
            return self._placed(member, member)
        if self._is_foreign(unit, member):
            return self._placed(member, member)
        return Placement(unit.path(member), unit)

    def find_row(self, unit: Unit | None, path: str) -> AssetRow | None:
        """The one row of the asset at this path; None if none or several could be meant."""
        member = path if unit is None or unit.is_home else path.removeprefix(unit.name + "/")
        raw = path if unit is None else unit.raw_place(member)
        rows = [row for row in self._rows.get(stem(raw), ()) if row.place == raw]
        return rows[0] if len(rows) == 1 else None

    def _known(self, row: AssetRow) -> AssetRow:
        return self._by_identity.get((row.type, row.id), row) if row.id is not None else row

    def _is_foreign(self, unit: Unit, member: str) -> bool:
        if "/" not in member:
            return not unit.is_home and member == _HOME_FILE
        if unit.is_home:
            return True
        owner = self._owner(member)
        folder = member.partition("/")[0]
        return owner is not None and owner is not unit and unit.raw_place(folder) not in self._folders

    def _placed(self, raw_place: str, member: str) -> Placement:
        """The placement for Workato's text of a place, with the ending of the member (a connector has three files)."""
        raw = stem(raw_place) + member.removeprefix(stem(member))
        owner = self._owner(raw)
        if owner is None:
            return Placement(raw, None)
        return Placement(owner.path(raw if owner.is_home else raw.removeprefix(owner.raw_name + "/")), owner)

    def _owner(self, raw_place: str) -> Unit | None:
        """The unit with the longest name that the place begins with: "A/B/x" is of "A/B" rather than of "A"."""
        if "/" not in raw_place:
            return self._home
        folder = raw_place.rpartition("/")[0]
        while folder:
            if folder in self._units:
                return self._units[folder]
            folder = folder.rpartition("/")[0]
        return None


def stem(place: str) -> str:
    """The place without the last ending, which is what the files of one asset share."""
    folder, slash, name = place.rpartition("/")
    return folder + slash + name.rpartition(".")[0] if "." in name else place


def named_units(projects: Mapping[int, tuple[int | None, str]]) -> list[Unit]:
    """Units for folders by id: (project id or None, name) each. Every unit gets a name of its own.

    Names that become equal (Workato permits "A/B" beside "A∕B"), and a missing name, get the folder's id added,
    since two projects in one folder of a snapshot would overwrite each other.
    """
    units: list[Unit] = []
    taken: set[str] = {HOME}
    for folder_id, (project_id, raw_name) in sorted(projects.items()):
        name = raw_name.replace("/", "∕")
        if name in taken:
            name = f"{name or 'unnamed'} ({folder_id})"
        taken.add(name)
        units.append(Unit(name, raw_name, project_id, folder_id))
    return sorted(units, key=lambda unit: unit.name)
