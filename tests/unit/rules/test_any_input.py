"""Rules meet anything: they never raise, and only what they ask about changes their verdict."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from idp_components.rules import ALL, UNKNOWN, Resource, findings, stack_findings
from idp_components.rules.field import SecretText

# What rules ask about, so that generated objects lead somewhere.
WORDS = st.sampled_from(
    [
        "spec",
        "template",
        "jobTemplate",
        "metadata",
        "annotations",
        "containers",
        "initContainers",
        "volumes",
        "hostPath",
        "image",
        "name",
        "items",
        "os",
        "hostUsers",
        "securityContext",
        "privileged",
        "capabilities",
        "add",
        "drop",
        "seccompProfile",
        "type",
        "runAsUser",
        "sysctls",
        "ports",
        "hostPort",
        "resources",
        "requests",
        "memory",
        "livenessProbe",
        "httpGet",
        "host",
        # of AWS
        "tags",
        "tagsAll",
        "policy",
        "Statement",
        "Condition",
        "Bool",
        "Effect",
        "Deny",
        "parameters",
        "family",
        "engine",
        "engineVersion",
        "bucket",
        "rules",
        "status",
        "acl",
        "grants",
        "redrivePolicy",
        "resources",
        "selectionTags",
        "key",
        "value",
        "replicas",
        "instanceClass",
        "volumes",
        "efsVolumeConfiguration",
        "clientAuthentication",
        "sasl",
    ]
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), WORDS, st.just(UNKNOWN), st.builds(SecretText, WORDS)
)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=6), max_leaves=30)
TOKENS = st.sampled_from(
    [
        f"kubernetes:{module}:{kind}{form}"
        for module, kind in [("core/v1", "Pod"), ("apps/v1", "Deployment"), ("batch/v1", "CronJob")]
        for form in ("", "List", "Patch")
    ]
    + [
        f"aws:{module}:{kind}"
        for module, kind in [
            ("rds/instance", "Instance"),
            ("rds/cluster", "Cluster"),
            ("rds/parameterGroup", "ParameterGroup"),
            ("s3/bucket", "Bucket"),
            ("s3/bucketV2", "BucketV2"),
            ("s3/bucketPolicy", "BucketPolicy"),
            ("s3/bucketLifecycleConfiguration", "BucketLifecycleConfiguration"),
            ("sqs/queue", "Queue"),
            ("sqs/queuePolicy", "QueuePolicy"),
            ("elasticache/user", "User"),
            ("elasticache/replicationGroup", "ReplicationGroup"),
            ("dynamodb/table", "Table"),
            ("backup/selection", "Selection"),
            ("ecs/taskDefinition", "TaskDefinition"),
            ("opensearch/domain", "Domain"),
            ("msk/cluster", "Cluster"),
            ("ec2/instance", "Instance"),
            ("ec2/eip", "Eip"),
            ("lb/loadBalancer", "LoadBalancer"),
            ("ssm/parameter", "Parameter"),
        ]
    ]
) | st.text(max_size=20)
OPTIONS = {
    "kubernetes-image-registry-allowed": {"registries": ["ghcr.io"]},
    "organisation-approved-regions": {"regions": ["eu-central-1"]},
    "organisation-instance-classes": {"rds": ["db.t4g.*"], "ec2": ["m7g.*"]},
    "organisation-names": {"patterns": ["[a-z]+", "("]},
    "organisation-tag-values": {"forms": ["name=(", "type=x"]},
    "aws-rds-engine-version": {"oldest": ["postgres=x", "postgres"]},
}

GOOD = {
    "metadata": {"name": "web", "namespace": "shop-dev"},
    "spec": {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "web",
                "image": "ghcr.io/acme/web:v1",
                "resources": {"requests": {"cpu": "1", "memory": "1Mi"}, "limits": {"memory": "1Mi"}},
                "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
            }
        ],
    },
}
DANGERS = st.sampled_from(
    [
        ("hostNetwork", True),
        ("hostPID", UNKNOWN),
        ("volumes", [{"name": "v", "hostPath": {"path": "/"}}]),
        ("securityContext", {"runAsUser": 0}),
        ("initContainers", [{"name": "i", "image": "i"}]),
        ("hostUsers", False),
    ]
)


def verdicts(pod: Any) -> set[tuple[str, str, bool]]:
    return {(finding.rule.id, finding.message, finding.undecided) for finding in findings([Resource("kubernetes:core/v1:Pod", "web", pod)])}


@given(token=TOKENS, props=JSON)
def test_no_input_makes_a_rule_raise(token: str, props: Any) -> None:
    for finding in findings([Resource(token, "web", props)], ALL, OPTIONS):
        assert "\n" not in finding.message


@given(resources=st.lists(st.tuples(TOKENS, JSON), max_size=5))
def test_no_stack_makes_a_rule_raise(resources: list[tuple[str, Any]]) -> None:
    for finding in stack_findings([Resource(token, "web", props) for token, props in resources], ALL, OPTIONS):
        assert "\n" not in finding.message


@given(manifest=st.dictionaries(st.sampled_from(["apiVersion", "kind", "items", "metadata", "spec"]), JSON))
def test_no_manifest_makes_a_rule_raise(manifest: dict[str, Any]) -> None:
    findings([Resource.from_manifest(manifest)])


@given(dangers=st.lists(DANGERS, max_size=4), field=st.text(max_size=12).map(lambda text: f"x-{text}"), value=JSON)
def test_an_unrelated_field_changes_no_verdict(dangers: list[tuple[str, Any]], field: str, value: Any) -> None:
    pod = copy.deepcopy(GOOD)
    pod["spec"].update(dict(dangers))
    before = verdicts(pod)
    pod[field] = pod["spec"][field] = pod["spec"]["containers"][0][field] = pod["metadata"][field] = value  # type: ignore[index]
    assert verdicts(pod) == before


@given(dangers=st.lists(DANGERS, max_size=4), randomness=st.randoms(use_true_random=False))
def test_the_order_of_keys_changes_no_verdict(dangers: list[tuple[str, Any]], randomness: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in randomness.sample(list(value), len(value))}
        return [shuffled(element) for element in value] if isinstance(value, list) else value

    pod = copy.deepcopy(GOOD)
    pod["spec"].update(dict(dangers))
    assert verdicts(shuffled(pod)) == verdicts(pod)


@given(secret=st.from_regex(r"[a-z0-9]{12,20}", fullmatch=True), dangers=st.lists(DANGERS, max_size=4))
def test_no_message_shows_a_secret(secret: str, dangers: list[tuple[str, Any]]) -> None:
    hidden = SecretText(secret)
    pod = copy.deepcopy(GOOD)
    pod["spec"].update(dict(dangers))
    container = {
        "name": hidden,
        "image": hidden,
        "securityContext": {"capabilities": {"add": [hidden]}, "seccompProfile": {"type": hidden}},
    }
    pod["spec"]["containers"].append(container)  # type: ignore[attr-defined]
    pod["metadata"] = {"name": hidden, "namespace": hidden}
    found = verdicts(pod)
    assert len(found) > 5
    assert not any(secret in message for _, message, _ in found)
