"""The connections of the shop as they were created: ways that NetworkPolicies leave open, rights of IAM roles, variables of pods."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
from integration.network.world import declared_ways, open_ways
from integration.shop.conftest import Shop

from idp_components.bucket import resources as bucket
from idp_components.core import labels
from idp_components.queue import resources as queue
from idp_components.topic import resources as topic

REACHED_BY = "networkpolicies,deployments,statefulsets,cronjobs,jobs,services,ingresses"
LEVELS = {"Queue": queue.LEVELS, "Topic": topic.LEVELS, "Bucket": bucket.LEVELS}
"""Actions by level of access of the kinds that grant rights."""
ADDRESS = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)-dev\.svc\.cluster\.local\b")

Edges = set[tuple[str, str, str]]
"""Who uses what, and by which port or level of access."""


def the_graph_shows_what_was_created(shop: Shop, kubectl: Callable[..., Any]) -> None:
    """Each connection of `idp graph` exists, and no other one."""
    stacks = [f"{team}-dev" for team in shop.teams]
    graph = drawn(shop, *stacks, "--json")
    objects = [each for stack in stacks for each in kubectl("get", REACHED_BY, "-n", stack)["items"]]
    objects = [each for each in objects if "ownerReferences" not in each["metadata"]]  # a run of a CronJob is its pod once more
    secrets = [each for stack in stacks for each in kubectl("get", "secrets", "-n", stack)["items"]]
    rooms = [kubectl("get", "namespace", stack) for stack in stacks]
    assert sorted(map(str, open_ways([*objects, *rooms]))) == sorted(map(str, declared_ways([*objects, *rooms], graph)))
    edges = {(edge["from"], edge["to"], edge["by"]) for edge in graph["edges"]}
    made = {value: node for stack in stacks for value, node in outputs(shop.state(stack)).items()}
    kinds = {node["id"]: node["kind"] for node in graph["nodes"]}
    assert set(granted(shop, made, kinds)) == {edge for edge in edges if kinds[edge[1]] in LEVELS}
    assert set(told(objects, made, secrets)) == {(source, target) for source, target, _ in edges}
    assert {node for node, kind in kinds.items() if kind} == {node for stack in stacks for node in components(shop.state(stack))}


def drawn(shop: Shop, *arguments: str) -> dict[str, Any]:
    """What `idp graph` prints."""
    command = [str(Path(sys.executable).with_name("idp")), "graph", *arguments]
    return dict(json.loads(subprocess.run(command, cwd=shop.folder, env=shop.env, capture_output=True, text=True, check=True).stdout))


def components(state: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Components of a state that can be connected, by node of the graph."""
    made = [each for each in state.values() if each["type"].startswith("idp:index:") and each["type"] != "idp:index:Team"]
    return {f"{each['inputs']['team']}/{each['urn'].rsplit('::', 1)[1]}": each for each in made}


def outputs(state: Mapping[str, Any]) -> dict[str, str]:
    """Which node of the graph each output of a component belongs to."""
    return {value: node for node, each in components(state).items() for value in each.get("outputs", {}).values() if isinstance(value, str)}


def granted(shop: Shop, made: Mapping[str, str], kinds: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """What the roles of the shop's workloads may do, as edges."""
    names = {"endpoint_url": "AWS_ENDPOINT_URL", "region_name": "AWS_REGION"}
    keys = {"aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY"}
    iam = boto3.client("iam", **{option: shop.env[variable] for option, variable in (names | keys).items()})
    for role in iam.list_roles()["Roles"]:
        team = next((team for team in shop.teams if role["RoleName"].startswith(f"{team}-dev-")), None)
        if team is None:
            continue
        source = f"{team}/{role['RoleName'].removeprefix(f'{team}-dev-')}"
        allowed: dict[str, set[str]] = {}
        for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)["PolicyDocument"]
            for statement in document["Statement"]:
                for arn in statement["Resource"]:
                    allowed.setdefault(made[arn.removesuffix("/*")], set()).update(statement["Action"])
        for target, actions in allowed.items():
            plain = actions - {*bucket.ON_BUCKET}
            yield source, target, next(level for level, of_level in LEVELS[kinds[target]].items() if {*of_level} == plain)


def told(objects: list[Mapping[str, Any]], made: Mapping[str, str], secrets: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Whose addresses the workloads find in their variables, in the clear or in a Secret. Parts of a database know their own."""
    hidden = {
        (each["metadata"]["namespace"], each["metadata"]["name"], key): base64.b64decode(value).decode()
        for each in secrets
        for key, value in each.get("data", {}).items()
    }
    for each in objects:
        if each["kind"] not in ("Deployment", "StatefulSet", "CronJob"):
            continue
        carried = each["metadata"]["labels"]
        pod = each["spec"].get("jobTemplate", each)["spec"]["template"]["spec"]
        for variable in (variable for container in pod["containers"] for variable in container.get("env", ())):
            kept = variable.get("valueFrom", {}).get("secretKeyRef", {})
            value = variable.get("value") or hidden.get((each["metadata"]["namespace"], kept.get("name"), kept.get("key")), "")
            address = ADDRESS.search(value)
            target = f"{address[2]}/{address[1]}" if address else made.get(value)
            source = f"{carried[labels.TEAM]}/{carried[labels.NAME]}"
            if target and target != source and not source.startswith(f"{target}-"):
                yield source, target
