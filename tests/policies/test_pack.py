"""The policy pack as the engine meets it: one request per resource, engine-shaped values, levels and configuration."""

import runpy
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from idp_components.rules.cases import base
from idp_components.rules.crossguard import Analyzer
from idp_components.rules.packs import ALL_IN_ONE, PACKS, Pack

PACK = Path(__file__).parents[2] / "policies" / "security"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
EVERYTHING = {rule: levels for pack in PACKS for rule, levels in pack.levels.items()}


def secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET, "value": value}


def deployment(**changes: Any) -> dict[str, Any]:
    manifest = base("Deployment")
    manifest["spec"]["template"]["spec"]["containers"][0] |= changes
    return manifest


def request(properties: dict[str, Any], token: str = DEPLOYMENT, provider: dict[str, Any] | None = None) -> Any:
    message = analyzer_pb2.AnalyzeRequest(type=token, name="web", urn=f"urn:pulumi:shop-dev::shop::{token}::web")
    message.properties.update(properties)
    if provider:
        message.provider.properties.update(provider)
    return message


class Context:
    """What the analyzer needs of a gRPC call."""

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise ValueError(f"{code.name}: {details}")


@pytest.fixture
def analyzer() -> Analyzer:
    analyzer = Analyzer(Pack(name="idp-all", description="d", levels=EVERYTHING), stop=lambda: None)
    analyzer.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack="shop-production"), Context())
    return analyzer


def configure(analyzer: Analyzer, rule: str, enforcement: int, **options: Any) -> None:
    message = analyzer_pb2.ConfigureAnalyzerRequest()
    message.policyConfig[rule].enforcementLevel = enforcement
    message.policyConfig[rule].properties.update(options)
    analyzer.Configure(message, Context())


def analyzed(analyzer: Analyzer, *args: Any, **keywords: Any) -> list[tuple[str, int, str]]:
    response = analyzer.Analyze(request(*args, **keywords), Context())
    return [(found.policyName, found.enforcementLevel, found.message) for found in response.diagnostics]


def test_a_good_workload_gives_an_empty_answer(analyzer: Analyzer) -> None:
    assert analyzed(analyzer, deployment()) == []


def test_each_finding_has_its_rules_name_level_severity_and_fix(analyzer: Analyzer) -> None:
    (found,) = analyzer.Analyze(request(deployment(image="nginx")), Context()).diagnostics
    assert (found.policyName, found.enforcementLevel, found.severity) == (
        "kubernetes-image-tag",
        analyzer_pb2.MANDATORY,
        analyzer_pb2.POLICY_SEVERITY_HIGH,
    )
    assert found.message == (
        'Deployment shop-dev/web: containers[0] "web" image has no tag; name a version, for example image:v1.2.3\n'
        "Fix: Name the version (image:v1.2.3) or the digest (image@sha256:…) in the service's spec."
    )


def test_integers_that_travel_as_floats_are_integers(analyzer: Analyzer) -> None:
    assert analyzed(analyzer, deployment(ports=[{"name": "main", "containerPort": 80.0, "hostPort": 0.0}])) == []
    (found,) = analyzed(analyzer, deployment(ports=[{"name": "main", "containerPort": 80.0, "hostPort": 80.0}]))
    assert found[0] == "kubernetes-host-ports"


def test_an_unknown_value_advises_and_the_other_rules_go_on(analyzer: Analyzer) -> None:
    found = analyzed(analyzer, deployment(image=UNKNOWN, ports=[{"name": "main", "hostPort": 80}]))
    assert found == [
        (
            "kubernetes-host-ports",
            analyzer_pb2.MANDATORY,
            'Deployment shop-dev/web: containers[0] "web" ports[0] "main" hostPort opens a port of the node; remove it and use a Service\n'
            "Fix: Remove hostPort; expose the container through a Service.",
        ),
        (
            "kubernetes-image-tag",
            analyzer_pb2.ADVISORY,
            'Deployment shop-dev/web: containers[0] "web" image can\'t be judged yet: a value that decides is only known after the update',
        ),
    ]


