"""The Kubernetes provider through the real engine against the real API server: the life of every type that the platform uses."""

import base64
import json
import subprocess
from pathlib import Path

import pytest

URNS = Path(__file__).parents[2] / "meta" / "urns.txt"

POD = {"containers": [{"name": "main", "image": "registry.example.com/a:v1"}]}
LABELS = {"app": "a"}


def application(path):
    """What Argo CD would deploy; no controller of it runs here."""
    source = {"repoURL": "https://github.com/shop/one", "path": path, "targetRevision": "v1"}
    return {"project": "none", "source": source, "destination": {"name": "in-cluster", "namespace": "none"}}


OBJECTS = {
    "ConfigMap": ("v1", {"data": {"key": "1"}}, {"data": {"key": "2"}}),
    "Secret": ("v1", {"stringData": {"key": "hidden-value-1"}}, {"stringData": {"key": "hidden-value-2"}}),
    "ServiceAccount": ("v1", {"automountServiceAccountToken": False}, {"automountServiceAccountToken": True}),
    "Service": ("v1", {"spec": {"selector": LABELS, "ports": [{"port": 80}]}}, {"spec": {"selector": LABELS, "ports": [{"port": 81}]}}),
    "PersistentVolumeClaim": (
        "v1",
        {
            "metadata": {"labels": {"changed": "no"}},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        },
        {
            "metadata": {"labels": {"changed": "yes"}},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        },
    ),
    "ResourceQuota": ("v1", {"spec": {"hard": {"pods": "100"}}}, {"spec": {"hard": {"pods": "101"}}}),
    "LimitRange": (
        "v1",
        {"spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}}]}},
        {"spec": {"limits": [{"type": "Container", "default": {"cpu": "2"}}]}},
    ),
    "Deployment": (
        "apps/v1",
        {"spec": {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": {"metadata": {"labels": LABELS}, "spec": POD}}},
        {"spec": {"replicas": 3, "selector": {"matchLabels": LABELS}, "template": {"metadata": {"labels": LABELS}, "spec": POD}}},
    ),
    "StatefulSet": (
        "apps/v1",
        {
            "spec": {
                "replicas": 1,
                "serviceName": "s",
                "selector": {"matchLabels": {"app": "s"}},
                "template": {"metadata": {"labels": {"app": "s"}}, "spec": POD},
            }
        },
        {
            "spec": {
                "replicas": 2,
                "serviceName": "s",
                "selector": {"matchLabels": {"app": "s"}},
                "template": {"metadata": {"labels": {"app": "s"}}, "spec": POD},
            }
        },
    ),
    "Job": (
        "batch/v1",
        {"spec": {"backoffLimit": 1, "template": {"spec": {**POD, "restartPolicy": "Never"}}}},
        {"spec": {"backoffLimit": 2, "template": {"spec": {**POD, "restartPolicy": "Never"}}}},
    ),
    "CronJob": (
        "batch/v1",
        {"spec": {"schedule": "0 1 * * *", "jobTemplate": {"spec": {"template": {"spec": {**POD, "restartPolicy": "Never"}}}}}},
        {"spec": {"schedule": "0 2 * * *", "jobTemplate": {"spec": {"template": {"spec": {**POD, "restartPolicy": "Never"}}}}}},
    ),
    "Role": (
        "rbac.authorization.k8s.io/v1",
        {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
        {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]},
    ),
    "RoleBinding": (
        "rbac.authorization.k8s.io/v1",
        {
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"},
            "subjects": [{"kind": "Group", "name": "one", "apiGroup": "rbac.authorization.k8s.io"}],
        },
        {
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"},
            "subjects": [{"kind": "Group", "name": "two", "apiGroup": "rbac.authorization.k8s.io"}],
        },
    ),
    "NetworkPolicy": (
        "networking.k8s.io/v1",
        {"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}},
        {"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}},
    ),
    "Ingress": (
        "networking.k8s.io/v1",
        {"spec": {"ingressClassName": "nginx", "defaultBackend": {"service": {"name": "a", "port": {"number": 80}}}}},
        {"spec": {"ingressClassName": "nginx", "defaultBackend": {"service": {"name": "a", "port": {"number": 81}}}}},
    ),
    "PodDisruptionBudget": (
        "policy/v1",
        {"spec": {"maxUnavailable": 1, "selector": {"matchLabels": LABELS}}},
        {"spec": {"maxUnavailable": 2, "selector": {"matchLabels": LABELS}}},
    ),
    "HorizontalPodAutoscaler": (
        "autoscaling/v2",
        {"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}, "minReplicas": 1, "maxReplicas": 2}},
        {"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}, "minReplicas": 1, "maxReplicas": 3}},
    ),
    "GRPCRoute": ("gateway.networking.k8s.io/v1", {"spec": {"hostnames": ["a.example.com"]}}, {"spec": {"hostnames": ["b.example.com"]}}),
    "AppProject": (
        "argoproj.io/v1alpha1",
        {"spec": {"sourceRepos": ["https://github.com/shop/one"]}},
        {"spec": {"sourceRepos": ["https://github.com/shop/two"]}},
    ),
    "Application": ("argoproj.io/v1alpha1", {"spec": application("one")}, {"spec": application("two")}),
    "ApplicationSet": (
        "argoproj.io/v1alpha1",
        {"spec": {"generators": [], "template": {"metadata": {"name": "a"}, "spec": application("one")}}},
        {"spec": {"generators": [], "template": {"metadata": {"name": "a"}, "spec": application("two")}}},
    ),
    "HTTPRoute": ("gateway.networking.k8s.io/v1", {"spec": {"hostnames": ["a.example.com"]}}, {"spec": {"hostnames": ["b.example.com"]}}),
    "ServiceMonitor": (
        "monitoring.coreos.com/v1",
        {"spec": {"selector": {"matchLabels": LABELS}, "endpoints": [{"port": "http"}]}},
        {"spec": {"selector": {"matchLabels": LABELS}, "endpoints": [{"port": "metrics"}]}},
    ),
}
"""By kind: API version, the object, and the object changed where it can be changed in place."""

REGISTER = """
import json, pulumi
for manifest in json.loads(open("objects.json").read()):
    api = manifest["apiVersion"]
    token = f"kubernetes:{api if '/' in api else 'core/' + api}:{manifest['kind']}"
    pulumi.CustomResource(token, manifest["kind"].lower(), manifest)
"""


def manifests(namespace, version, name="a"):
    """The objects in their first (1) or second (2) form."""
    return [
        {
            "apiVersion": forms[0],
            "kind": kind,
            **forms[version],
            "metadata": {"name": name, "namespace": namespace, **forms[version].get("metadata", {})},
        }
        for kind, forms in OBJECTS.items()
    ]


def write(project, *form):
    """The program registers the objects in this form."""
    (project.folder / "objects.json").write_text(json.dumps(manifests(*form)))


def there(kubectl, namespace, name):
    """Kinds of which an object of that name is in the cluster."""
    return [kind for kind in OBJECTS if kubectl("get", kind.lower(), "-n", namespace, f"--field-selector=metadata.name={name}")["items"]]


def test_every_type_that_the_platform_makes_is_among_them():
    made = {urn.split("::")[2].split("$")[-1] for urn in URNS.read_text().split()}
    in_namespaces = {token for token in made if token.startswith("kubernetes:")} - {"kubernetes:core/v1:Namespace"}
    assert in_namespaces <= {f"kubernetes:{api if '/' in api else 'core/' + api}:{kind}" for kind, (api, _, _) in OBJECTS.items()}


def test_every_type_is_seen_when_it_changed_or_went_outside_and_is_repaired(project, namespace, kubectl):
    found = project(REGISTER)
    write(found, namespace, 1)
    found.up()
    for manifest in manifests(namespace, 2):
        kubectl("patch", manifest["kind"].lower(), "a", "-n", namespace, "--type=merge", "--patch", json.dumps(manifest))
    refreshed = found.pulumi("refresh", "--yes").stdout
    assert f"~ {len(OBJECTS)} updated" in refreshed
    assert f"~ {len(OBJECTS)} updated" in found.up()
    found.pulumi("refresh", "--yes", "--expect-no-changes")
    for kind in OBJECTS:
        kubectl("delete", kind.lower(), "a", "-n", namespace)
    assert f"- {len(OBJECTS)} deleted" in found.pulumi("refresh", "--yes").stdout
    assert f"+ {len(OBJECTS)} created" in found.up()
    assert there(kubectl, namespace, "a") == list(OBJECTS)


def test_every_type_is_replaced_by_one_of_another_name(project, namespace, kubectl):
    found = project(REGISTER)
    write(found, namespace, 1)
    found.up()
    write(found, namespace, 1, "b")
    assert f"+-{len(OBJECTS)} replaced" in found.up()
    assert (there(kubectl, namespace, "a"), there(kubectl, namespace, "b")) == ([], list(OBJECTS))


def test_a_namespace_lives_through_everything_and_its_deletion_is_waited_for(project, namespace, kubectl):
    name = f"{namespace}-own"
    program = "import pulumi_kubernetes as k8s\nk8s.core.v1.Namespace('n', metadata={'name': '%s', 'labels': {'a': '%s'}})\n"
    found = project(program % (name, 1))
    found.up()
    found.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    kubectl("label", "namespace", name, "a=outside", "--overwrite")
    assert "~ 1 updated" in found.pulumi("refresh", "--yes").stdout
    found.write(program % (name, 2))
    assert "~ 1 updated" in found.up()
    assert kubectl("get", "namespace", name)["metadata"]["labels"]["a"] == "2"
    found.write(program % (f"{name}-2", 2))
    assert "+-1 replaced" in found.up()
    assert "NotFound" in kubectl("get", "namespace", name, check=False)
    kubectl("create", "configmap", "inside", "-n", f"{name}-2")
    found.pulumi("destroy", "--yes", "--skip-preview")
    assert "NotFound" in kubectl("get", "namespace", f"{name}-2", check=False)
    kubectl("create", "namespace", name)
    found.pulumi("import", "--yes", "--generate-code=false", "--protect=false", "kubernetes:core/v1:Namespace", "n", name)
    assert found.resources()["Namespace n"]["inputs"]["metadata"]["name"] == name


def test_every_type_is_created_left_alone_updated_repaired_and_deleted(project, namespace, kubectl):
    found = project(REGISTER)
    write(found, namespace, 1)
    assert f"+ {len(OBJECTS) + 1} created" in found.up()
    found.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    found.pulumi("refresh", "--yes", "--expect-no-changes")
    write(found, namespace, 2)
    assert f"~ {len(OBJECTS)} updated" in found.up()
    assert kubectl("get", "configmap", "a", "-n", namespace)["data"] == {"key": "2"}
    assert "hidden-value" not in found.pulumi("stack", "export").stdout
    kubectl("patch", "configmap", "a", "-n", namespace, "--patch", '{"data": {"key": "changed outside", "more": "x"}}')
    kubectl("delete", "service", "a", "-n", namespace)
    refreshed = found.pulumi("refresh", "--yes", "--diff").stdout
    assert "changed outside" in refreshed
    assert "Service a" not in found.resources()
    repaired = found.up()
    assert "~ 1 updated" in repaired
    assert "+ 1 created" in repaired
    assert kubectl("get", "configmap", "a", "-n", namespace)["data"]["key"] == "2"
    found.pulumi("destroy", "--yes", "--skip-preview")
    assert there(kubectl, namespace, "a") == []


def test_what_cannot_be_changed_in_place_is_replaced(project, namespace):
    program = """
import pulumi_kubernetes as k8s
def meta(name): return {"name": name, "namespace": "%s"}
k8s.core.v1.ConfigMap("fixed", metadata=meta("fixed"), data={"a": "%s"}, immutable=True)
k8s.core.v1.ConfigMap("auto", metadata={"namespace": "%s"}, data={"a": "%s"}, immutable=True)
k8s.batch.v1.Job("job", metadata=meta("job"), spec={"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "m", "image": "a:%s"}]}}})
"""
    found = project(program % (namespace, 1, namespace, 1, 1))
    found.up()
    before = found.resources()
    found.write(program % (namespace, 2, namespace, 2, 2))
    assert "+-3 replaced" in found.up()
    after = found.resources()
    assert after["ConfigMap fixed"]["id"] == before["ConfigMap fixed"]["id"]
    assert after["ConfigMap auto"]["id"] != before["ConfigMap auto"]["id"]
    assert after["ConfigMap fixed"]["outputs"]["data"] == {"a": "2"}


def test_names_are_made_of_the_logical_name_and_stay(project, namespace):
    found = project(
        f"import pulumi_kubernetes as k8s\nk8s.core.v1.ConfigMap('auto', metadata={{'namespace': '{namespace}'}}, data={{'a': '1'}})\n"
    )
    found.up()
    name = found.resources()["ConfigMap auto"]["outputs"]["metadata"]["name"]
    assert name.startswith("auto-")
    found.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    assert found.resources()["ConfigMap auto"]["outputs"]["metadata"]["name"] == name


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("k8s.core.v1.Service('s', metadata=meta, spec={'ports': [{'port': 70000}]})", "must be between 1 and 65535"),
        ("k8s.core.v1.ConfigMap('c', metadata={**meta, 'name': 'Not_A_Name'})", "RFC 1123"),
        ("pulumi.CustomResource('kubernetes:core/v1:ConfigMap', 'c', {'metadata': meta, 'dataa': {}})", "dataa"),
    ],
)
@pytest.mark.parametrize("where", ["here", "not-there-yet"])
def test_a_bad_manifest_fails_the_preview_with_the_servers_words(project, namespace, manifest, said, where):
    place = namespace if where == "here" else "not-there-yet"
    program = f"import pulumi, pulumi_kubernetes as k8s\nmeta = {{'name': 'bad', 'namespace': '{place}'}}\n{manifest}\n"
    done = project(program).pulumi("preview", check=False)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr


def test_a_rollout_that_cannot_succeed_says_why_and_is_remembered(project, namespace, kubectl):
    kubectl("create", "quota", "none", "--hard=pods=0", "-n", namespace)
    found = project(
        "import pulumi, pulumi_kubernetes as k8s\n"
        f"k8s.apps.v1.Deployment('d', metadata={{'name': 'd', 'namespace': '{namespace}'}}, spec={{'selector': {{'matchLabels': {{'a': 'b'}}}},"
        "'template': {'metadata': {'labels': {'a': 'b'}}, 'spec': {'containers': [{'name': 'm', 'image': 'a:1'}]}}},"
        "opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create='4s')))\n"
    )
    done = found.pulumi("up", "--yes", "--skip-preview", check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "exceeded quota" in said
    assert "not ready after 4 s" in said
    assert "Deployment d" in found.resources()
    kubectl("delete", "quota", "none", "-n", namespace)
    found.up()
    assert kubectl("get", "deployment", "d", "-n", namespace)["status"]["readyReplicas"] == 1


def test_waiting_can_be_left_out(project, namespace):
    found = project(
        "import pulumi_kubernetes as k8s\n"
        f"meta = {{'name': 'i', 'namespace': '{namespace}', 'annotations': {{'pulumi.com/skipAwait': 'true'}}}}\n"
        "k8s.core.v1.PersistentVolumeClaim('i', metadata=meta, spec={'storageClassName': 'nowhere', 'accessModes': ['ReadWriteOnce'],"
        "'resources': {'requests': {'storage': '1Gi'}}})\n"
    )
    assert "2 created" in found.up()


def test_an_object_of_somebody_else_is_not_taken_over_and_its_owner_is_named(project, namespace, kubectl):
    kubectl("create", "configmap", "theirs", "--from-literal=a=theirs", "-n", namespace)
    program = f"import pulumi_kubernetes as k8s\nk8s.core.v1.ConfigMap('c', metadata={{'name': 'theirs', 'namespace': '{namespace}'}}, data={{'a': 'ours'}})\n"
    done = project(program).pulumi("up", "--yes", "--skip-preview", check=False)
    assert done.returncode != 0
    assert "kubectl-create" in done.stdout + done.stderr
    assert kubectl("get", "configmap", "theirs", "-n", namespace)["data"] == {"a": "theirs"}


def test_an_object_can_be_imported(project, namespace, kubectl):
    kubectl("create", "configmap", "old", "--from-literal=a=1", "-n", namespace)
    found = project("")
    found.pulumi("import", "--yes", "--generate-code=false", "--protect=false", "kubernetes:core/v1:ConfigMap", "old", f"{namespace}/old")
    assert found.resources()["ConfigMap old"]["inputs"]["data"] == {"a": "1"}


def test_a_patch_owns_only_its_fields(project, namespace, kubectl):
    kubectl("create", "configmap", "shared", "--from-literal=a=1", "-n", namespace)
    found = project(
        "import pulumi_kubernetes as k8s\n"
        f"k8s.core.v1.ConfigMapPatch('p', metadata={{'name': 'shared', 'namespace': '{namespace}'}}, data={{'b': '2'}})\n"
    )
    found.up()
    assert kubectl("get", "configmap", "shared", "-n", namespace)["data"] == {"a": "1", "b": "2"}
    found.pulumi("destroy", "--yes", "--skip-preview")
    assert kubectl("get", "configmap", "shared", "-n", namespace)["data"] == {"a": "1"}


def test_yaml_files_custom_resources_and_their_definitions_come_up_together(project, namespace, kubectl):
    group = f"{namespace}.example.com"
    found = project(
        "import pulumi, pulumi_kubernetes as k8s\n"
        f"crd = k8s.apiextensions.v1.CustomResourceDefinition('crd', metadata={{'name': 'widgets.{group}'}}, spec={{'group': '{group}', 'scope': 'Namespaced',"
        "'names': {'plural': 'widgets', 'singular': 'widget', 'kind': 'Widget'},"
        "'versions': [{'name': 'v1', 'served': True, 'storage': True, 'schema': {'openAPIV3Schema': {'type': 'object', 'x-kubernetes-preserve-unknown-fields': True}}}]})\n"
        f"k8s.apiextensions.CustomResource('w', api_version='{group}/v1', kind='Widget', metadata={{'name': 'w', 'namespace': '{namespace}'}}, spec={{'size': 3}},"
        " opts=pulumi.ResourceOptions(depends_on=[crd]))\n"
        "k8s.yaml.ConfigFile('file', file='objects.yaml')\n"
    )
    (found.folder / "objects.yaml").write_text(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: one, namespace: {namespace}}}\n---\n"
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: two, namespace: {namespace}}}\ndata: {{a: b}}\n"
    )
    found.preview()
    found.up()
    assert kubectl("get", f"widgets.{group}", "w", "-n", namespace)["spec"] == {"size": 3}
    assert kubectl("get", "configmap", "two", "-n", namespace)["data"] == {"a": "b"}


def test_a_helm_release_is_installed_upgraded_and_removed(project, namespace, kubectl, tmp_path):
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: tiny\nversion: 0.1.0\n")
    (chart / "values.yaml").write_text("color: red\n")
    (chart / "templates" / "config.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-chart}\ndata: {color: {{ .Values.color | quote }}}\n"
    )
    program = (
        "import pulumi, pulumi_kubernetes as k8s\n"
        f"release = k8s.helm.v3.Release('tiny', name='tiny', chart='{chart}', namespace='{namespace}', values={{'color': '%s'}})\n"
        "pulumi.export('revision', release.status.revision)\n"
    )
    found = project(program % "blue")
    found.up()
    assert kubectl("get", "configmap", "from-chart", "-n", namespace)["data"] == {"color": "blue"}
    found.write(program % "green")
    found.up()
    assert found.outputs() == {"revision": 2}
    found.pulumi("destroy", "--yes", "--skip-preview")
    assert kubectl("get", "configmap", "-n", namespace, "--field-selector=metadata.name=from-chart")["items"] == []


def test_a_preview_without_a_cluster_warns_and_goes_on(project):
    found = project("import pulumi_kubernetes as k8s\nk8s.core.v1.ConfigMap('c', data={'a': 'b'})\n")
    found.env["KUBECONFIG"] = "/nowhere"
    said = found.preview()
    assert "not checked by the API server" in said


def test_secret_values_are_not_in_state_output_or_messages(project, namespace):
    value = "a-very-secret-value"
    found = project(
        "import pulumi, pulumi_kubernetes as k8s\n"
        f"k8s.core.v1.Secret('s', metadata={{'name': 's', 'namespace': '{namespace}'}}, string_data={{'k': pulumi.Config().require_secret('k')}})\n"
    )
    subprocess.run(["pulumi", "config", "set", "--secret", "k"], input=value, text=True, cwd=found.folder, env=found.env, check=True)
    printed = found.pulumi("up", "--yes", "--diff").stdout + found.pulumi("refresh", "--yes", "--diff").stdout
    everything = printed + found.pulumi("stack", "export").stdout
    assert value not in everything
    assert base64.b64encode(value.encode()).decode() not in everything


def test_every_type_can_be_imported_as_it_stands(project, namespace, kubectl):
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests(namespace, 1, "old")}))
    found = project("")
    tokens = [f"kubernetes:{api if '/' in api else 'core/' + api}:{kind}" for kind, (api, _, _) in OBJECTS.items()]
    resources = [{"type": token, "name": token.rsplit(":", 1)[1].lower(), "id": f"{namespace}/old"} for token in tokens]
    (found.folder / "import.json").write_text(json.dumps({"resources": resources}))
    found.pulumi("import", "--yes", "--generate-code=false", "--protect=false", "--file", "import.json")
    state = found.resources()
    for kind, (api, first, _) in OBJECTS.items():
        inputs = state[f"{kind} {kind.lower()}"]["inputs"]
        assert (inputs["apiVersion"], inputs["kind"], inputs["metadata"]["name"]) == (api, kind, "old")
        assert set(first) - {"stringData"} <= set(inputs)
        assert "status" not in inputs
    assert "hidden-value" not in json.dumps(state)
