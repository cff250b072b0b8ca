"""The waiver file: reads `policies/waivers.yaml`, which the platform's owners review."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from idp_components.rules.waivers.entry import waivers
from idp_components.rules.waivers.model import Waivers

NAME = "waivers.yaml"


def read(path: Path) -> Waivers:
    """The waivers of a file; none where there is no such file. One that can't be read lifts nothing and says why in `error`."""
    if not path.exists():
        return Waivers(source=path.name)
    try:
        return parse(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        return Waivers(source=path.name, error=str(error))


def of_project(root: Path) -> Waivers:
    """The waivers of a Pulumi project, by its folder."""
    return read(root / "policies" / NAME)


def find(folder: Path) -> Waivers:
    """The waivers of a pack: in its own folder where it was published with them, otherwise beside it."""
    own = folder / NAME
    return read(own if own.exists() else folder.parent / NAME)


def parse(text: str, source: str = NAME) -> Waivers:
    """Like `read`, from what a file holds."""
    import yaml  # here: most runs of a pack need no waiver

    try:
        written = yaml.load(text, _loader())  # noqa: S506 a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Waivers(source=source, error=" ".join(str(error).split()))
    if not isinstance(written, list | None):
        return Waivers(source=source, error="is no list of waivers")
    return Waivers(entries=tuple(waivers(written)), written=written or [], source=source)


def _loader() -> Any:
    """Safe YAML, in which a day stays text (2027-02-30 shall spoil its entry and not the file) and a key stands once."""
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {  # noqa: RUF012 as in the library
            first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [key.value for key, _ in node.value]
            if twice := next((key for key in keys if keys.count(key) > 1), None):
                raise yaml.constructor.ConstructorError(None, None, f"has {twice!r} twice", node.start_mark)
            return super().construct_mapping(node, deep)

    return Loader
