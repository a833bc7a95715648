"""An environment as files that lie somewhere: a checkout of the snapshot repository, or a copy of one. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from exporter.adapters.repository.index_file import parse_index_file
from exporter.adapters.repository.paths import decode_path
from exporter.snapshot import INDEX_NAME, Asset, Snapshot, snapshot_of


def decode_snapshot(files: Iterable[Asset], *, place: str) -> Snapshot:
    """The environment in the files of its folder, index.json among them; the paths are file paths below the folder.

    `place` names the folder in messages. The snapshot has no revision: who knows what was edited since.
    Raises: RepositoryError for an index.json that cannot be used.
    """
    by_path = {file.path: file for file in files}
    index_file = parse_index_file(by_path.pop(INDEX_NAME).content, place=f"{place}/{INDEX_NAME}")
    true_paths = {file: path for path, file in index_file.shortened.items()}
    return snapshot_of(
        index_file.index,
        (Asset(true_paths.get(path) or decode_path(path), file.blob, file.load) for path, file in by_path.items()),
    )
