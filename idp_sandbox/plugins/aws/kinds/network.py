"""EC2's network: VPCs, subnets, security groups and their rules."""

from __future__ import annotations

from idp_sandbox.plugins.aws.kind import Call, Caller, Kind, State, Tagging

OPEN = ("0.0.0.0/0", "::/0")


def _tags(describe: str, answer: str) -> Tagging:
    """Every resource of EC2 is tagged by its id (`Resources`), and shows its tags where it is described."""
    return Tagging(Call("CreateTags"), Call("DeleteTags"), Call(describe, answer=f"{answer}[0].Tags"))


def _closed(api: Caller, old: State, state: State) -> None:
    """AWS lets a new group reach everything; here, as with the official provider, only rules that are declared open it."""
    if old:
        return
    rules = api.call("ec2", "DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": [state["groupId"]]}])
    everything = [
        rule["SecurityGroupRuleId"]
        for rule in rules["SecurityGroupRules"]
        if rule["IsEgress"] and rule["IpProtocol"] == "-1" and (rule.get("CidrIpv4") in OPEN or rule.get("CidrIpv6") in OPEN)
    ]
    if everything:
        api.call("ec2", "RevokeSecurityGroupEgress", GroupId=state["groupId"], SecurityGroupRuleIds=everything)


def _rule(direction: str) -> Kind:
    """A rule of a security group, made with `Authorize…`, found by its own id."""
    permission = "IpPermissions[0]"
    return Kind(
        "ec2",
        Call(f"AuthorizeSecurityGroup{direction}", answer="SecurityGroupRules[0]"),
        (Call("DescribeSecurityGroupRules", answer="SecurityGroupRules[0]"),),
        Call(f"RevokeSecurityGroup{direction}", describes=True),  # moto takes no rule ids here
        identity=("securityGroupRuleId",),
        id="securityGroupRuleId",
        members={
            "securityGroupId": "GroupId",
            "ipProtocol": f"{permission}.IpProtocol",
            "fromPort": f"{permission}.FromPort",
            "toPort": f"{permission}.ToPort",
            "cidrIpv4": f"{permission}.IpRanges[0].CidrIp",
            "cidrIpv6": f"{permission}.Ipv6Ranges[0].CidrIpv6",
            "prefixListId": f"{permission}.PrefixListIds[0].PrefixListId",
            "referencedSecurityGroupId": f"{permission}.UserIdGroupPairs[0].GroupId",
        },
        keys={"SecurityGroupRuleIds": "securityGroupRuleId", "Resources": "securityGroupRuleId"},
        outputs={
            "securityGroupRuleId": "SecurityGroupRuleId",
            "securityGroupId": "GroupId",
            "ipProtocol": "IpProtocol",
            "fromPort": "FromPort",
            "toPort": "ToPort",
            "cidrIpv4": "CidrIpv4",
            "cidrIpv6": "CidrIpv6",
            "prefixListId": "PrefixListId",
            "referencedSecurityGroupId": "ReferencedGroupInfo.GroupId",
        },
        local={"description": None},
        hidden=frozenset({"securityGroupId"}),
        tags=_tags("DescribeSecurityGroupRules", "SecurityGroupRules"),
    )


KINDS = {
    "aws:ec2/vpc:Vpc": Kind(
        "ec2",
        Call("CreateVpc", answer="Vpc"),
        (Call("DescribeVpcs", answer="Vpcs[0]"),),
        Call("DeleteVpc"),
        identity=("vpcId",),
        id="vpcId",
        keys={"VpcIds": "vpcId", "VpcId": "vpcId", "Resources": "vpcId"},
        outputs={"vpcId": "VpcId"},
        tags=_tags("DescribeVpcs", "Vpcs"),
    ),
    "aws:ec2/subnet:Subnet": Kind(
        "ec2",
        Call("CreateSubnet", answer="Subnet"),
        (Call("DescribeSubnets", answer="Subnets[0]"),),
        Call("DeleteSubnet"),
        identity=("subnetId",),
        id="subnetId",
        keys={"SubnetIds": "subnetId", "SubnetId": "subnetId", "Resources": "subnetId"},
        outputs={"subnetId": "SubnetId", "arn": "SubnetArn"},
        tags=_tags("DescribeSubnets", "Subnets"),
    ),
    "aws:ec2/securityGroup:SecurityGroup": Kind(
        "ec2",
        Call("CreateSecurityGroup"),
        (Call("DescribeSecurityGroups", answer="SecurityGroups[0]"),),
        Call("DeleteSecurityGroup"),
        identity=("groupId",),
        id="groupId",
        members={"name": "GroupName"},
        keys={"GroupIds": "groupId", "GroupId": "groupId", "Resources": "groupId"},
        outputs={"groupId": "GroupId", "ownerId": "OwnerId", "arn": "SecurityGroupArn"},
        defaults={"description": "Managed by Pulumi"},
        local={"revokeRulesOnDelete": False},
        named="name",
        tags=_tags("DescribeSecurityGroups", "SecurityGroups"),
        after=_closed,
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule("Ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule("Egress"),
}
