"""What the AWS account has of environments: databases that can be stopped, and whatever carries an environment's tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from idp_components.core import labels

DATABASE = "aws:rds/instance:Instance"
BY_ARN: Mapping[str, tuple[str, str]] = {
    "aws:ec2/securityGroup:SecurityGroup": ("ec2", r"security-group/(.+)"),
    "aws:kms/key:Key": ("kms", r"key/(.+)"),
    "aws:sns/topic:Topic": ("sns", r"([^:/]+)"),
    "aws:sqs/queue:Queue": ("sqs", r"([^:/]+)"),
}
"""Service, and resource part of the ARN, of the types whose ID AWS decides."""


OPTIONS = {
    "region_name": "AWS_REGION",
    "endpoint_url": "AWS_ENDPOINT_URL",
    "aws_access_key_id": "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "AWS_SESSION_TOKEN",
}


class AccountError(Exception):
    """AWS refused or could not be asked; the message is its own."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code
        """AWS' own word for what went wrong; empty where it said nothing."""


class Account:
    """The account of the environment variables in `env`; nobody is asked before something of AWS is at stake."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self._clients: dict[str, Any] = {}

    def tagged(self, team: str, environment: str, name: str | None = None) -> list[str]:
        """ARNs of what carries an environment's tags, as the Resource Groups Tagging API lists them. Raises AccountError.

        IAM isn't part of it. What was deleted a moment ago may still be listed.
        """
        wanted = {labels.TEAM: team, labels.ENVIRONMENT: environment, **({labels.NAME: name} if name else {})}
        filters = [{"Key": key, "Values": [value]} for key, value in wanted.items()]
        pages = self.ask("resourcegroupstaggingapi", "get_resources", pages=True, TagFilters=filters)
        return [found["ResourceARN"] for page in pages for found in page["ResourceTagMappingList"]]

    def find(self, kind: str, inputs: Mapping[str, Any]) -> str | None:
        """ID of the resource of a type whose tags are those of `inputs`, and whose name, where it has one. Raises AccountError."""
        tags = inputs.get("tags") or {}
        if kind not in BY_ARN or labels.TEAM not in tags:
            return None
        service, pattern = BY_ARN[kind]
        for arn in self.tagged(tags[labels.TEAM], tags[labels.ENVIRONMENT], tags.get(labels.NAME)):
            _, _, its_service, _, _, resource = arn.split(":", 5)
            match = re.fullmatch(pattern, resource)
            if its_service == service and match and inputs.get("name", match[1]) == match[1]:
                queue = self.ask("sqs", "get_queue_url", QueueName=match[1]) if service == "sqs" else {}
                return str(queue.get("QueueUrl") or (arn if service == "sns" else match[1]))
        return None

    def stop(self, databases: Iterable[str]) -> list[str]:
        """Stop the RDS instances that run; those that were. Raises AccountError. AWS starts a stopped one after seven days."""
        return self._turn(databases, "available", "stop_db_instance")

    def start(self, databases: Iterable[str]) -> list[str]:
        """Start the RDS instances that are stopped; those that were. Raises AccountError."""
        return self._turn(databases, "stopped", "start_db_instance")

    def _turn(self, databases: Iterable[str], state: str, operation: str) -> list[str]:
        turned = []
        for identifier in databases:
            found = self.ask("rds", "describe_db_instances", DBInstanceIdentifier=identifier)["DBInstances"]
            if found and found[0]["DBInstanceStatus"] == state:
                self.ask("rds", operation, DBInstanceIdentifier=identifier)
                turned.append(identifier)
        return turned

    @property
    def is_known(self) -> bool:
        """Whether there is somebody to ask: botocore, a region and credentials."""
        try:
            import botocore.session
        except ImportError:
            return False
        session = botocore.session.Session()
        has_region = self.env.get("AWS_REGION") or session.get_config_variable("region")
        return bool(has_region and (self.env.get("AWS_ACCESS_KEY_ID") or session.get_credentials()))

    def ask(self, service: str, operation: str, *, pages: bool = False, **members: Any) -> Any:
        """The answer of one operation, or with `pages` the list of all its pages. Raises AccountError."""
        try:
            import botocore.session
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError:
            raise AccountError("AWS is asked through botocore, which is missing: pip install 'idp-components[aws]'") from None
        try:
            client = self._clients.get(service) or self._clients.setdefault(service, self._client(botocore.session.Session(), service))
            if pages:
                return list(client.get_paginator(operation).paginate(**members))
            return getattr(client, operation)(**members)
        except (BotoCoreError, ClientError) as error:
            code = error.response["Error"].get("Code", "") if isinstance(error, ClientError) else ""
            raise AccountError(f"{service}: {error}", code) from error

    def _client(self, session: Any, service: str) -> Any:
        """Credentials that the variables hold, else those that AWS' own rules find: profile, web identity, instance."""
        told = {option: self.env.get(variable) for option, variable in OPTIONS.items()}
        return session.create_client(service, **{option: value for option, value in told.items() if value})


def databases(state: Mapping[str, Any]) -> list[str]:
    """Identifiers of the RDS instances in an exported state that can be stopped: not those that a replica reads from, nor replicas."""
    resources = (state.get("deployment") or {}).get("resources") or ()
    instances = [resource for resource in resources if resource["type"] == DATABASE]
    sources = {str(instance.get("inputs", {}).get("replicateSourceDb")) for instance in instances}
    return [
        str(instance["id"])
        for instance in instances
        if not instance.get("inputs", {}).get("replicateSourceDb") and not {str(instance["id"]), _name(instance)} & sources
    ]


def of_aws(state: Mapping[str, Any]) -> bool:
    """Whether an exported state has, or may have, something of AWS."""
    deployment = state.get("deployment") or {}
    begun = [operation["resource"] for operation in deployment.get("pending_operations") or ()]
    return any(resource["type"].startswith("aws:") for resource in [*(deployment.get("resources") or ()), *begun])


def _name(instance: Mapping[str, Any]) -> str:
    return str(instance.get("outputs", {}).get("identifier") or instance["id"])