@pytest.mark.parametrize("where", ["name", "image", "everything"])
def test_a_secret_is_judged_but_never_shown(analyzer: Analyzer, where: str) -> None:
    hidden = "hunter2hunter2"
    properties = (
        deployment(image="latest", name=hidden) if where == "everything" else deployment(**{"image": "nginx", where: secret(hidden)})
    )
    found = analyzed(analyzer, secret_below(properties) if where == "everything" else properties)
    assert [rule for rule, _, _ in found] == ["kubernetes-image-tag"]
    assert hidden not in found[0][2]


def secret_below(properties: dict[str, Any]) -> dict[str, Any]:
    return {**properties, "spec": secret(properties["spec"])}


def test_the_providers_namespace_is_where_an_object_without_one_goes(analyzer: Analyzer) -> None:
    properties = deployment()
    del properties["metadata"]["namespace"]
    assert [rule for rule, _, _ in analyzed(analyzer, properties)] == ["kubernetes-default-namespace"]
    assert analyzed(analyzer, properties, provider={"namespace": "shop-dev"}) == []
    (unknown,) = analyzed(analyzer, properties, provider={"namespace": UNKNOWN})
    assert "can't be judged yet" in unknown[2]


@pytest.mark.parametrize(
    "token",
    [
        "random:index/randomPassword:RandomPassword",
        "idp:index:Service",
        "pulumi:providers:kubernetes",
        "kubernetes:scheduling.k8s.io/v1:PriorityClass",
    ],
)
def test_what_no_rule_is_about_is_not_even_decoded(analyzer: Analyzer, token: str) -> None:
    assert analyzed(analyzer, {SIGNATURE: "no such marker"}, token=token) == []


def test_what_the_program_protects_is_known_to_be_protected(analyzer: Analyzer) -> None:
    for protect in (True, False):
        message = request({"forceDestroy": False}, token="aws:s3/bucket:Bucket")
        message.options.protect = protect
        found = {diagnostic.policyName for diagnostic in analyzer.Analyze(message, Context()).diagnostics}
        assert ("organisation-protected-data" in found) is not protect


@pytest.mark.parametrize(("stack", "expected"), [("shop-dev", analyzer_pb2.ADVISORY), ("shop-production", analyzer_pb2.MANDATORY)])
def test_the_stacks_environment_sets_the_level(analyzer: Analyzer, stack: str, expected: int) -> None:
    analyzer.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack=stack), Context())
    assert [found[:2] for found in analyzed(analyzer, deployment(resources={"limits": {"cpu": "1"}, "requests": {"memory": "1Mi"}}))] == [
        ("kubernetes-memory-limit", expected)
    ]


@pytest.mark.parametrize("stack", ["shop-dev", "shop-pr-7", "shop-production", "anything"])
def test_pod_security_is_mandatory_in_every_environment(analyzer: Analyzer, stack: str) -> None:
    analyzer.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack=stack), Context())
    policies = analyzer.GetAnalyzerInfo(empty_pb2.Empty(), Context()).policies
    standard = [policy for policy in policies if policy.framework.name == "Pod Security Standards"]
    assert len(standard) == 20
    assert {policy.enforcementLevel for policy in standard} == {analyzer_pb2.MANDATORY}


def test_the_engine_is_told_all_about_each_rule(analyzer: Analyzer) -> None:
    info = analyzer.GetAnalyzerInfo(empty_pb2.Empty(), Context())
    assert info.supportsConfig
    assert [policy.name for policy in info.policies] == [rule.id for rule in EVERYTHING]
    for policy in info.policies:
        assert policy.description
        assert policy.remediation_steps
        assert policy.url.startswith("https://")
        assert policy.severity != analyzer_pb2.POLICY_SEVERITY_UNSPECIFIED
    (escalation,) = [policy for policy in info.policies if policy.name == "kubernetes-privilege-escalation"]
    assert (escalation.framework.version, escalation.framework.specification) == ("v1.36", "Restricted")
    assert list(escalation.tags) == ["cis-k8s-1.10:5.2.6"]


def test_configuration_changes_levels_and_options(analyzer: Analyzer) -> None:
    assert analyzed(analyzer, deployment()) == []
    configure(analyzer, "kubernetes-image-registry-allowed", analyzer_pb2.ADVISORY, registries=["registry.example"])
    assert [found[:2] for found in analyzed(analyzer, deployment())] == [("kubernetes-image-registry-allowed", analyzer_pb2.ADVISORY)]
    configure(analyzer, "kubernetes-image-registry-allowed", analyzer_pb2.MANDATORY, registries=["ghcr.io/acme"])
    assert analyzed(analyzer, deployment()) == []


