"""The cache of built bundles: outside of any checkout, keyed by their pins, safe for many checkouts at once."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from idp_sandbox.toolchain.bundles import Bundle

Progress = Callable[[str], None]
"""Called with one line for people."""
STAMP = "complete"


def folder() -> Path:
    """`$IDP_CACHE`, else `idp` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("IDP_CACHE") or Path(base) / "idp")


def ensure(bundle: Bundle, build: Callable[[Bundle, Path, Progress], None], progress: Progress) -> Path:
    """The folder of a built bundle; builds it where it is missing or broken.

    A build happens in a folder of its own that takes its name in one step, so an interrupted one is never mistaken for a
    whole one. Whoever comes second waits.
    """
    target = folder() / bundle.key
    if is_whole(bundle, target):
        return target
    folder().mkdir(parents=True, exist_ok=True)
    with locked(target.with_suffix(".lock"), lambda: progress(f"waiting: another process builds {bundle.title}")):
        if is_whole(bundle, target):
            return target
        for leftover in folder().glob(f"{bundle.key}.partial-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        partial = Path(tempfile.mkdtemp(prefix=f"{bundle.key}.partial-", dir=folder()))
        try:
            build(bundle, partial, progress)
            (partial / STAMP).touch()
            shutil.rmtree(target, ignore_errors=True)
            partial.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return target


def is_whole(bundle: Bundle, target: Path) -> bool:
    """Whether a build was finished, and nobody took a program out of it since."""
    programs = (target / "bin" / name for name in (*bundle.programs, *bundle.links))
    return (target / STAMP).exists() and all(os.access(program, os.X_OK) for program in programs)


@contextmanager
def locked(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold a lock that the kernel releases when its process ends, however it ends."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
