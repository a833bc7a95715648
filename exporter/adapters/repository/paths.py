"""Asset paths as file paths and back: reversible, and the same on every machine.

Workato keeps folder names verbatim, so a name can be anything: `CON`, `a:b`, ` x.`, `.git`, two names that differ
in case only. A file name made here is legal on Linux, macOS and Windows, special to nobody, and not shared by two
siblings, even where case or normal form does not count. What no file system takes is percent-encoded (the UTF-8
bytes of the character); all else stays readable.

    %7C  the byte 0x7C; runs of them are UTF-8      %_  an empty name      %-  nothing (tells two siblings apart)
    %=<20 hex digits>  a name longer than 255 bytes, cut, or at the top a whole path that is too long; `shortened` of
    FilePaths keeps the true path

Pure. Source of the rules: Microsoft "Naming Files, Paths, and Namespaces"; Git's verify_path (".git", "git~1").
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exporter.snapshot import INDEX_NAME

MAX_NAME_BYTES = 255  # ext4, APFS, NTFS (there in UTF-16 units, of which a name never has more than bytes)
MAX_PATH_BYTES = 700  # below the environment's folder; macOS allows 1,024 for a whole path

_PLAIN_NAME = re.compile(r"[a-z_](?:[a-z0-9_ -]*[a-z0-9_-])?(?:\.[a-z0-9_-]+)*")
# Written as ranges: a machine's own Unicode tables would let the same name differ between Python versions.
_UNSAFE = re.compile(
    r'[<>:"|?*%\\/\x00-\x1f\x7f-\x9f'
    "\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0e\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
    r"|^[. ]|[. ]\Z|~(?=[0-9])"
)
_RESERVED_STEM = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]) *(?:\.|\Z)",
    re.IGNORECASE,
)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_SHORTENED = re.compile(r"%=[0-9a-f]{20}")
_EMPTY, _FILLER = "%_", "%-"


@dataclass(frozen=True, slots=True)
class FilePaths:
    """`files` maps asset paths to file paths below the environment's folder. `shortened` is the part of it that
    the file path alone cannot give back."""

    files: Mapping[str, str]
    shortened: Mapping[str, str]


def encode_paths(asset_paths: Iterable[str]) -> FilePaths:
    """The file path of each asset path. It depends on nothing but the set of paths."""
    top = _Folder()
    for path in sorted(set(asset_paths)):
        folder = top
        *folders, name = path.split("/")
        for part in folders:
            folder = folder.folders.setdefault(part, _Folder())
        folder.files[name] = path
    files: dict[str, str] = {}
    pending: list[tuple[str, _Folder]] = [("", top)]
    while pending:
        prefix, folder = pending.pop()
        taken = {INDEX_NAME} if not prefix else set[str]()
        for name, is_folder in sorted([(n, False) for n in folder.files] + [(n, True) for n in folder.folders]):
            encoded = _free_name(name, taken)
            if is_folder:
                pending.append((f"{prefix}{encoded}/", folder.folders[name]))
            else:
                files[folder.files[name]] = prefix + encoded
    ordered = {path: _fit(path, file) for path, file in sorted(files.items())}
    return FilePaths(ordered, {path: file for path, file in ordered.items() if _SHORTENED.search(file)})


def decode_path(file_path: str) -> str:
    """The asset path that a file path stands for; a shortened name comes back as it is.

    A file that somebody else put there, with a "%" that means nothing, keeps its name.
    """
    return "/".join(_decode_name(name) for name in file_path.split("/")) if "%" in file_path else file_path


def encode_name(name: str) -> str:
    """One name by itself, without regard to siblings: an environment's folder."""
    return _free_name(name, {"readme.md"})


def clash_key(file_name: str) -> str:
    """What two siblings may not share: names with equal keys are one file on some file system."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", file_name).upper().casefold())


class _Folder:
    """Names below one folder. A file and a folder may have the same name in Workato."""

    __slots__ = ("files", "folders")

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.folders: dict[str, _Folder] = {}


def _free_name(name: str, taken: set[str]) -> str:
    """The plainest encoding of the name whose key is not taken yet; takes it."""
    for candidate in _candidates(name):
        short = _shorten(candidate)
        key = clash_key(short)
        if key not in taken:
            taken.add(key)
            return short
    raise AssertionError("candidates never end")


def _candidates(name: str) -> Iterable[str]:
    yield _encode_name(name)
    if len(name) > 1:
        yield _compose_safely(_escape(name[0]) + _encode_name(name[1:]))
    full = _escape(name) if name else _EMPTY
    while True:
        yield full
        full += _FILLER


def _encode_name(name: str) -> str:
    if _PLAIN_NAME.fullmatch(name) and not _RESERVED_STEM.match(name):
        return name
    if not name:
        return _EMPTY
    encoded = _UNSAFE.sub(lambda match: _escape(match[0]), name)
    if _RESERVED_STEM.match(encoded):
        encoded = _escape(name[0]) + _UNSAFE.sub(lambda match: _escape(match[0]), name[1:])
    return _compose_safely(encoded)


def _compose_safely(encoded: str) -> str:
    """The same name, all ASCII if a file system could compose its characters into others."""
    if unicodedata.is_normalized("NFC", encoded):
        return encoded
    return _NOT_ASCII.sub(lambda match: _escape(match[0]), encoded)


def _escape(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def _shorten(encoded: str) -> str:
    if len(encoded) * 4 <= MAX_NAME_BYTES or len(encoded.encode()) <= MAX_NAME_BYTES:
        return encoded
    end = _short_end(encoded)
    start = encoded.encode()[: MAX_NAME_BYTES - len(end)].decode(errors="ignore")
    return re.sub(r"%[0-9A-F_-]?\Z", "", start) + end


def _fit(path: str, file: str) -> str:
    """The file path, or one flat name if it is too long for some file system."""
    if len(file) * 4 <= MAX_PATH_BYTES or len(file.encode()) <= MAX_PATH_BYTES:
        return file
    return _short_end(_escape(path.rpartition("/")[0]) + "/" + file.rpartition("/")[2])


def _short_end(encoded: str) -> str:
    """What stands for a name that was cut. The kind of an asset is the end of its name, so that is kept."""
    digest = hashlib.sha256(encoded.encode()).hexdigest()[:20]
    kind = re.search(r"(?:\.[a-z0-9_]{1,30}){1,3}\Z", encoded)
    return f"%={digest}{kind[0] if kind else ''}"


def _decode_name(name: str) -> str:
    if _SHORTENED.search(name):
        return name
    if name.startswith(_EMPTY):
        return ""
    return _ESCAPES.sub(_decode_run, name.replace(_FILLER, ""))


def _decode_run(match: re.Match[str]) -> str:
    try:
        return bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return match[0]
