"""What a shell needs to use a sandbox: programs, plugins, a backend and credentials, as environment variables."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from idp_sandbox.toolchain.tools import Tools

LANGUAGE_HOST = "pulumi-language-python"
PROVIDERS = ("kubernetes", "random")
"""Packages that we have an offline provider for."""
PASSPHRASE_BYTES = 32


def make(state: Path, project: Path | None, tools: Tools) -> None:
    """Lay out `bin/`, the backend and the passphrase."""
    binaries = state / "bin"
    binaries.mkdir(exist_ok=True)
    for folder in ("backend", "pulumi"):
        (state / folder).mkdir(exist_ok=True)
    # A language host beside the engine's program counts as bundled and is used without a warning, so the program has to be
    # here itself: the engine would follow a symbolic link to where it was built.
    _place(tools.pulumi, binaries / "pulumi")
    for name in ("kubectl", "helm"):
        _link(tools.kube / name, binaries / name)
    if tools.pulumi_is_official:
        _link(tools.pulumi.with_name(LANGUAGE_HOST), binaries / LANGUAGE_HOST)
    else:
        _launcher(binaries / LANGUAGE_HOST, "language")
    for package in PROVIDERS:
        _provider(state / "pulumi" / "plugins", package)
    passphrase = passphrase_file(state, project)
    if not passphrase.exists():
        passphrase.parent.mkdir(parents=True, exist_ok=True)
        _write_private(passphrase, secrets.token_urlsafe(PASSPHRASE_BYTES))


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
        "PULUMI_BACKEND_URL": f"file://{state / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase_file(state, project)),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "AWS_ENDPOINT_URL": aws_endpoint,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_REGION": "eu-central-1",
    }


def _provider(plugins: Path, package: str) -> None:
    """The official provider where the user has it, else ours, in the engine's folder of plugins, under the SDK's version."""
    program = f"pulumi-resource-{package}"
    target = plugins / f"resource-{package}-v{_sdk_version(package)}"
    official = sorted((Path.home() / ".pulumi" / "plugins").glob(f"resource-{package}-v*/{program}"))
    shutil.rmtree(target, ignore_errors=True)
    if official:
        target = plugins / official[-1].parent.name
    target.mkdir(parents=True, exist_ok=True)
    if official:
        _link(official[-1], target / program)
    else:
        _launcher(target / program, package)


def _sdk_version(package: str) -> str:
    """Version of the installed SDK: its resources ask for a provider of that version."""
    try:
        return version(f"pulumi-{package}")
    except PackageNotFoundError:
        return "0.0.0"


def _launcher(path: Path, module: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\nexec '{sys.executable}' -P -m idp_sandbox.plugins.{module} \"$@\"\n")
    path.chmod(0o700)


def _place(source: Path, target: Path) -> None:
    """A second name for the file, or a copy where the file system can't."""
    if target.exists() and os.path.samestat(source.stat(), target.stat()):
        return
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    target.symlink_to(source)


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
