"""Recipes by the thousand, for trying wexport at size: true exports in the sizes that real ones have.

One source is built once per size and cut at the places that tell recipes apart; a recipe's bytes are joined anew
whenever they are asked for, so ten thousand of them need no memory.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from exporter.sandbox.seed import SeedAsset
from exporter.sandbox.story.recipe import Surroundings, build_recipe, read_recipe

RECIPES_PER_PROJECT = 100
_FOLDER = "Recipes"

# How many of a hundred recipes have which size in bytes. Source: measured on true exports, median 60 kB, three
# quarters below 172 kB, nine tenths below 544 kB, the largest above 3 MB.
_SIZES = (
    (20, 16_000),
    (25, 35_000),
    (23, 60_000),
    (16, 172_000),
    (5, 350_000),
    (8, 544_000),
    (1, 1_200_000),
    (1, 2_200_000),
    (1, 3_000_000),
)

# One recipe in a hundred is different in dev from test, another one in test from prod.
_CHANGED_SINCE = {"dev": 36, "test": 72}
_HOLDERS = {"prod": (), "test": ("test",), "dev": ("test", "dev")}
_LIMITS = ("100", "150", "200")  # the field that differs, by how many changes the environment has

_TOKEN = re.compile(
    rb"MARKED_NAME|MARKED_LIMIT|999999999"
    rb"|[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)
_MARKED_VERSION = 999999999
_ALIAS = re.compile(rb'"as": "([0-9a-f]{8})"')
_WORDS = ("Sync", "Refresh", "Reconcile", "Notify about", "Archive")


class LazyFiles(Mapping[str, bytes]):
    """One file whose bytes are made whenever they are asked for."""

    def __init__(self, suffix: str, make: Callable[[], bytes]) -> None:
        self._suffix = suffix
        self._make = make

    def __getitem__(self, suffix: str) -> bytes:
        if suffix != self._suffix:
            raise KeyError(suffix)
        return self._make()

    def __iter__(self) -> Iterator[str]:
        return iter((self._suffix,))

    def __len__(self) -> int:
        return 1


def generated_projects(count: int) -> tuple[str, ...]:
    """The names of the projects that `count` generated recipes need."""
    return tuple(f"Generated {place + 1:03}" for place in range(-(-count // RECIPES_PER_PROJECT)))


def generated_folders(count: int) -> tuple[tuple[str, ...], ...]:
    """Their folders, as paths from the root."""
    return tuple(folder for name in generated_projects(count) for folder in ((name,), (name, _FOLDER)))


@dataclass(slots=True)
class RecipePress:
    """Prints the generated recipes of one environment. `source` is generated.toml; `version_lead` is how far this
    environment's save counters are ahead."""

    environment: str
    source: str
    surroundings: Surroundings
    version_lead: int
    author: tuple[str, str]
    _plates: dict[int, list[bytes]] = field(default_factory=dict)

    def assets(self, count: int) -> Iterator[SeedAsset]:
        """The first `count` generated recipes; none is built yet."""
        projects = generated_projects(count)
        for serial in range(count):
            version = 1 + serial % 50 + self.version_lead
            name = _name(serial)
            yield SeedAsset(
                type="recipe",
                name=name,
                folder=(projects[serial // RECIPES_PER_PROJECT], _FOLDER),
                files=LazyFiles(".recipe.json", self._maker(serial, name, version)),
                version=version,
                is_running=serial % 3 != 0,
                author_name=self.author[0],
                author_email=self.author[1],
            )

    def _maker(self, serial: int, name: str, version: int) -> Callable[[], bytes]:
        return lambda: self._print(serial, name, version)

    def _print(self, serial: int, name: str, version: int) -> bytes:
        fixed = {
            b"MARKED_NAME": name.encode(),
            b"MARKED_LIMIT": _LIMITS[self._changes(serial)].encode(),
            b"999999999": str(version).encode(),
        }
        plate = self._plate(_size(serial))
        # Every second piece is a token; ids are those of the source with a beginning of their own.
        return b"".join(
            piece if place % 2 == 0 else fixed.get(piece) or _own_id(piece, serial) for place, piece in enumerate(plate)
        )

    def _changes(self, serial: int) -> int:
        slot = (serial + serial // RECIPES_PER_PROJECT * 7) % 100
        return sum(slot == _CHANGED_SINCE[since] for since in _HOLDERS[self.environment])

    def _plate(self, size_bytes: int) -> list[bytes]:
        """The export of about this size, cut at its tokens."""
        if size_bytes not in self._plates:
            least, more = len(self._build(0)), len(self._build(100))
            per_field = (more - least) / 100
            export = self._build(max(0, round((size_bytes - least) / per_field)))
            aliases = b"|".join(dict.fromkeys(_ALIAS.findall(export)))
            token = re.compile(b"(" + _TOKEN.pattern + rb"|\b(?:" + aliases + rb")\b)")
            self._plates[size_bytes] = token.split(export)
        return self._plates[size_bytes]

    def _build(self, more_fields: int) -> bytes:
        document = tomllib.loads(self.source.replace("{more}", str(more_fields)))
        return build_recipe(read_recipe("generated", document), _MARKED_VERSION, self.surroundings)


def _name(serial: int) -> str:
    return f"{_WORDS[serial % len(_WORDS)]} account orders {serial + 1:05}"


def _size(serial: int) -> int:
    rank = serial * 37 % 100  # 37 and 100 share no factor: each project has every size as often as it should
    for count, size_bytes in _SIZES:
        if rank < count:
            return size_bytes
        rank -= count
    raise AssertionError("the shares of _SIZES add up to 100")


def _own_id(token: bytes, serial: int) -> bytes:
    digest = hashlib.sha256(b"%d/%s" % (serial, token)).hexdigest()[:8].encode()
    return digest + token[8:]
