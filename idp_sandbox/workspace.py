"""What a shell needs to use a sandbox: programs, plugins, a backend and credentials, as environment variables."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from idp_sandbox.toolchain.installed import LANGUAGE_HOST, TOOLS_FILE
from idp_sandbox.toolchain.tools import Tools

PROVIDERS = ("kubernetes", "random", "aws")
"""Packages that we have an offline provider for."""
PASSPHRASE_BYTES = 32


def make(state: Path, project: Path | None, tools: Tools) -> None:
    """Lay out `bin/`, the backend, the passphrase, and a record of where the tools came from."""
    (state / TOOLS_FILE).write_text(json.dumps(sources(tools)))
    binaries = state / "bin"
    binaries.mkdir(exist_ok=True)
    for folder in ("backend", "pulumi"):
        (state / folder).mkdir(exist_ok=True)
    _without_diagnostic_log(state / "pulumi" / "logs")
    # A language host beside the engine's program counts as bundled and is used without a warning, so the program has to be
    # here itself: the engine would follow a symbolic link to where it was built.
    _place(tools.pulumi, binaries / "pulumi")
    for name in ("kubectl", "helm"):
        _link(tools.kube[name], binaries / name)
    if tools.pulumi_is_official:
        _link(tools.pulumi.with_name(LANGUAGE_HOST), binaries / LANGUAGE_HOST)
    else:
        _launcher(binaries / LANGUAGE_HOST, "language")
    for package in PROVIDERS:
        _provider(state / "pulumi" / "plugins", package, tools)
    passphrase = passphrase_file(state, project)
    if not passphrase.exists():
        passphrase.parent.mkdir(parents=True, exist_ok=True)
        _write_private(passphrase, secrets.token_urlsafe(PASSPHRASE_BYTES))


def sources(tools: Tools) -> dict[str, str]:
    """Where each tool and provider comes from, for people."""
    official = {package: official_provider(package, tools) for package in PROVIDERS}
    return {
        "pulumi": f"{tools.pulumi}{' (official)' if tools.pulumi_is_official else ''}",
        **{program: str(path) for program, path in tools.kube.items()},
        "resource definitions": str(tools.crds),
        **{
            f"provider {package}": f"{found} (official)" if found else "offline, part of idp_sandbox" for package, found in official.items()
        },
    }


def passphrase_file(state: Path, project: Path | None) -> Path:
    """The passphrase lives with the project: the salts in its stack files must fit it, also after the sandbox is made anew."""
    return (project / ".idp" if project else state) / "passphrase"


def environment(state: Path, project: Path | None, kubeconfig: Path, aws_endpoint: str) -> dict[str, str]:
    """Variables for a shell, or for a process that runs Pulumi."""
    return {
        "PATH": os.pathsep.join([str(state / "bin"), os.environ.get("PATH", os.defpath)]),
        "KUBECONFIG": str(kubeconfig),
        "KUBECACHEDIR": str(state / "kubectl"),
        "PULUMI_HOME": str(state / "pulumi"),
        "PULUMI_BACKEND_URL": f"file://{state / 'backend'}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase_file(state, project)),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "AWS_ENDPOINT_URL": aws_endpoint,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_REGION": "eu-central-1",
    }


def _without_diagnostic_log(logs: Path) -> None:
    """No log of the engine's own workings: it compresses every message, a fifth of a preview's time, and has no switch for it.

    Where its folder can't be made, the engine goes on without (pulumi: pkg/logging, StartLogging).
    """
    if not logs.exists():
        _link(Path(os.devnull), logs)


def _provider(plugins: Path, package: str, tools: Tools) -> None:
    """The official provider where the machine has it, else ours, in the engine's folder of plugins, under the SDK's version."""
    target = plugins / f"resource-{package}-v{_sdk_version(package)}"
    target.mkdir(parents=True, exist_ok=True)
    program = target / f"pulumi-resource-{package}"
    official = official_provider(package, tools)
    if official:
        _link(official, program)
    else:
        _launcher(program, package)


def official_provider(package: str, tools: Tools) -> Path | None:
    """An installed provider that serves the SDK's version: beside the engine, on PATH, or in the user's folder of plugins."""
    program = f"pulumi-resource-{package}"
    for found in (tools.pulumi.with_name(program), shutil.which(program)):
        if found and os.access(found, os.X_OK):
            return Path(found)
    wanted = _numbers(_sdk_version(package))
    installed = (Path.home() / ".pulumi" / "plugins").glob(f"resource-{package}-v*/{program}")
    by_version = {_numbers(path.parent.name): path for path in installed}
    suitable = [numbers for numbers in by_version if numbers[:1] == wanted[:1] and numbers >= wanted]
    return by_version[max(suitable)] if suitable else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _sdk_version(package: str) -> str:
    """Version of the installed SDK: its resources ask for a provider of that version."""
    try:
        return version(f"pulumi-{package}")
    except PackageNotFoundError:
        return "0.0.0"


def _launcher(path: Path, module: str) -> None:
    script = f"#!/bin/sh\nexec '{sys.executable}' -P -m idp_sandbox.plugins.{module} \"$@\"\n"
    if path.is_symlink() or not path.exists() or path.read_text() != script:
        with _replacing(path) as partial:
            partial.write_text(script)
            partial.chmod(0o700)


def _place(source: Path, target: Path) -> None:
    """A second name for the file, or a copy where the file system can't."""
    if target.exists() and _same_content(source.stat(), target.stat()):
        return
    with _replacing(target) as partial:
        try:
            os.link(source, partial)
        except OSError:
            shutil.copy2(source, partial)


def _same_content(source: os.stat_result, target: os.stat_result) -> bool:
    return os.path.samestat(source, target) or (source.st_size, source.st_mtime_ns) == (target.st_size, target.st_mtime_ns)


def _link(source: Path, target: Path) -> None:
    if target.is_symlink() and target.readlink() == source:
        return
    with _replacing(target) as partial:
        partial.symlink_to(source)


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A path to write to, which takes the target's place in one step: another process may be using that just now."""
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    yield partial
    partial.replace(target)


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
