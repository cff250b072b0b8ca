"""The gates that people run give the verdicts of the rules: `conftest` over files, and Gatekeeper by its own `gator`."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from rule_corpus import by_rules, in_rego, objects

from idp_components.cli import main
from idp_components.rules import ALL
from idp_components.rules.exports import rego
from idp_components.rules.levels import Level
from idp_sandbox.toolchain import tools

IN_REGO = rego.exported(ALL)
EVERY = dict.fromkeys(ALL, Level.MANDATORY)
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop-dev"}, "spec": {"serviceAccountName": "web"}}


@pytest.fixture(scope="module")
def programs() -> Path:
    return tools.opa(print)


@pytest.fixture(scope="module")
def corpus() -> dict[str, dict[str, Any]]:
    """Objects by their JSON that such a gate can see: with a kind, and labels that are texts."""
    found = {key(manifest) for manifest, options, _ in objects() if not options and manifest.get("kind") and _has_texts(manifest)}
    assert len(found) > 500
    return {text: json.loads(text) for text in found}


def key(manifest: dict[str, Any]) -> str:
    """Its JSON. Whole numbers have no point, as Go writes them."""
    return json.dumps(json.loads(json.dumps(manifest), parse_float=_number), sort_keys=True)


def _number(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() else number


def _has_texts(manifest: dict[str, Any]) -> bool:
    metadata = manifest.get("metadata")
    return isinstance(metadata, dict) and all(isinstance(value, str) for value in (metadata.get("labels") or {}).values())


def differing(corpus: dict[str, dict[str, Any]], theirs: dict[str, set[str]]) -> list[tuple[dict[str, Any], set[str]]]:
    expected = {name: by_rules(manifest, IN_REGO) for name, manifest in corpus.items()}
    return [(corpus[name], rules ^ theirs.get(name, set())) for name, rules in expected.items() if rules != theirs.get(name, set())]


def written(folder: Path, corpus: dict[str, dict[str, Any]]) -> Path:
    folder.mkdir()
    for number, text in enumerate(corpus):
        (folder / f"{number}.json").write_text(text, encoding="utf-8")
    return folder


def conftest(programs: Path, *arguments: str | Path, stdin: str = "") -> tuple[int, list[dict[str, Any]]]:
    command = [programs / "conftest", "test", "--no-color", "--output", "json", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1, 2), done.stderr
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def gator(programs: Path, folder: Path, manifests: list[dict[str, Any]]) -> tuple[int, list[dict[str, Any]]]:
    folder.mkdir()
    (folder / "all.yaml").write_text("\n---\n".join(map(json.dumps, manifests)), encoding="utf-8")
    done = subprocess.run(
        [programs / "gator", "test", "--filename", folder, "--output", "json"], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout) or []


def test_conftest_gives_the_verdicts_of_the_rules(programs: Path, tmp_path: Path, corpus: dict[str, dict[str, Any]]) -> None:
    code, results = conftest(programs, "--policy", in_rego(tmp_path / "policy", EVERY), written(tmp_path / "objects", corpus))
    theirs: dict[str, set[str]] = {}
    for result in results:
        rules = {failure["metadata"]["rule"] for failure in result.get("failures", ())}
        theirs.setdefault(Path(result["filename"]).read_text(encoding="utf-8"), set()).update(rules)
    assert (code, differing(corpus, theirs)) == (1, [])
    assert theirs.keys() == corpus.keys()


@pytest.mark.parametrize(("spec", "arguments", "code"), [({}, (), 0), ({}, ("--fail-on-warn",), 1), ({"hostPID": True}, (), 1)])
def test_the_level_of_a_rule_decides_whether_conftest_fails(
    programs: Path, tmp_path: Path, spec: dict[str, Any], arguments: tuple[str, ...], code: int
) -> None:
    levels = dict.fromkeys(ALL, Level.DISABLED)
    levels |= {rule: Level.ADVISORY for rule in ALL if rule.id == "kubernetes-service-account-token"}
    levels |= {rule: Level.MANDATORY for rule in ALL if rule.id == "kubernetes-host-namespaces"}
    pod = POD | {"spec": POD["spec"] | spec}
    found, (result,) = conftest(programs, "--policy", in_rego(tmp_path / "policy", levels), *arguments, "-", stdin=json.dumps(pod))
    assert found == code
    assert [each["metadata"]["rule"] for each in result["warnings"]] == ["kubernetes-service-account-token"]
    assert [each["msg"].partition(":")[0] for each in result.get("failures", ())] == ["Pod shop-dev/web"] * len(spec)


def test_gatekeeper_gives_the_verdicts_of_the_rules(programs: Path, tmp_path: Path, corpus: dict[str, dict[str, Any]]) -> None:
    code, violations = gator(programs, tmp_path / "all", [*rego.gatekeeper(EVERY, {}), *corpus.values()])
    theirs: dict[str, set[str]] = {}
    for violation in violations:
        theirs.setdefault(key(violation["violatingObject"]), set()).add(violation["constraint"]["metadata"]["name"])
    assert (code, differing(corpus, theirs)) == (1, [])


def test_what_the_command_writes_for_gatekeeper_is_taken_and_says_the_fix(programs: Path, tmp_path: Path) -> None:
    emitted = CliRunner().invoke(main, ["emit", "rego", "--gatekeeper", "--environment", "production"])
    assert emitted.exit_code == 0, emitted.output
    bad = POD | {"spec": {"hostPID": True}}
    code, violations = gator(programs, tmp_path / "emitted", [*yaml.safe_load_all(emitted.stdout), bad])
    said = {violation["constraint"]["metadata"]["name"]: violation["msg"] for violation in violations}
    assert code == 1
    assert "Pod shop-dev/web: hostPID: A pod has its own network, process and IPC namespaces. Fix: " in said["kubernetes-host-namespaces"]
