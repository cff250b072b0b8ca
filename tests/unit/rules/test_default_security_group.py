"""Which rule may be one of a default security group, before the update says what its group is called."""

import pytest

from idp_components.rules.aws.security_group import default_security_group
from idp_components.rules.field import UNKNOWN
from idp_components.rules.model import Resource, Stack

DEFAULT, OWN, VPC = "urn:default", "urn:own", "urn:vpc"


@pytest.mark.parametrize(
    ("after", "undecided"),
    [((), [True]), ((DEFAULT,), [True]), ((OWN, VPC), [True]), ((OWN,), [])],
    ids=["nobody knows", "the default group", "the VPC", "a group of its own"],
)
def test_a_rule_of_an_unknown_group_may_be_of_what_it_was_made_after(after: tuple[str, ...], undecided: list[bool]) -> None:
    rule = Resource(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "web", {"securityGroupId": UNKNOWN}, urn="urn:rule", dependencies=after
    )
    stack = [
        Resource("aws:ec2/vpc:Vpc", "main", {}, urn=VPC),
        Resource("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "none", {"vpcId": UNKNOWN}, urn=DEFAULT),
        Resource("aws:ec2/securityGroup:SecurityGroup", "web", {}, urn=OWN),
        rule,
    ]
    found = list(default_security_group.check(Stack(stack), {}))
    assert [(resource, problem.undecided) for resource, problem in found] == [(rule, each) for each in undecided]
