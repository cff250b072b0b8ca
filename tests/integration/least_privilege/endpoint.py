"""An AWS endpoint of the test's own: a process of moto that refuses what IAM doesn't allow."""

from __future__ import annotations

import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from idp_sandbox.process import wait_until

REGION = "eu-central-1"
ADMINISTRATOR = {"aws_access_key_id": "administrator", "aws_secret_access_key": "administrator"}
REFUSED = 403


@dataclass(frozen=True)
class Endpoint:
    """Where it answers."""

    url: str

    def client(self, service: str, **credentials: str) -> Any:
        """A client of botocore, that sends whatever it is given."""
        config = Config(parameter_validation=False, retries={"max_attempts": 0}, request_checksum_calculation="when_required")
        return botocore.session.Session().create_client(
            service, region_name=REGION, endpoint_url=self.url, config=config, **(credentials or ADMINISTRATOR)
        )

    def enforce(self, on: bool) -> None:
        """Ask IAM about every request from here on, or about none."""
        request = urllib.request.Request(
            f"{self.url}/moto-api/reset-auth", data=b"0" if on else b"inf", headers={"Content-Type": "text/plain"}
        )
        urllib.request.urlopen(request, timeout=10).close()

    def session(self, role: str) -> Mapping[str, str]:
        """Credentials of a session of a role, as a pod gets them for its service account's token."""
        answer = self.client("sts").assume_role_with_web_identity(RoleArn=role, RoleSessionName="pod", WebIdentityToken="token-of-a-pod")
        keys = {"aws_access_key_id": "AccessKeyId", "aws_secret_access_key": "SecretAccessKey", "aws_session_token": "SessionToken"}
        return {name: answer["Credentials"][key] for name, key in keys.items()}


def refusal(client: Any, operation: str, members: Mapping[str, Any]) -> str:
    """`denied` where IAM refuses the call; the service's own complaint; or nothing where it is done."""
    try:
        client._make_api_call(operation, dict(members))
    except ClientError as error:
        by_iam = "AccessDenied" in str(error) or operation.startswith("Head")  # an answer to HEAD has no body
        return "denied" if error.response["ResponseMetadata"]["HTTPStatusCode"] == REFUSED and by_iam else str(error)
    return ""


@contextmanager
def running(log: Path) -> Iterator[Endpoint]:
    """An endpoint on a free port of loopback, and none afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-P", str(Path(__file__).with_name("server.py")), "--host", "127.0.0.1", "--port", str(port)]
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        endpoint = Endpoint(f"http://127.0.0.1:{port}")
        try:
            assert wait_until(lambda: _answers(endpoint), 60), log.read_text()
            yield endpoint
        finally:
            process.terminate()


def _answers(endpoint: Endpoint) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint.url}/moto-api/", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
