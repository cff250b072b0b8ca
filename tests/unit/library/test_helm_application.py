"""What a HelmApplication promises, and what it refuses before anything is registered."""

import json
from pathlib import Path

import charts
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from idp_components import Endpoint, HelmApplicationSpec, SpecError
from idp_components.core.context import Context
from idp_components.core.profiles import PROFILES
from idp_components.helm_application import manifests
from idp_components.helm_application.chart import load
from idp_components.helm_application.values import Said, active, check, coalesced
from idp_components.rules import Resource, findings, packs
from idp_components.service import manifests as service

GREETER = load(Path(__file__).parents[3] / "examples" / "12-helm-application", "chart", "greeter")
SECRET = {"token": "a-long-secret"}
REMOTE = {"chart": "podinfo", "repository": "https://charts.example.com", "version": "6.9.2"}


def context(environment="dev", **config):
    return Context.of(f"shop-{environment}", {"domain": "example.com", **config})


def release(values=None, secrets=SECRET, loaded=GREETER, where=None, **fields):
    spec = HelmApplicationSpec(**{"chart": "chart", **fields, "values": values or {}})
    return manifests.release("podinfo", spec, where or context(), secrets, None if spec.repository else loaded)


def problems(make):
    with pytest.raises(SpecError) as caught:
        make()
    return list(caught.value.problems)


# What helm is told


def test_a_release_stays_in_the_teams_namespace_is_taken_back_if_it_fails_and_brings_nothing_of_the_whole_cluster():
    said = release()
    assert (said["name"], said["namespace"], said["createNamespace"]) == ("podinfo", "shop-dev", False)
    assert (said["atomic"], said["skipCrds"], said["timeout"]) == (True, True, 300)
    assert release(crds=True)["skipCrds"] is False


def test_a_chart_of_a_repository_is_named_by_its_exact_version():
    said = release(**REMOTE)
    assert (said["chart"], said["version"], said["repositoryOpts"]) == ("podinfo", "6.9.2", {"repo": "https://charts.example.com"})
    said = release(**{**REMOTE, "repository": "oci://registry.example.com/charts"})
    assert (said["chart"], said["version"]) == ("oci://registry.example.com/charts/podinfo", "6.9.2")
    assert "repositoryOpts" not in said


def test_a_change_inside_of_a_local_chart_changes_the_release(tmp_path):
    before = load(charts.chart(tmp_path / "a").parent, "a", "x")
    assert release(loaded=before, secrets={})["description"] == f"tiny 0.1.0, content {before.digest}"
    (tmp_path / "a" / "templates" / "main.yaml").write_text("# nothing\n")
    (tmp_path / "a" / ".hidden").write_text("by an editor")
    after = load(tmp_path, "a", "x")
    assert before.digest != after.digest
    (tmp_path / "a" / ".hidden").unlink()
    assert load(tmp_path, "a", "x").digest == after.digest


def test_a_package_is_read_as_its_folder(tmp_path):
    charts.package(charts.chart(tmp_path / "a", schema={"type": "object"}), tmp_path / "a-0.1.0.tgz")
    folder, packed = load(tmp_path, "a", "x"), load(tmp_path, "a-0.1.0.tgz", "x")
    assert (folder.values, folder.schema, folder.templates, folder.digest) == (
        packed.values,
        packed.schema,
        packed.templates,
        packed.digest,
    )


def test_secret_values_go_where_the_team_put_them_and_nowhere_else():
    said = release({"image": {"tag": "v1.2.3"}}, {"token": "a-long-secret", "image": {"repository": "secret.example.com/a"}})
    assert said["values"] == {"image": {"tag": "v1.2.3", "repository": "secret.example.com/a"}, "token": "a-long-secret"}


# The walls around the pods


