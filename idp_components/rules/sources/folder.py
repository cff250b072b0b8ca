"""Folders: manifests in many files, read by several processes where there are hundreds of them."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path

import yaml

from idp_components.rules.sources.document import SourceError
from idp_components.rules.sources.text import Entry, parse

SUFFIXES = (".yaml", ".yml", ".json")
SHARE = 100
"""Files that keep a process busy for longer than it takes to start it."""


def entries_of(folder: Path) -> Iterator[tuple[str, Entry]]:
    """Each document of the folder, behind its file, always in the same order. Hidden files and folders are left out. Raises SourceError."""
    first, *others = _shares(list(_files(folder)))
    helpers = [_Helper(share) for share in others]
    try:
        yield from chain(_read(first), *helpers)
    finally:
        for helper in helpers:
            helper.end()


def content(path: str | Path) -> bytes:
    """What a file holds. Raises SourceError."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error


def _files(folder: Path) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(inner for inner in folders if not inner.startswith("."))
        yield from (os.path.join(parent, name) for name in sorted(names) if name.endswith(SUFFIXES) and not name.startswith("."))


def _read(paths: Sequence[str]) -> Iterator[tuple[str, Entry]]:
    return ((path, entry) for path in paths for entry in parse(content(path), path))


def _shares(paths: Sequence[str]) -> list[Sequence[str]]:
    """One for each processor at most. A process with threads isn't safely forked: there it is one."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") and threading.active_count() == 1 else 1
    number = min(processors, len(paths) // SHARE) or 1
    size = -(-len(paths) // number)
    return [paths[index * size : (index + 1) * size] for index in range(number)]


class _Helper:
    """A process that reads a share of the files. Whatever it can't tell (a file is no YAML), its reader finds out and says itself."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        receiving, sending = os.pipe()
        self._process = os.fork()
        if not self._process:
            try:
                found = [[entry.data for entry in _entries(path)] for path in paths]
                with open(sending, "wb") as pipe:
                    pipe.write(pickle.dumps(found))
            finally:
                os._exit(0)
        os.close(sending)
        self._pipe = open(receiving, "rb")  # noqa: SIM115 - closed by `end`

    def __iter__(self) -> Iterator[tuple[str, Entry]]:
        try:
            found = pickle.load(self._pipe)  # noqa: S301 - from our own process
        except (EOFError, pickle.UnpicklingError):
            return _read(self._paths)
        read = zip(self._paths, found, strict=True)
        return ((path, Entry(data, partial(_locate, path, index))) for path, file in read for index, data in enumerate(file))

    def end(self) -> None:
        """Leaves nothing behind, also of a process that wasn't listened to."""
        self._pipe.close()
        os.waitpid(self._process, 0)


def _locate(path: str, index: int) -> yaml.Node | None:
    """Where a document stands. Only asked for where something was found: it reads the file a second time."""
    return _entries(path)[index].locate()


@lru_cache(maxsize=1)  # findings come file by file
def _entries(path: str) -> list[Entry]:
    return list(parse(content(path), path))
