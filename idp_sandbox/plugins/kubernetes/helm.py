"""`helm.sh/v3:Release` and chart templates through the real helm."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from idp_components.core.json_as_yaml import json_as_yaml
from idp_sandbox.plugins.kubernetes.diff import Difference
from idp_sandbox.plugins.values import has_unknown
from idp_sandbox.toolchain.bundles import KUBERNETES_VERSION

RELEASE = "kubernetes:helm.sh/v3:Release"
DEFAULT_TIMEOUT_SECONDS = 300
NOT_YET = ("cluster unreachable", "no matches for kind")
"""helm's words where the API server can't be asked, or doesn't serve a kind whose definition may come in the same update."""
FOR_KUBERNETES = f"--kube-version={KUBERNETES_VERSION}"
"""Where helm doesn't ask the API server: a helm that was built from its module thinks of an old version."""
INTERRUPTED = "another operation (install/upgrade/rollback) is in progress"
"""helm's words for a release whose last change never ended. The engine's lock keeps others away, so nobody is at it any more."""
REPEATED_VALUE = re.compile(r"(- at '[^\n]*?': )'.*?' (does not match pattern|is not valid)", re.DOTALL)
"""Where helm repeats a value that a schema refuses: it may be a secret."""
NULL = object()


class HelmError(Exception):
    """helm refused; the message is its own."""


def check(news: Mapping[str, Any], olds: Mapping[str, Any], logical_name: str) -> dict[str, Any]:
    """Inputs with a name and a namespace. Raises HelmError for a release without chart."""
    if not news.get("chart"):
        raise HelmError(f"{logical_name}: chart is required: a folder, an archive, a name in repositoryOpts.repo or an oci:// address")
    name = news.get("name") or olds.get("name") or logical_name
    return {
        **{key: value for key, value in news.items() if value is not None},
        "name": name,
        "namespace": news.get("namespace") or "default",
    }


def replaces(difference: Difference) -> bool:
    """A release can't be renamed or moved."""
    return difference.path[0] in ("name", "namespace")


def identity(inputs: Mapping[str, Any]) -> str:
    """`namespace/name`."""
    return f"{inputs['namespace']}/{inputs['name']}"


