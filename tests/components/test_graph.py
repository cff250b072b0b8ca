"""The connection graph is what the stacks declare, and what they register."""

import json
import re

import pytest
from click.testing import CliRunner

from idp_components.cli.graph import graph as command
from idp_components.graph import graph
from idp_components.render import declared

STACKS = ("checkout-dev", "catalog-dev", "storefront-dev")


@pytest.fixture(scope="module")
def shop():
    return [declared(stack) for stack in STACKS]


def test_every_edge_is_a_registered_connection_and_every_connection_an_edge(shop):
    registered = set()
    for (recording, _), stack in zip(shop, STACKS, strict=True):
        for resource in recording.resources:
            if resource.type.startswith("idp:index:"):
                registered |= {(f"{stack.removesuffix('-dev')}/{resource.name}", use) for use in resource.props.get("uses", [])}
    found = graph(ledger for _, ledger in shop)
    assert {(edge.source, f"{edge.target}:{edge.by}") for edge in found.edges} == registered
    assert len(found.edges) > 10


def test_every_registered_policy_opens_exactly_the_edges_inside_of_a_team(shop):
    found = graph(ledger for _, ledger in shop)
    opened = set()
    for (recording, _), stack in zip(shop, STACKS, strict=True):
        team = stack.removesuffix("-dev")
        for manifest in recording.manifests():
            if manifest["kind"] == "NetworkPolicy" and "-to-" in manifest["metadata"]["name"]:
                provider = manifest["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
                (peer,) = manifest["spec"]["ingress"][0]["from"]
                opened.add((f"{team}/{peer['podSelector']['matchLabels']['app.kubernetes.io/name']}", f"{team}/{provider}"))
    inside = {
        (edge.source, edge.target)
        for edge in found.edges
        if edge.by.split()[0].isdigit() and edge.source.split("/")[0] == edge.target.split("/")[0]
    }
    # The Jobs of a database are parts of it, and reach nothing else.
    assert {(source, target) for source, target in opened if not source.startswith(f"{target}-")} == inside


def test_the_command_prints_a_flowchart_and_json():
    text = CliRunner().invoke(command, ["checkout-dev"], catch_exceptions=False).output
    assert text.startswith("flowchart LR\n  subgraph catalog[catalog]\n")
    assert "  checkout_checkoutservice -->|send| checkout_confirmations\n" in text
    assert "    checkout_confirmations[[confirmations]]\n" in text
    plain = json.loads(CliRunner().invoke(command, ["checkout-dev", "--json"], catch_exceptions=False).output)
    assert {"from": "checkout/checkoutservice", "to": "checkout/confirmations", "by": "send"} in plain["edges"]
    assert {"id": "catalog/productcatalogservice", "team": "catalog", "name": "productcatalogservice", "kind": None} in plain["nodes"]


LINE = re.compile(
    r"flowchart LR|  subgraph \w+\[[a-z0-9-]+\]|  end"
    r"|    (?P<node>\w+)(\[[a-z0-9-]+\]|\(\[[a-z0-9-]+\]\)|\[\[[a-z0-9-]+\]\]|>[a-z0-9-]+\]|\[\([a-z0-9-]+\)\])"
    r"|  (?P<source>\w+) -->\|[a-z0-9 -]+\| (?P<target>\w+)"
)
"""What Mermaid's documentation ("Flowcharts - Basic Syntax") takes of what the command prints."""


def test_each_line_of_the_flowchart_is_mermaids_and_each_end_of_an_arrow_is_a_node(shop):
    found = graph(ledger for _, ledger in shop)
    lines = [LINE.fullmatch(line) for line in found.mermaid().splitlines()]
    assert None not in lines
    nodes = [line["node"] for line in lines if line["node"]]
    assert len(nodes) == len(set(nodes)) == len(found.nodes)
    assert {line[end] for line in lines for end in ("source", "target") if line[end]} <= set(nodes)


def test_an_unknown_stack_is_one_clear_error():
    done = CliRunner().invoke(command, ["nobody-dev"])
    assert done.exit_code == 2
    assert "team 'nobody' does not exist" in done.output
