"""Who reaches what in the VPC: two security groups for each thing that listens there."""

from __future__ import annotations

from idp_components.core import naming
from idp_components.core.aws import Aws, Ref, physical_name, tags
from idp_components.core.context import Context

GROUP = "aws:ec2/securityGroup:SecurityGroup"
PREFIX = "idp-"
"""Start of a group's name: EC2 keeps names that start with `sg-` for itself, and a team may be called so."""
MAX_GROUP_NAME = 255
"""Characters (EC2, CreateSecurityGroup)."""


def clients(name: str) -> str:
    """Logical name of the security group whose members may connect."""
    return naming.child(name, "clients")


def security_groups(name: str, role: str, port: int, context: Context, what: str) -> list[Aws]:
    """A group for the server, `<name>-<role>`, and one for its clients: into the first only members of the second come, on its port."""
    server, described = naming.child(name, role), {"tags": tags(name, context)}
    way = {"ipProtocol": "tcp", "fromPort": port, "toPort": port}

    def group(child: str, description: str) -> Aws:
        called = f"{PREFIX}{physical_name(context, child, MAX_GROUP_NAME - len(PREFIX))}"
        named = {"name": called, "description": description}
        return Aws(GROUP, child, {**named, "vpcId": context.cluster.vpc_id, **described})

    def rule(role: str, direction: str, owner: str, peer: str) -> Aws:
        token = f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule"
        ends = {"securityGroupId": Ref(owner, "id"), "referencedSecurityGroupId": Ref(peer, "id")}
        return Aws(token, naming.child(name, role), {**ends, **way, **described})

    return [
        group(server, f"{what}: its port, from its clients alone"),
        group(clients(name), f"pods that may connect to {what}"),
        rule("from-clients", "Ingress", server, clients(name)),
        rule(f"to-{role}", "Egress", clients(name), server),
    ]
