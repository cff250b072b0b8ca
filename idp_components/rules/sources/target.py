"""Targets: what people name on the command line, recognised by what it holds."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idp_components.rules.model import Resource
from idp_components.rules.sources.document import Document, SourceError, Target
from idp_components.rules.sources.folder import SUFFIXES, content, entries_of
from idp_components.rules.sources.text import Entry, parse
from idp_components.rules.waivers import Place

EXAMPLE = '"apiVersion: apps/v1" and "kind: Deployment"'
KINDS = (
    f"Kubernetes manifests ({', '.join(SUFFIXES)}), a plan (`pulumi preview --save-plan` or `--json`) or a state (`pulumi stack export`)"
)


def read(name: str) -> Target:
    """A file, a folder, `-` for standard input, or a stack of this project to be rendered. Raises SourceError."""
    path = Path(name)
    if name == "-":
        return recognised(sys.stdin.buffer.read(), "stdin")
    if path.is_dir():
        return _folder(path, name)
    if path.exists():
        return recognised(content(path), name)
    return _rendered(name)


def recognised(text: bytes, name: str) -> Target:
    """Manifests, a plan or a state. Everything in it must be known: nothing is passed over in silence. Raises SourceError."""
    entries = [entry for entry in parse(text, name) if entry.data is not None]
    if len(entries) == 1 and isinstance(entries[0].data, dict) and not _is_object(entries[0].data):
        # Imported here: most files are manifests, and the markers of a plan need protobuf.
        from idp_components.rules.sources import pulumi

        if found := pulumi.target(entries[0].data, name):
            return found
    if not all(_is_object(entry.data) for entry in entries):
        raise SourceError(f"{name}: a document is no Kubernetes object: it needs {EXAMPLE}; nor is it a plan or a state of Pulumi")
    return _manifests(name, [_document(name, entry) for entry in entries])


def _folder(folder: Path, name: str) -> Target:
    """All manifests below a folder. Hidden folders, and files that hold something else, are left out."""
    return _manifests(name, [_document(path, entry) for path, entry in entries_of(folder) if _is_object(entry.data)])


def _manifests(name: str, documents: list[Document]) -> Target:
    if not documents:
        raise SourceError(f"{name}: holds no Kubernetes object; name a file or a folder with {KINDS}")
    return Target(name, documents)


def _rendered(stack: str) -> Target:
    if "/" in stack or stack.endswith(SUFFIXES):
        raise SourceError(f"{stack}: there is no such file or folder")
    # Imported here: rendering a stack needs the whole library, judging a file doesn't.
    from idp_components.core.spec import SpecError
    from idp_components.render import resources

    try:
        found = resources(stack)
    except SpecError as error:
        raise SourceError(f"{stack}: is no file, and as a stack: {error}") from error
    project = next((Place.of(resource.urn).project for resource in found if resource.urn), "")
    return Target(stack, [Document(stack, resource) for resource in found], stack, project)


def _document(file: str, entry: Entry) -> Document:
    return Document(file, Resource.from_manifest(entry.data), entry.locate)


def _is_object(data: Any) -> bool:
    return isinstance(data, Mapping) and isinstance(data.get("apiVersion"), str) and isinstance(data.get("kind"), str)
