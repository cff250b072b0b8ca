"""Whole stacks, and waivers, as the engine meets them in a pack."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2

from idp_components.rules import Options, Resource, Stack
from idp_components.rules.crossguard import Analyzer
from idp_components.rules.field import Problem
from idp_components.rules.kubernetes import pod_security_baseline, pod_security_restricted
from idp_components.rules.levels import ADVICE, ALWAYS
from idp_components.rules.model import ResourceRule, Severity, StackRule
from idp_components.rules.organisation import waivers
from idp_components.rules.packs import ORGANISATION, Pack

UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
TOKEN = "kubernetes:apps/v1:DaemonSet"
URN = f"urn:pulumi:checkout-dev::idp::idp:index:Agent${TOKEN}::agent"
WAIVER = """
- id: EX-042
  rules: [kubernetes-host-path, kubernetes-host-namespaces]
  match: {project: idp, stack: checkout-dev, type: "kubernetes:apps/v1:DaemonSet", name: agent}
  owner: team-x
  reason: reads /var/log
  created: 2026-11-01
  expires: 2027-01-30
"""
seen: list[Stack] = []


def _nothing_alone(stack: Stack, _options: Options) -> Iterator[tuple[Resource, Problem]]:
    seen.append(stack)
    for each in stack.of(("apps", "DaemonSet")):
        yield each, each.root.get("spec").problem("stands alone; give it company")


alone = StackRule(
    id="stack-alone",
    title="Nothing stands alone.",
    severity=Severity.HIGH,
    rationale="r",
    fix="Add another.",
    source="https://e.example",
    check=_nothing_alone,
)


def analyzer(folder: Path | None = None, now: str = "2026-12-01", **packs: Any) -> Analyzer:
    pack = packs.get("pack") or Pack("idp-test", "d", dict.fromkeys((alone, *pod_security_baseline.RULES, *waivers.RULES), ALWAYS))
    found = Analyzer(pack, lambda: None, folder, clock=lambda: datetime.fromisoformat(now).replace(tzinfo=UTC))
    found.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack="checkout-dev", project="idp"), None)
    return found


def properties(**pod: Any) -> dict[str, Any]:
    pod = {"volumes": [{"name": "logs", "hostPath": {"path": "/var/log"}}], "containers": []} | pod
    return {"metadata": {"name": "agent", "namespace": "logging"}, "spec": {"template": {"spec": pod}}, "status": {"numberReady": 2}}


def filled(message: Any, props: dict[str, Any], **fields: Any) -> Any:
    for name, value in {"type": TOKEN, "name": "agent", "urn": URN, **fields}.items():
        setattr(message, name, value)
    message.properties.update(props)
    return message


def stack(*props: dict[str, Any]) -> Any:
    request = analyzer_pb2.AnalyzeStackRequest()
    for each in props:
        found = filled(request.resources.add(), each, parent="urn:parent")
        found.dependencies.append("urn:first")
        found.options.protect = True
        found.options.parent = "urn:parent"
        found.provider.properties.update({"namespace": "shop-dev"})
    return request


def told(response: Any) -> list[tuple[str, str]]:
    return [(found.policyName, found.message.partition("\n")[0]) for found in response.diagnostics]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "waivers.yaml").write_text(WAIVER)
    (tmp_path / "security").mkdir()
    return tmp_path / "security"


def test_a_stack_rule_sees_the_resources_with_all_that_belongs_to_them() -> None:
    seen.clear()
    analyzer().AnalyzeStack(stack(properties()), None)
    (resource,) = seen[0].of(("apps", "DaemonSet"))
    assert (resource.urn, resource.name, resource.parent, resource.dependencies) == (URN, "agent", "urn:parent", ("urn:first",))
    assert (resource.protected, resource.namespace, resource.ancestors) == (True, "shop-dev", ("idp:index:Agent",))
    assert resource.props["status"] == {"numberReady": 2}


def test_its_finding_stands_at_the_resource_under_the_rules_own_name() -> None:
    (found,) = analyzer().AnalyzeStack(stack(properties()), None).diagnostics
    assert (found.policyName, found.urn, found.enforcementLevel) == ("stack-alone", URN, analyzer_pb2.MANDATORY)
    assert found.message == "DaemonSet logging/agent: spec stands alone; give it company\nFix: Add another."


def test_the_engine_is_told_which_rules_are_about_stacks() -> None:
    kinds = {policy.name: policy.policy_type for policy in analyzer().GetAnalyzerInfo(None, None).policies}
    assert kinds["stack-alone"] == analyzer_pb2.POLICY_TYPE_STACK
    assert kinds["kubernetes-host-path"] == analyzer_pb2.POLICY_TYPE_RESOURCE


def test_a_pack_without_rules_about_stacks_decodes_nothing() -> None:
    pack = Pack("idp-test", "d", dict.fromkeys(pod_security_baseline.RULES, ALWAYS))
    assert told(analyzer(pack=pack).AnalyzeStack(stack({"4dabf18193072939515e22adb298388d": "no such marker"}), None)) == []


def test_a_waiver_lifts_what_it_is_for_and_no_more(folder: Path) -> None:
    request = filled(
        analyzer_pb2.AnalyzeRequest(), properties(hostPID=True, containers=[{"name": "a", "securityContext": {"privileged": True}}])
    )
    assert [rule for rule, _ in told(analyzer(folder).Analyze(request, None))] == ["kubernetes-privileged-container"]
    assert len(told(analyzer().Analyze(request, None))) == 3


def test_an_expired_one_lifts_nothing_and_is_named_at_the_finding(folder: Path) -> None:
    request = filled(analyzer_pb2.AnalyzeRequest(), properties())
    ((_, message),) = told(analyzer(folder, now="2027-02-01").Analyze(request, None))
    assert message.endswith("; EX-042 expired 2027-01-30, owner team-x")


def test_a_stack_rules_finding_can_be_waived_too(folder: Path) -> None:
    (folder.parent / "waivers.yaml").write_text(WAIVER.replace("kubernetes-host-namespaces", "stack-alone"))
    assert told(analyzer(folder, pack=Pack("idp-test", "d", {alone: ALWAYS})).AnalyzeStack(stack(properties()), None)) == []


@pytest.mark.parametrize(
    ("text", "now", "props", "expected"),
    [
        (WAIVER, "2026-12-01", properties(), []),
        (WAIVER, "2026-12-01", properties(volumes=[]), ["waiver-unused"]),
        (WAIVER, "2027-02-01", properties(), ["waiver-expired"]),
        (WAIVER.replace("checkout-dev", "checkout-*"), "2026-12-01", properties(volumes=[]), []),
        (WAIVER.replace("host-path", "privileged-container"), "2026-12-01", properties(hostPID=True), ["waiver-never"]),
        (WAIVER.replace("host-path", "hostpath"), "2026-12-01", properties(hostPID=True), ["waiver-invalid"]),
        ("- {", "2026-12-01", properties(), ["waiver-invalid"]),
        (
            WAIVER.replace("host-path", "image-registry-allowed"),
            "2026-12-01",
            properties(volumes=[]),
            [],
        ),  # the other pack's options may need it
        (WAIVER.replace('type: "kubernetes:apps/v1:DaemonSet", ', ""), "2026-12-01", properties(), ["waiver-too-wide"]),
        (WAIVER, "2026-12-01", properties() | {"metadata": {"name": "agent", "annotations": {"policy.idp/waiver": "EX-042"}}}, []),
        (WAIVER, "2026-12-01", properties() | {"metadata": {"annotations": {"policy.idp/waiver": "EX-1"}}}, ["waiver-unknown-reference"]),
    ],
)
def test_the_organisations_pack_judges_the_waivers_of_a_stack(
    folder: Path, text: str, now: str, props: dict[str, Any], expected: list[str]
) -> None:
    (folder.parent / "waivers.yaml").write_text(text)
    only = Pack("idp-waivers", "d", {rule: ADVICE for rule in ORGANISATION.rules if rule in waivers.RULES})
    assert [rule for rule, _ in told(analyzer(folder, now, pack=only).AnalyzeStack(stack(props), None))] == expected


def test_five_findings_of_a_rule_at_a_resource_are_shown_and_the_rest_counted() -> None:
    volumes = [{"name": f"v{number}", "hostPath": {"path": "/"}} for number in range(8)]
    found = told(analyzer().Analyze(filled(analyzer_pb2.AnalyzeRequest(), properties(volumes=volumes)), None))
    assert [rule for rule, _ in found] == ["kubernetes-host-path"] * 5
    assert found[4][1].endswith("; and 3 more")
    assert "more" not in found[3][1]


def test_what_cannot_be_judged_yet_is_one_line_for_each_resource() -> None:
    pack = Pack("idp-test", "d", dict.fromkeys((*pod_security_baseline.RULES, *pod_security_restricted.RULES), ALWAYS))
    props = properties(hostPID=True, volumes=[]) | {"spec": {"template": {"spec": UNKNOWN_TEXT}}}
    (found,) = analyzer(pack=pack).Analyze(filled(analyzer_pb2.AnalyzeRequest(), props), None).diagnostics
    assert found.enforcementLevel == analyzer_pb2.ADVISORY
    assert found.message.startswith("DaemonSet logging/agent: ")
    assert " rules can't judge yet: values that decide are only known after the update: " in found.message
    assert "\n" not in found.message
    assert "kubernetes-privileged-container (spec.template.spec" in found.message


def test_a_rule_meets_the_defaults_of_its_options_and_whole_numbers() -> None:
    met: list[Options] = []

    def check(_resource: Resource, options: Options) -> Iterator[Problem]:
        met.append(options)
        yield from ()

    schema = {"type": "integer", "minimum": 1, "default": 3}
    counted = ResourceRule(
        id="counted",
        title="t",
        severity=Severity.LOW,
        rationale="r",
        fix="f",
        source="s",
        applies=lambda _: True,
        check=check,
        options={"most": schema},
    )
    found = analyzer(pack=Pack("p", "d", {counted: ALWAYS}))
    found.Analyze(filled(analyzer_pb2.AnalyzeRequest(), {}), None)
    config = analyzer_pb2.ConfigureAnalyzerRequest()
    config.policyConfig["counted"].properties.update({"most": 5})
    found.Configure(config, None)
    found.Analyze(filled(analyzer_pb2.AnalyzeRequest(), {}), None)
    assert [(options["most"], type(options["most"])) for options in met] == [(3, int), (5, int)]