def test_the_pods_of_a_release_reach_each_other_and_dns_alone():
    [policy] = manifests.helm_application("podinfo", HelmApplicationSpec(**REMOTE), context())
    own = {"podSelector": {"matchLabels": {"app.kubernetes.io/instance": "podinfo"}}}
    assert policy["spec"]["podSelector"] == own["podSelector"]
    assert policy["spec"]["ingress"] == [{"from": [own]}]
    assert [rule["to"] for rule in policy["spec"]["egress"]][1:] == [[own]]


def test_an_exposed_endpoint_lets_the_ingress_controller_in_at_its_port_alone():
    spec = HelmApplicationSpec(**REMOTE, endpoint=Endpoint(port=80, pod_port="web", exposed=True), pod_labels={"app": "pod"})
    [policy] = manifests.helm_application("podinfo", spec, context())
    assert policy["spec"]["podSelector"]["matchLabels"] == {"app": "pod"}
    assert policy["spec"]["ingress"][1] == {
        "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}],
        "ports": [{"port": "web"}],
    }


def test_a_consumer_gets_the_address_of_the_charts_service_and_a_way_to_its_pods():
    spec = HelmApplicationSpec(**REMOTE, endpoint=Endpoint(port=6379, service="podinfo-master", pod_port="redis"))
    connection = manifests.connection("podinfo", spec, context(), "REDIS")
    assert connection.variables == {"REDIS": "podinfo-master.shop-dev.svc.cluster.local:6379"}
    web = service.WorkerSpec(image="registry.example.com/web:v1")
    built = service.worker("web", web, context(), service.Wiring((connection,)))
    policies = {manifest["metadata"]["name"]: manifest["spec"] for manifest in built if manifest["kind"] == "NetworkPolicy"}
    pods = {"podSelector": {"matchLabels": {"app.kubernetes.io/instance": "podinfo"}}}
    assert {"to": [pods], "ports": [{"port": "redis"}]} in policies["web"]["egress"]
    opened = policies["web-to-podinfo"]
    assert opened["podSelector"] == pods["podSelector"]
    assert opened["ingress"][0]["ports"] == [{"port": "redis"}]
    [deployment] = (manifest for manifest in built if manifest["kind"] == "Deployment")
    assert {"name": "REDIS", "value": connection.variables["REDIS"]} in deployment["spec"]["template"]["spec"]["containers"][0]["env"]


# Values that the chart's schema refuses

REFUSED = {
    "a wrong type": ({"service": {"port": "80a"}}, "values.service.port: '80a' is refused: use a whole number, for example port: 8080"),
    "out of range": ({"replicaCount": 100}, "values.replicaCount: 100 is refused: use at most 10, for example replicaCount: 1"),
    "a pattern": (
        {"image": {"tag": "latest"}},
        "values.image.tag: 'latest' is refused: use text that matches '^v[0-9]+\\\\.[0-9]+\\\\.[0-9]+$', for example tag: 'v2.1.0'",
    ),
    "an empty text": ({"greeting": ""}, "values.greeting: '' is refused: use at least 1 characters, for example greeting: 'hello'"),
    "a name that the schema closes": (
        {"image": {"tga": "v1.0.0"}},
        "values.image.tga: no such value; did you mean 'tag'? allowed: repository, tag",
    ),
    "a value of a free mapping": ({"podAnnotations": {"a": 1}}, "values.podAnnotations.a: 1 is refused: use text"),
    "nothing where something is needed": ({"token": None}, "values.token: is required"),
    "a scalar for a mapping": ({"service": 80}, "values.service: 80 is refused: use a mapping, for example service: {'port': 80}"),
    "a typing error": (
        {"replicaCout": 2},
        "values.replicaCout: the chart lists no such value; did you mean 'replicaCount'? If it takes it all the same, ",
    ),
    "a typing error further down": (
        {"service": {"prot": 2}},
        "values.service.prot: the chart lists no such value; did you mean 'port'? "
        "If it takes it all the same, say unlisted=['service.prot']",
    ),
    "a name of nothing": ({"fantasy": 2}, "values.fantasy: the chart lists no such value; listed: greeting, "),
}