def install(inputs: Mapping[str, Any], settings: Mapping[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
    """Install or upgrade the release and wait for it; an interrupted one is taken up again."""
    say(f"helm upgrade --install {inputs['name']}")
    options = [
        *(["--create-namespace"] if inputs.get("createNamespace") else []),
        *(["--atomic"] if inputs.get("atomic") else []),
        *([] if inputs.get("skipAwait") else ["--wait", "--wait-for-jobs"]),
        *([f"--description={inputs['description']}"] if inputs.get("description") else []),
        f"--timeout={inputs.get('timeout') or DEFAULT_TIMEOUT_SECONDS}s",
    ]
    command = (["upgrade", "--install"], inputs, [*options, "--output=json"], settings)
    try:
        answer = json.loads(_with_chart(*command))
    except HelmError as error:
        if INTERRUPTED not in str(error):
            raise
        say("an earlier run of helm was killed: its change is taken back first")
        _take_back(inputs["name"], inputs["namespace"], settings)
        answer = json.loads(_with_chart(*command))
    return {**inputs, "status": _status(answer), "resourceNames": _resources(answer.get("manifest", ""))}


def foresee(inputs: Mapping[str, Any], settings: Mapping[str, Any], warn: Callable[[str], None]) -> dict[str, Any]:
    """The inputs, after helm has rendered them and the API server has looked at the result. Raises HelmError for what would fail."""
    if has_unknown(inputs):
        return dict(inputs)
    try:
        _with_chart(["upgrade", "--install"], inputs, ["--dry-run=server"], settings)
    except HelmError as error:
        if not any(sign in str(error) for sign in NOT_YET):
            raise
        _with_chart(["template"], inputs, [FOR_KUBERNETES], settings)
        warn(f"not checked by the API server: {error}")
    return dict(inputs)


def comparable(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs in which null is a value like any other: in a chart's values it removes a default."""
    return {**inputs, "values": _with_nulls(inputs.get("values") or {})}


def read(release: str, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """The release as helm knows it, or none."""
    namespace, name = release.split("/")
    try:
        answer = json.loads(_helm(["status", name, "--output=json"], namespace, settings))
    except HelmError as error:
        if "not found" in str(error):
            return None
        raise
    found = {"values": answer.get("config") or {}} if inputs.get("values") or answer.get("config") else {}
    return {**inputs, **found, "name": name, "namespace": namespace}


def uninstall(release: str, settings: Mapping[str, Any]) -> None:
    """Remove the release and wait until its objects are gone."""
    namespace, name = release.split("/")
    _helm(["uninstall", name, "--wait", "--ignore-not-found"], namespace, settings)


def _take_back(name: str, namespace: str, settings: Mapping[str, Any]) -> None:
    """End a change that was interrupted: a first one by removing what there is of it, a later one by going back to the one before."""
    status = json.loads(_helm(["status", name, "--output=json"], namespace, settings))["info"]["status"]
    _helm([*(["uninstall", name] if status == "pending-install" else ["rollback", name]), "--wait"], namespace, settings)


def template(options: Mapping[str, Any]) -> str:
    """The manifests of a chart."""
    source = {**options, "repositoryOpts": {"repo": options.get("repo") or options.get("fetch_opts", {}).get("repo")}}
    source["chart"] = options.get("path") or options.get("chart")
    with tempfile.TemporaryDirectory() as folder:
        values = _values_file(folder, options.get("values"))
        command = ["template", options.get("releaseName") or "release", *_chart(source), f"--values={values}", FOR_KUBERNETES]
        command += ["--include-crds"] if options.get("includeCRDs") else []
        return _helm(command, options.get("namespace") or "default", {})


def _with_chart(command: list[str], inputs: Mapping[str, Any], options: list[str], settings: Mapping[str, Any]) -> str:
    """Run a command of helm that takes a release's name, chart and values."""
    with tempfile.TemporaryDirectory() as folder:
        values = _values_file(folder, inputs.get("values"))
        skip = ["--skip-crds"] if inputs.get("skipCrds") else []
        return _helm([*command, inputs["name"], *_chart(inputs), f"--values={values}", *skip, *options], inputs["namespace"], settings)


def _values_file(folder: str, values: Any) -> Path:
    """A file of a chart's values, some of which may be secret."""
    path = Path(folder) / "values.json"
    path.touch(mode=0o600)
    path.write_text(json_as_yaml(values or {}), encoding="utf-8")
    return path


def _with_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_nulls(item) for key, item in value.items()}
    return NULL if value is None else value


def _chart(inputs: Mapping[str, Any]) -> list[str]:
    repository = (inputs.get("repositoryOpts") or {}).get("repo")
    version = inputs.get("version")
    return [inputs["chart"], *([f"--repo={repository}"] if repository else []), *([f"--version={version}"] if version else [])]


def _helm(arguments: list[str], namespace: str, settings: Mapping[str, Any]) -> str:
    """Run helm for the provider's cluster; a kubeconfig that is no file is lent one for the time."""
    given = settings.get("kubeconfig") or ""
    with tempfile.NamedTemporaryFile("w", suffix=".kubeconfig") as lent:  # made 0600
        cluster = []
        if given:
            lent.write(given if "\n" in given or given.lstrip().startswith("{") else Path(given).expanduser().read_text())
            lent.flush()
            cluster = [f"--kubeconfig={lent.name}"]
        cluster += [f"--kube-context={settings['context']}"] if settings.get("context") else []
        done = subprocess.run(["helm", *arguments, f"--namespace={namespace}", *cluster], capture_output=True, text=True, check=False)
    if done.returncode:
        said = REPEATED_VALUE.sub(r"\1the value \2", done.stderr.strip().removeprefix("Error: "))
        raise HelmError(f"helm {arguments[0]}: {said}")
    return done.stdout


def _status(answer: Mapping[str, Any]) -> dict[str, Any]:
    metadata = answer["chart"]["metadata"]
    return {
        "name": answer["name"],
        "namespace": answer["namespace"],
        "revision": answer["version"],
        "status": answer["info"]["status"],
        "chart": metadata["name"],
        "version": metadata.get("version", ""),
        "appVersion": metadata.get("appVersion", ""),
    }


def _resources(manifest: str) -> dict[str, list[str]]:
    """Names of the release's objects by kind."""
    found: dict[str, list[str]] = {}
    for document in yaml.safe_load_all(manifest):
        if document:
            found.setdefault(f"{document['kind']}/{document['apiVersion']}", []).append(document["metadata"]["name"])
    return found
