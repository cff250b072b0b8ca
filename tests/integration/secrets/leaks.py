"""Where a secret's value may turn up, and whether it does."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from integration.conftest import Project

from idp_sandbox import Sandbox

HELD_BY_PODS = "pods,deployments,statefulsets,replicasets,cronjobs,jobs,configmaps,serviceaccounts,services,ingresses,events"
"""Everything that a golden path makes, but the Secrets that are there for the purpose, and what the cluster tells about it."""


def leaks(
    value: str, project: Project, sandbox: Sandbox, kubectl: Callable[..., Any], namespace: str, printed: Iterable[tuple[str, str]] = ()
) -> list[str]:
    """The places that hold a value, in whatever writing: state, logs, live objects and their events, and what commands printed."""
    places = [*_files(project.folder), *_files(sandbox.state / "logs"), *_files(sandbox.state / "pulumi" / "logs"), *_cluster_logs(sandbox)]
    places.append(("objects and events", json.dumps(kubectl("get", HELD_BY_PODS, "-n", namespace)).encode()))
    places.append(("state, as exported", project.pulumi("stack", "export").stdout.encode()))
    places += [(f"output of {command}", text.encode()) for command, text in printed]
    assert all(content for place, content in places if not place.startswith("/")), "a place that says nothing proves nothing"
    return sorted({place for place, content in places for form in forms(value) if form in content})


def forms(value: str) -> set[bytes]:
    """How a value may be written: as it is, in JSON, in a URL, in hexadecimal, in base64 (three ways, by its place in a longer text)."""
    plain = value.encode()
    written = {plain, json.dumps(value)[1:-1].encode(), quote(value).encode(), quote(value, safe="").encode(), plain.hex().encode()}
    for before, start in enumerate((0, 2, 3)):  # characters of base64 that what stands before takes part in
        end = (before + len(plain)) * 8 // 6
        written.add(base64.b64encode(b"\0" * before + plain)[start:end])
    return written


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()


def _cluster_logs(sandbox: Sandbox) -> Iterator[tuple[str, bytes]]:
    for part in sandbox.parts():
        if part.log.is_file():
            yield str(part.log), part.log.read_bytes()
