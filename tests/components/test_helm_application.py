"""A HelmApplication under mocks: what it registers, that secrets stay secret, and that bad values register nothing."""

from pathlib import Path

import pulumi
import pytest

from idp_components import Context, Endpoint, HelmApplication, HelmApplicationSpec, Service, ServiceSpec, SpecError
from idp_components.rules.field import SecretText
from idp_components.testing import run

EXAMPLE = Path(__file__).parents[2] / "examples" / "12-helm-application"


@pytest.fixture(autouse=True)
def in_the_projects_folder(monkeypatch):
    monkeypatch.chdir(EXAMPLE)


def context():
    return Context.of("shop-dev", {"domain": "example.com"})


def greeter(where=None, secrets=None, **fields):
    secrets = {"token": "hunter2-hunter2"} if secrets is None else secrets
    return HelmApplication("greeter", HelmApplicationSpec(chart="chart", **fields), secret_values=secrets, context=where or context())


def test_a_release_is_registered_below_the_component_with_the_charts_path_from_the_program():
    recording = run(greeter)
    release = recording.find("Release", "greeter")
    assert release.type == "kubernetes:helm.sh/v3:Release"
    assert release.parent == recording.find("HelmApplication", "greeter").urn
    assert release.props["chart"] == "./chart"
    assert recording.find("NetworkPolicy", "greeter-release").parent == release.parent
    assert recording.findings() == []


def test_secret_values_are_marked_and_are_no_part_of_the_components_inputs():
    recording = run(lambda: greeter(values={"greeting": "hi"}))
    assert isinstance(recording.find("Release", "greeter").props["values"]["token"], SecretText)
    assert "hunter2" not in str(recording.find("HelmApplication", "greeter").props)


def test_a_secret_that_is_known_only_later_is_awaited():
    def program():
        greeter(secrets={"token": pulumi.Output.from_input("later-later").apply(str.upper)})

    assert run(program).find("Release", "greeter").props["values"]["token"] == "LATER-LATER"


def test_a_service_that_uses_it_gets_its_address_and_bad_connections_are_refused():
    def program():
        where = context()
        chart = greeter(where, endpoint=Endpoint(port=80))
        spec = ServiceSpec(image="registry.example.com/web:v1.0.0", port=8080)
        Service("web", spec, uses=[chart.connection("GREETER")], context=where)
        where.ledger.close()
        assert chart.address == "greeter.shop-dev.svc.cluster.local:80"

    recording = run(program)
    env = recording.find("Deployment", "web").props["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "GREETER", "value": "greeter.shop-dev.svc.cluster.local:80"} in env
    with pytest.raises(SpecError, match=r"shop\.greeter\.endpoint: is missing"):
        run(lambda: greeter().connection("GREETER"))


def test_bad_values_register_nothing():
    where = context()
    with pytest.raises(SpecError, match=r"shop\.greeter\.values\.service\.port: 0 is refused: use at least 1, for example port: 8080"):
        run(lambda: greeter(where, values={"service": {"port": 0}}))
    assert where.ledger.objects == {}


def test_a_chart_that_is_not_there_is_refused():
    with pytest.raises(SpecError, match=r"shop\.web\.chart: 'charts/web' is neither a folder nor a packaged chart"):
        run(lambda: HelmApplication("web", HelmApplicationSpec(chart="charts/web"), context=context()))


def test_another_spec_is_refused():
    with pytest.raises(SpecError, match=r"shop\.web: the spec is a Endpoint: use HelmApplicationSpec"):
        run(lambda: HelmApplication("web", Endpoint(port=80), context=context()))
