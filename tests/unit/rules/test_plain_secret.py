"""The table of properties that hold a credential says what the AWS provider of Pulumi says."""

import re
from functools import cache
from pathlib import Path

import pulumi_aws

from idp_components.rules.aws.plain_secret import NESTED, TOP
from idp_components.rules.model import aws_kind

KIND = re.compile(r"super\(\w+, __self__\)\.__init__\(\s*'([^']+)'")
KEPT = re.compile(r'__dict__\["(\w+)"\] = None if \w+ is None else pulumi\.Output\.secret\(')
APPLE = ("ApnsChannel", "ApnsSandboxChannel", "ApnsVoipChannel", "ApnsVoipSandboxChannel")
NO_CREDENTIAL = {
    # certificates and public keys
    *(("dms/Certificate", name) for name in ("certificatePem", "certificateWallet")),
    *(("iot/CaCertificate", name) for name in ("caCertificatePem", "verificationCertificatePem")),
    *(("iot/Certificate", name) for name in ("caPem", "certificatePem")),
    *(("transfer/Certificate", name) for name in ("certificate", "certificateChain")),
    ("iot/Authorizer", "tokenSigningPublicKeys"),
    # names, and what a person is shown
    *((f"pinpoint/{kind}", name) for kind in APPLE for name in ("bundleId", "certificate", "teamId", "tokenKeyId")),
    *(("s3/ObjectCopy", name) for name in ("kmsEncryptionContext", "kmsKeyId")),
    *(("transfer/Server", name) for name in ("postAuthenticationLoginBanner", "preAuthenticationLoginBanner")),
    ("directoryservice/SharedDirectory", "notes"),
    ("pinpoint/AdmChannel", "clientId"),
    ("redshiftserverless/Namespace", "adminUsername"),
    ("sns/PlatformApplication", "platformPrincipal"),
    # what AWS' support gives to the owner of one bucket
    ("s3/BucketObjectLockConfiguration", "token"),
    ("s3/BucketReplicationConfig", "token"),
    # settings, of which some may be credentials: aws-secret-variable judges each, and `NESTED` has the one of Glue
    ("appconfig/HostedConfigurationVersion", "content"),
    ("bedrock/AgentcoreHarness", "environmentVariables"),
    ("cloudcontrol/Resource", "schema"),
    ("glue/Connection", "athenaProperties"),
    ("glue/Connection", "connectionProperties"),
    ("mwaa/Environment", "airflowConfigurationOptions"),
}
"""What the provider keeps secret all the same."""


@cache
def kept() -> set[tuple[str, str]]:
    """Each kind and property that the installed provider makes a secret of Pulumi by itself."""
    texts = [path.read_text(encoding="utf-8") for path in Path(pulumi_aws.__file__).parent.glob("*/[!_]*.py")]
    return {
        (aws_kind(kind[1]), re.sub("_([a-z])", lambda letter: letter[1].upper(), name))
        for text in texts
        if "Output.secret(" in text and (kind := KIND.search(text))
        for name in KEPT.findall(text)
    }


def test_the_table_has_what_the_provider_keeps_secret_but_for_what_is_no_credential() -> None:
    assert {(kind, name) for kind, ways in TOP.items() for (name,) in ways} == kept() - NO_CREDENTIAL
    assert kept() >= NO_CREDENTIAL


def test_what_is_written_by_hand_is_not_in_the_file_too() -> None:
    assert not {(kind, way) for kind, ways in NESTED.items() for way in ways if way in TOP.get(kind, ())}
