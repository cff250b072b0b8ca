"""A rule about credentials that stand in a program as plain text, and where each kind of resource holds one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.load_balancer import LISTENER_RULES, LISTENERS
from idp_components.rules.aws.tables import table
from idp_components.rules.aws.ways import below
from idp_components.rules.field import UNKNOWN, Field, Problem, SecretText
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.regex import regex

_Ways = tuple[tuple[str, ...], ...]
FILE = Path(__file__).with_suffix(".txt")
PARAMETER = "ssm/Parameter"
ELASTIC_CLUSTER = "docdb/ElasticCluster"
ADDRESS = regex(r"arn:aws[a-z-]*:secretsmanager:")
"""Where a credential is kept, which such a cluster takes in place of its password."""
_MASTER_USER: _Ways = (("advancedSecurityOptions", "masterUserOptions", "masterUserPassword"),)
NESTED: Mapping[str, _Ways] = {
    **dict.fromkeys(LISTENERS, (("defaultActions", "authenticateOidc", "clientSecret"),)),
    **dict.fromkeys(LISTENER_RULES, (("actions", "authenticateOidc", "clientSecret"),)),
    "appstream/DirectoryConfig": (("serviceAccountCredentials", "accountPassword"),),
    "cloudwatch/EventConnection": (
        ("authParameters", "apiKey", "value"),
        ("authParameters", "basic", "password"),
        ("authParameters", "oauth", "clientParameters", "clientSecret"),
    ),
    "codepipeline/Pipeline": (("stages", "actions", "configuration", "OAuthToken"),),
    "codepipeline/Webhook": (("authenticationConfiguration", "secretToken"),),
    "cognito/IdentityProvider": (("providerDetails", "client_secret"),),
    "datasync/LocationAzureBlob": (("sasConfiguration", "token"),),
    "datasync/LocationFsxOntapFileSystem": (("protocol", "smb", "password"),),
    "directoryservice/Trust": (("trustPassword",),),
    "dms/Endpoint": (
        ("kafkaSettings", "saslPassword"),
        ("kafkaSettings", "sslClientKeyPassword"),
        ("oracleSettings", "asmPassword"),
        ("redisSettings", "authPassword"),
    ),
    "elasticache/User": (("authenticationMode", "passwords"),),
    "elasticsearch/Domain": _MASTER_USER,
    "emr/Cluster": (
        ("kerberosAttributes", "adDomainJoinPassword"),
        ("kerberosAttributes", "crossRealmTrustPrincipalPassword"),
        ("kerberosAttributes", "kdcAdminPassword"),
    ),
    "fsx/OntapStorageVirtualMachine": (("activeDirectoryConfiguration", "selfManagedActiveDirectoryConfiguration", "password"),),
    "fsx/WindowsFileSystem": (("selfManagedActiveDirectory", "password"), ("selfManagedActiveDirectory", "passwordWo")),
    "glue/Connection": (("connectionProperties", "PASSWORD"),),
    "kinesis/FirehoseDeliveryStream": (
        ("httpEndpointConfiguration", "accessKey"),
        ("redshiftConfiguration", "password"),
        ("snowflakeConfiguration", "keyPassphrase"),
        ("snowflakeConfiguration", "privateKey"),
        ("splunkConfiguration", "hecToken"),
    ),
    "kms/CustomKeyStore": (("keyStorePassword",), ("xksProxyAuthenticationCredential", "rawSecretAccessKey")),
    "memorydb/User": (("authenticationMode", "passwords"),),
    "mq/Broker": (("users", "password"), ("ldapServerMetadata", "serviceAccountPassword")),
    "opensearch/Domain": _MASTER_USER,
    "quicksight/DataSource": (("credentials", "credentialPair", "password"),),
    "sagemaker/Workforce": (("oidcConfig", "clientSecret"),),
    "storagegateway/Gateway": (("smbActiveDirectorySettings", "password"),),
    "verifiedaccess/TrustProvider": (("nativeApplicationOidcOptions", "clientSecret"), ("oidcOptions", "clientSecret")),
}
"""Those that the file doesn't have: they lie deeper, or the provider keeps them no secret. The way may lead through lists."""


TOP: Mapping[str, _Ways] = {kind: tuple((name,) for name in names) for kind, names in table(FILE).items()}
"""Properties that the provider itself keeps secret, but for those that hold no credential."""
SECRETS: Mapping[str, _Ways] = {kind: TOP.get(kind, ()) + NESTED.get(kind, ()) for kind in (*TOP, *NESTED)}
"""Where each kind holds a credential."""


@aws_rule(
    "aws-plain-secret",
    *SECRETS,
    title="No password stands in a program as plain text.",
    severity=Severity.CRITICAL,
    rationale="It is in the repository, in the stack's state and in every log of an update, for everybody who reads them.",
    fix="Use a Database or a Cache, which make their passwords; otherwise set manageMasterUserPassword or take a secret of the config.",
    source="https://www.pulumi.com/docs/iac/concepts/secrets/",
    framework=None,
)
def plain_secret(resource: Resource, _options: Options) -> Iterator[Problem]:
    decisive: tuple[Field, ...] = ()
    if resource.aws == PARAMETER:
        kind = resource.root.get("type")
        if kind.value not in ("SecureString", UNKNOWN):
            return  # whether it should be one is asked by aws-ssm-secure-string
        decisive = (kind,)
    if resource.aws == ELASTIC_CLUSTER:
        kind, password = resource.root.get("authType"), resource.root.get("adminUserPassword").value
        if isinstance(password, str) and ADDRESS.match(password):
            if kind.value == "SECRET_ARN":
                return  # the password is in the secret of this ARN
            decisive = (kind,)
    for way in SECRETS[resource.aws]:
        for value in below(resource.root, way):
            # What is only known after the update was made by something, and stands in no program.
            if isinstance(value.value, str) and value.value and not isinstance(value.value, SecretText):
                yield value.problem("is plain text; make it a secret of Pulumi, or let AWS manage it", *decisive)


RULES = (plain_secret,)