@pytest.mark.parametrize(("values", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_values_are_refused_with_their_place_what_is_allowed_and_an_example(values, message):
    secrets = {} if "token" in values else SECRET
    [said] = problems(lambda: release(values, secrets))
    assert said.startswith(f"shop.podinfo.{message}")


def test_all_problems_are_told_at_once():
    assert len(problems(lambda: release({"replicaCount": 0, "greeting": 1, "service": {"port": 0}}))) == 3


def test_a_name_that_the_chart_takes_without_listing_it_can_be_said():
    assert release({"service": {"prot": 2}, "fantasy": 1}, unlisted=["service.prot", "fantasy"])["values"]["fantasy"] == 1


def test_secret_values_are_never_shown_and_their_form_is_left_to_helm():
    assert release({}, {"token": "short"})["values"] == {"token": "short"}
    [said] = problems(lambda: release({"replicaCount": "x"}, {"token": "hunter2", "tokn": "hunter2"} | {"service": {"port": "hunter2"}}))[
        :1
    ]
    assert "hunter2" not in said


def test_a_secret_under_a_name_that_the_chart_lacks_is_refused_too():
    [said] = problems(lambda: release({}, {"token": "x", "tokn": "hunter2"}))
    assert said.startswith("shop.podinfo.values.tokn: the chart lists no such value; did you mean 'token'?")
    assert "hunter2" not in said


# Charts without a schema, and charts inside of charts


def tiny(folder, **fields):
    charts.chart(folder / "c", **fields)
    return load(folder, "c", "shop.web.chart")


def said(**values):
    return Said(values)


def test_without_a_schema_the_listed_names_still_hold(tmp_path):
    chart = tiny(tmp_path, values="color: red\nsize: {width: 1}\n")
    check(chart, said(color="blue", size={"width": 2}), "shop.web")
    assert problems(lambda: check(chart, said(colour="blue"), "shop.web"))[0].startswith(
        "shop.web.values.colour: the chart lists no such value; did you mean 'color'? If it takes it all the same, say"
    )
    check(chart, said(size={"depth": 2}), "shop.web")  # a mapping may be one of free names: only what looks like a typing error is one


def test_a_name_that_a_template_reads_is_known_without_being_listed(tmp_path):
    check(tiny(tmp_path, template="# {{ .Values.nameOverride }}\n"), said(nameOverride="x"), "shop.web")


def test_a_chart_that_reads_all_its_values_may_know_any_but_a_near_miss(tmp_path):
    chart = tiny(tmp_path, template="{{- range $key, $value := .Values }}\n# {{ $key }}\n{{- end }}\n")
    check(chart, said(anything=1), "shop.web")
    assert len(problems(lambda: check(chart, said(colr=1), "shop.web"))) == 1


def nested(folder, **fields):
    inner = {"type": "object", "required": ["size"], "properties": {"size": {"type": "integer"}}, "additionalProperties": True}
    charts.chart(
        folder / "c" / "charts" / "cache", name="cache", values="size: 1\n", schema=inner, template="# {{ .Values.global.zone }}\n"
    )
    dependency = {"name": "cache", "version": "0.1.0", "alias": "store", "condition": "store.enabled", "tags": ["data"]}
    return tiny(folder, dependencies=[dependency], **fields)


def test_a_chart_inside_is_judged_by_its_own_schema_under_its_alias(tmp_path):
    chart = nested(tmp_path)
    check(chart, said(store={"size": 2}, **{"global": {"zone": "a"}}), "shop.web")
    [refused] = problems(lambda: check(chart, said(store={"size": "big"}), "shop.web"))
    assert refused == "shop.web.values.store.size: 'big' is refused: use a whole number, for example size: 1"
    [refused] = problems(lambda: check(chart, said(store=3), "shop.web"))
    assert refused == "shop.web.values.store: 3 is refused: use a mapping, the values of the chart 'store'"


@pytest.mark.parametrize("off", [{"store": {"enabled": False, "size": "big"}}, {"store": {"size": "big"}, "tags": {"data": False}}])
def test_a_chart_that_is_switched_off_is_not_judged(tmp_path, off):
    check(nested(tmp_path), Said(off), "shop.web")


def test_globals_reach_the_charts_inside_and_the_outer_value_wins(tmp_path):
    chart = nested(tmp_path, values="color: red\nglobal: {zone: a}\nstore: {size: 5, global: {zone: b, only: c}}\n")
    assert coalesced(chart, {})["store"] == {"size": 5, "global": {"zone": "a", "only": "c"}}
    assert coalesced(active(chart, {"store": {"enabled": False}}), {"color": None}) == {
        "global": {"zone": "a"},
        "store": {"size": 5, "global": {"zone": "b", "only": "c"}},
    }


def test_a_chart_inside_is_known_through_the_one_around_it(tmp_path):
    charts.chart(tmp_path / "c" / "charts" / "db", name="db", values="size: 1\n", template="# {{ .Values.size }}\n")
    dependency = {"name": "db", "version": "0.1.0", "condition": "db.enabled"}
    chart = tiny(tmp_path, values="color: red\ndb: {user: a}\n", template="# {{ .Values.db.port }}\n", dependencies=[dependency])
    check(chart, said(db={"enabled": True, "user": "b", "port": 1, "size": 2}), "shop.web")
    [found] = problems(lambda: check(chart, said(db={"sizes": 2}), "shop.web"))
    assert found.startswith("shop.web.values.db.sizes: the chart lists no such value; did you mean 'size'?")


BROKEN = {
    "no chart": (lambda f: (f / "c").mkdir(), "shop.web.chart: is no chart, it has no Chart.yaml; name a chart's folder or package"),
    "nothing there": (
        lambda _: None,
        "shop.web.chart: 'c' is neither a folder nor a packaged chart (.tgz) of the project: use for example",
    ),
    "broken values": (lambda f: charts.chart(f / "c", values="a: ["), "shop.web.chart/values.yaml: is not YAML: "),
    "values that are a list": (lambda f: charts.chart(f / "c", values="- a"), "shop.web.chart/values.yaml: must be a mapping"),
    "broken schema": (lambda f: charts.chart(f / "c", values__x="", **{"values.schema.json": "{"}), "values.schema.json: is not JSON: "),
    "a dependency that is not there": (
        lambda f: charts.chart(f / "c", dependencies=[{"name": "redis", "version": "1.0.0"}]),
        "shop.web.chart: its dependency 'redis' is not in its folder charts/; run `helm dependency build` for it",
    ),
}


@pytest.mark.parametrize(("make", "message"), BROKEN.values(), ids=BROKEN)
def test_a_chart_that_cannot_be_read_is_refused_with_what_to_do(tmp_path, make, message):
    make(tmp_path)
    assert message in problems(lambda: load(tmp_path, "c", "shop.web.chart"))[0]


def test_a_package_that_is_none_is_refused(tmp_path):
    (tmp_path / "c.tgz").write_bytes(b"not a package")
    assert problems(lambda: load(tmp_path, "c.tgz", "shop.web.chart"))[0].startswith("shop.web.chart: 'c.tgz' can't be read as a chart: ")


def test_a_schema_that_is_none_is_refused_and_one_from_elsewhere_is_left_to_helm(tmp_path):
    chart = tiny(tmp_path, schema={"type": "objekt"})
    assert "its values.schema.json is no JSON Schema" in problems(lambda: check(chart, said(), "shop.web"))[0]
    elsewhere = tiny(tmp_path / "b", schema={"$ref": "https://schemas.example.com/values.json"})
    check(elsewhere, said(color=3), "shop.web")


# Bad specs

BAD = {
    "a repository without version": (
        {**REMOTE, "version": None},
        "version is required with repository: an update must not change what runs, for example chart='podinfo', repository=",
    ),
    "a range of versions": ({**REMOTE, "version": "6.x"}, "HelmApplicationSpec.version: '6.x' is refused: "),
    "a version of a local chart": (
        {"chart": "charts/a", "version": "1.0.0"},
        "version='1.0.0' is for a chart of a repository: leave it out",
    ),
    "a way out of the project": ({"chart": "../other/chart"}, "HelmApplicationSpec.chart: '../other/chart' is refused: "),
    "a folder of the machine": ({"chart": "/etc/chart"}, "HelmApplicationSpec.chart: '/etc/chart' is refused: "),
    "plain http": ({**REMOTE, "repository": "http://charts.example.com"}, "HelmApplicationSpec.repository: 'http://charts.example.com' is"),
    "values that are no data": (
        {"chart": "a", "values": {"a": {"b": [object()]}}},
        "a.b.0 is of type object: use text, numbers, true, false, null, lists and mappings; what is secret or known only later goes into",
    ),
    "no number": ({"chart": "a", "values": {"a": float("nan")}}, "a is of type float: use text, numbers"),
    "a key that is no text": ({"chart": "a", "values": {"a": {1: 2}}}, "a.1 is of type int: use text"),
    "a port out of range": ({"chart": "a", "endpoint": {"port": 70000}}, "HelmApplicationSpec.endpoint.port: 70000 is refused: "),
    "a timeout of nothing": ({"chart": "a", "timeout_seconds": 0}, "HelmApplicationSpec.timeout_seconds: 0 is refused: "),
    "a field that is not there": ({"chart": "a", "vlaues": {}}, "HelmApplicationSpec.vlaues: no such field; did you mean 'values'?"),
}


@pytest.mark.parametrize(("fields", "message"), BAD.values(), ids=BAD)
def test_bad_specs_are_refused_with_place_and_a_way_out(fields, message):
    [found] = problems(lambda: HelmApplicationSpec(**fields))
    assert message in found


def test_charts_come_from_where_the_cluster_allows():
    where = context(repositories=["https://charts.example.com/"])
    assert release(**REMOTE, where=where)["version"] == "6.9.2"
    foreign = {**REMOTE, "repository": "https://evil.example.org"}
    assert "is none of the platform's repositories" in problems(lambda: release(**foreign, where=where))[0]


def test_nobody_connects_to_what_offers_nothing():
    [found] = problems(lambda: manifests.connection("podinfo", HelmApplicationSpec(**REMOTE), context(), "A"))
    assert found == "shop.podinfo.endpoint: is missing, so nobody can connect: for example endpoint=Endpoint(port=9898)"


# Whatever comes


@given(strategies.helm_applications, st.sampled_from([*PROFILES, "pr-42"]), strategies.names)
@settings(max_examples=60)
def test_every_accepted_spec_builds_in_every_environment_and_pleases_every_rule(spec, environment, name):
    where = context(environment)
    built = manifests.helm_application(name, spec, where)
    assert findings(map(Resource.from_manifest, built), packs.active(where.profile.environment)) == []
    said = manifests.release(name, spec, where, SECRET, None if spec.repository else GREETER)
    assert said["namespace"] == where.namespace
    json.dumps(said)


@given(
    st.dictionaries(
        st.sampled_from(["greeting", "token", "replicaCount", "image", "service", "podAnnotations", "global"]) | st.text(max_size=8),
        strategies.json_values,
        max_size=4,
    )
)
@settings(max_examples=150)
def test_no_values_crash_and_every_problem_names_its_place(values):
    found = []
    try:
        manifests.release("podinfo", HelmApplicationSpec(chart="chart", values=values), context(), {}, GREETER)
    except SpecError as error:
        found = list(error.problems)
    assert [each for each in found if "HelmApplicationSpec.values: " not in each and not each.startswith("shop.podinfo.values")] == []
