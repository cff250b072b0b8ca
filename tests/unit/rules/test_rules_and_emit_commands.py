"""`idp rules` and `idp emit` as people type them."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from idp_components.cli.emit import emit
from idp_components.cli.rules import rules
from idp_components.rules import ALL
from idp_components.rules.exports import form, not_exported
from idp_components.rules.exports.forms import NAMES, VALUES, forms
from idp_components.rules.exports.kinds import kinds_of
from idp_components.rules.kubernetes import image, pod_security_baseline
from idp_components.rules.model import ResourceRule


def test_the_table_has_every_rule_with_its_levels() -> None:
    lines = CliRunner().invoke(rules).output.splitlines()
    assert lines[0].split() == ["pack", "rule", "severity", "preview", "dev", "staging", "production"]
    listed = {line.split()[1]: line.split()[2:] for line in lines[1:]}
    assert listed.keys() == {rule.id for rule in ALL}
    assert listed["kubernetes-memory-limit"] == ["medium", "advisory", "advisory", "mandatory", "mandatory"]


def test_machines_get_what_is_known_of_every_rule() -> None:
    listed = {rule["id"]: rule for rule in json.loads(CliRunner().invoke(rules, ["--json"]).stdout)}
    assert listed.keys() == {rule.id for rule in ALL}
    host_path = listed["kubernetes-host-path"]
    assert host_path["levels"] == dict.fromkeys(("preview", "dev", "staging", "production"), "mandatory")
    assert (host_path["pack"], host_path["standard"]["specification"], host_path["not_exported"]) == ("idp-security", "Baseline", {})
    assert {rule for rule, known in listed.items() if known["remediates"]} == {rule.id for rule in ALL if getattr(rule, "remedy", None)}
    assert listed["kubernetes-privileged-container"]["not_waivable"]


def test_a_rule_is_shown_with_reason_fix_examples_and_other_gates() -> None:
    shown = CliRunner().invoke(rules, ["show", "kubernetes-host-path"]).output
    rule = pod_security_baseline.host_path
    for part in (rule.title, rule.rationale, rule.fix, rule.source, "mandatory everywhere", "hostPath:\n", "\nGood: ", "CEL"):
        assert part in shown


def test_a_misspelt_rule_is_answered_with_the_one_that_is_meant() -> None:
    result = CliRunner().invoke(rules, ["show", "kubernetes-hostpath"])
    assert (result.exit_code, "did you mean kubernetes-host-path" in result.stderr) == (2, True)


def test_rego_is_written_for_an_environment_with_levels_and_options(tmp_path: Path) -> None:
    config = tmp_path / "pack.json"
    config.write_text(json.dumps({image.image_registry_allowed.id: {"registries": ["ghcr.io/acme"]}, "kubernetes-sysctls": "disabled"}))
    result = CliRunner().invoke(emit, ["rego", "--environment", "dev", "--config", str(config), "--output", str(tmp_path / "rego")])
    assert result.exit_code == 0, result.output
    written = {path.stem: path.read_text(encoding="utf-8") for path in (tmp_path / "rego").iterdir()}
    assert 'parameters := {"registries": ["ghcr.io/acme"]}' in written["kubernetes-image-registry-allowed"]
    assert 'level := "advisory"' in written["kubernetes-memory-limit"]
    assert "kubernetes-sysctls" not in written
    assert {"idp", "main"} < written.keys()


def test_admission_policies_are_bound_to_the_namespaces_of_the_environment() -> None:
    result = CliRunner().invoke(emit, ["admission-policy", "--environment", "dev"])
    manifests = {manifest["metadata"]["name"]: manifest for manifest in yaml.safe_load_all(result.stdout)}
    binding = manifests["idp-kubernetes-memory-limit-dev"]["spec"]
    assert binding["validationActions"] == ["Warn", "Audit"]
    assert binding["matchResources"]["namespaceSelector"] == {"matchLabels": {"idp/environment": "dev"}}
    assert manifests["idp-kubernetes-host-path-dev"]["spec"]["validationActions"] == ["Deny"]
    assert binding["policyName"] in manifests


def test_the_policies_of_previews_reach_whatever_environment_is_none_that_stays() -> None:
    result = CliRunner().invoke(emit, ["admission-policy", "--environment", "preview"])
    bindings = [manifest for manifest in yaml.safe_load_all(result.stdout) if manifest["kind"] == "ValidatingAdmissionPolicyBinding"]
    exists, others = bindings[0]["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
    assert exists == {"key": "idp/environment", "operator": "Exists"}
    assert others == {"key": "idp/environment", "operator": "NotIn", "values": ["dev", "staging", "production"]}


def test_an_admission_policy_has_the_options_of_its_rule(tmp_path: Path) -> None:
    (tmp_path / "pack.json").write_text('{"ephemeral-expiry": {"maxHours": 24}}', encoding="utf-8")
    arguments = ["admission-policy", "--environment", "preview", "--config", str(tmp_path / "pack.json")]
    manifests = yaml.safe_load_all(CliRunner().invoke(emit, arguments).stdout)
    policy = next(manifest for manifest in manifests if manifest["metadata"]["name"] == "idp-ephemeral-expiry")
    assert {"name": "parameters", "expression": '{"maxHours": 24}'} in policy["spec"]["variables"]


def test_what_is_not_exported_is_said_with_its_reason() -> None:
    result = CliRunner().invoke(emit, ["admission-policy"])
    reason = not_exported(image.image_registry_allowed, "cel")
    assert reason
    assert f"not exported: kubernetes-image-registry-allowed: {reason}\n" in result.stderr


def test_a_configuration_that_names_no_rule_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pack.json").write_text('{"nothing": "disabled"}', encoding="utf-8")
    result = CliRunner().invoke(emit, ["rego", "--config", str(tmp_path / "pack.json")])
    assert (result.exit_code, 'there is no rule "nothing"' in result.stderr) == (2, True)


@pytest.mark.parametrize("language", ["rego", "cel"])
def test_every_rule_about_kubernetes_has_each_form_or_a_reason_of_its_own(language: str) -> None:
    about_kubernetes = [rule for rule in ALL if isinstance(rule, ResourceRule) and kinds_of(rule)]
    assert len(about_kubernetes) > 70
    missing = [rule.id for rule in about_kubernetes if not (getattr(form(rule), language) or getattr(form(rule), f"not_{language}"))]
    assert missing == []


@pytest.mark.parametrize("language", ["rego", "cel"])
def test_every_other_rule_says_why_it_is_not_exported(language: str) -> None:
    others = [rule for rule in ALL if not (isinstance(rule, ResourceRule) and kinds_of(rule))]
    assert all("whole stack" in not_exported(rule, language) or "never reach" in not_exported(rule, language) for rule in others)


def test_no_form_is_left_behind_by_a_rule_that_is_gone() -> None:
    assert forms().keys() <= {rule.id for rule in ALL}


def test_no_name_means_two_things_in_the_forms() -> None:
    named = [(name, getattr(module, name)) for module, names in NAMES.items() for name in names.split()]
    assert sorted(name for name, _ in named) == sorted({name for name, _ in named})
    assert [name for name, value in named if VALUES[name] != value] == []
