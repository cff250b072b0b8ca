"""What is known of an environment: its life from the record, the rest from the state of its stack."""

from datetime import timedelta

import pytest
from unit.environments.fleet import START, at, room, stack

from idp_components.cost.prices import table
from idp_components.environments.facts import cost, facts
from idp_components.environments.inventory import join

NAME = "shop-pr-1"
STACK = f"urn:pulumi:{NAME}::idp::pulumi:pulumi:Stack::idp-{NAME}"
ROOM = f"urn:pulumi:{NAME}::idp::idp:index:EphemeralEnvironment::pr-1"
WEB = f"urn:pulumi:{NAME}::idp::idp:index:Service::web"
POD = {"containers": [{"resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]}
STATE = {
    "deployment": {
        "resources": [
            {"urn": STACK, "type": "pulumi:pulumi:Stack", "outputs": {"urls": {"web": "https://web.example.com/"}}},
            {"urn": ROOM, "type": "idp:index:EphemeralEnvironment", "parent": STACK},
            {"urn": WEB, "type": "idp:index:Service", "parent": STACK},
            {
                "urn": f"{WEB}::kubernetes:apps/v1:Deployment::web",
                "type": "kubernetes:apps/v1:Deployment",
                "custom": True,
                "parent": WEB,
                "inputs": {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 1, "template": {"spec": POD}}},
            },
        ]
    }
}


class World:
    """A world with one state, and an account that has something."""

    def state(self, _environment):
        return STATE

    def seeds(self, _environment):
        return []

    def tagged(self, _environment, _state):
        return ["arn:aws:sqs:eu-central-1:123456789012:shop-pr-1-jobs"]


def environment(**fields):
    (found,) = join([stack(NAME)], [room(NAME, **fields)])
    return found


def test_life_addresses_contents_and_cost_stand_together():
    found = facts(World(), environment(), table(), at(10))
    assert (found["name"], found["state"], found["owner"]) == (NAME, "running", "alice")
    assert found["urls"] == {"web": "https://web.example.com/"}
    assert found["components"] == [{"kind": "Service", "name": "web"}]
    assert found["usd_so_far"] == pytest.approx(found["usd_per_month"] / 730 * 10, abs=0.01)
    assert found["usd_per_month"] > 1
    assert found["aws"]


def test_what_is_over_costs_nothing_more_unless_somebody_keeps_it():
    kept = {"idp/kept-until": "2026-01-11T00:00:00Z", "idp/kept-because": "demo"}
    late = START + timedelta(days=100)
    for there, hours in ((environment(), 24), (environment(leased=kept), 240)):
        found = cost(there, STATE, table(), late)
        assert found["usd_so_far"] == pytest.approx(found["usd_per_month"] / 730 * hours, abs=0.01)


def test_where_the_table_knows_no_price_nothing_is_made_up():
    region = {"urn": "x::y", "type": "pulumi:providers:aws", "inputs": {"region": "mars-1"}}
    state = {"deployment": {"resources": [*STATE["deployment"]["resources"], region]}}
    assert cost(environment(), state, table(), at(10)) == {"usd_per_month": None, "usd_so_far": None, "unknown_costs": 0}