def test_a_disabled_rule_is_not_asked(analyzer: Analyzer) -> None:
    configure(analyzer, "kubernetes-image-tag", analyzer_pb2.DISABLED)
    assert analyzed(analyzer, deployment(image="nginx")) == []


def test_a_rule_at_level_remediate_blocks_like_a_mandatory_one(analyzer: Analyzer) -> None:
    configure(analyzer, "kubernetes-image-tag", analyzer_pb2.REMEDIATE)
    assert [found[:2] for found in analyzed(analyzer, deployment(image="nginx"))] == [("kubernetes-image-tag", analyzer_pb2.MANDATORY)]


@pytest.mark.parametrize(
    ("rule", "options", "message"),
    [
        (
            "kubernetes-imagetag",
            {},
            'INVALID_ARGUMENT: policy pack idp-all: there is no rule "kubernetes-imagetag"; there are ',
        ),
        ("kubernetes-image-tag", {"tags": ["v1"]}, 'rule kubernetes-image-tag has no option "tags"; this rule has none, for example {'),
        ("kubernetes-image-registry-allowed", {"registry": "x"}, 'has no option "registry"; use registries, for example {'),
    ],
)
def test_a_configuration_of_what_is_not_there_is_refused(analyzer: Analyzer, rule: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="INVALID_ARGUMENT") as refused:
        configure(analyzer, rule, analyzer_pb2.MANDATORY, **options)
    assert message in str(refused.value)


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-u", str(PACK)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_the_pack_serves_the_engines_protocol_until_it_is_told_to_stop(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    port = process.stdout.readline().strip()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        engine = analyzer_pb2_grpc.AnalyzerStub(channel)
        assert engine.GetAnalyzerInfo(empty_pb2.Empty()).name == "idp-security"
        response = engine.Analyze(request(deployment(securityContext={"privileged": True})))
        assert "kubernetes-privileged-container" in {found.policyName for found in response.diagnostics}
        assert not engine.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest()).diagnostics
        with pytest.raises(grpc.RpcError) as absent:
            engine.Remediate(request({}))
        assert absent.value.code() is grpc.StatusCode.UNIMPLEMENTED  # no rule at level `remediate`
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    assert process.stdout.read() + process.stderr.read() == ""


def test_cancel_ends_the_pack(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
        analyzer_pb2_grpc.AnalyzerStub(channel).GetPluginInfo(empty_pb2.Empty())
        with_cancel = analyzer_pb2_grpc.AnalyzerStub(channel).Cancel.future(empty_pb2.Empty())
        assert process.wait(timeout=30) == 0
        with_cancel.cancel()


@pytest.mark.parametrize("pack", [*PACKS, ALL_IN_ONE], ids=lambda pack: pack.name)
def test_a_packs_program_serves_its_rules_under_its_name(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[Pack, Path]] = []
    monkeypatch.setattr("idp_components.rules.crossguard.serve", lambda *arguments: served.append(arguments))
    folder = PACK.parent / pack.name.removeprefix("idp-")
    runpy.run_path(str(folder), run_name="__main__")
    assert served == [(pack, folder)]
    about = yaml.safe_load((folder / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    assert (about["name"], about["description"]) == (pack.name, pack.description)


@pytest.mark.parametrize("folder", sorted(path.parent for path in PACK.parent.glob("*/PulumiPolicy.yaml")), ids=lambda folder: folder.name)
def test_a_pack_can_be_published_in_the_librarys_version(folder: Path) -> None:
    version = tomllib.loads((PACK.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    about = yaml.safe_load((folder / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    assert (about["version"], about["runtime"]) == (version, {"name": "python", "options": {"virtualenv": ".venv"}})
    assert (folder / "requirements.txt").read_text(encoding="utf-8") == f"idp-components=={version}\n"
    ignored = subprocess.run(["git", "check-ignore", "--no-index", ".venv"], cwd=folder, capture_output=True, text=True, check=False)
    assert ignored.stdout == ".venv\n"


def test_every_folder_of_policies_is_a_pack() -> None:
    assert {path.parent.name for path in PACK.parent.glob("*/PulumiPolicy.yaml")} == {
        pack.name.removeprefix("idp-") for pack in (*PACKS, ALL_IN_ONE)
    }
