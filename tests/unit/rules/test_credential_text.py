"""What is a credential by its name, in a value, in a line of shell and in a file of settings."""

import time

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from idp_components.rules.credential_name import is_secret_name
from idp_components.rules.credential_text import ends_in_credential, has_credential, has_credential_line, is_credential
from idp_components.rules.field import UNKNOWN
from idp_components.rules.settings_text import settings


def told(*texts, verdict=True):
    return [(text, verdict) for text in texts]


NAMES = told(
    "DB_PASSWORD",
    "apiKey",
    "PGPASSWORD",
    "ADMIN_PW",
    "DBPASS",
    "storePassword",
    "spring.datasource.password",
    "Jwt__Key",
    "AZURE_STORAGE_KEY",
    "AIRFLOW__CORE__FERNET_KEY",
    "HMAC_KEY",
    "COOKIE_KEY",
    "RABBITMQ_ERLANG_COOKIE",
    "NEO4J_AUTH",
    "SECRET_KEY_BASE",
    "NEXT_PUBLIC_STRIPE_SECRET_KEY",
    "TOKEN_SERVICE_PASSWORD",
    "ssh-key",
    "DBPWD",
    "ROOTPW",
    "SSHPASS",
    "ACCESSTOKEN",
    "AUTHTOKEN",
    "x-honeycomb-team",
    "PASSWORD_HASH",
    "PASSWORD_PROD",
    "SECRET_NEW",
    "TOKEN_CI",
    "PASSWORD_1",
    "MASTER_PASSWORD",
    "PASSWORD_DOMAIN_ADMIN",
) + told(
    "TOKEN_TTL",
    "TOKEN_VALIDITY",
    "PASSWORD_FILE",
    "MAX_TOKENS",
    "BYPASS",
    "PARTITION_KEY",
    "S3_KEY",
    "greeting",
    "JWT_PUBLIC_KEY",
    "publicKeyToken",
    "passwordKey",
    "existingSecretPasswordKey",
    "secretEnv",
    "password-stdin",
    "TOKEN_TABLE",
    "TOKEN_QUEUE",
    "TOKEN_USE",
    "SECRET_STAGE",
    "PASSWORD_COLUMN",
    "passwordLabel",
    "token.example.com:aud",
    "TOKEN_STORAGE",
    "password-encoder",
    "password_hashing_module",
    "passwordValidators",
    "secretLoader",
    "credential_helper",
    "TOKEN_LIFESPAN",
    "PASSWORD_COMPLEXITY",
    "OLDPWD",
    "HONEYCOMB_TEAM",
    "",
    None,
    7,
    UNKNOWN,
    "PASSWORD" * 40,
    verdict=False,
)
VALUES = told("hunter2", "correct-horse", "123456", "a/b", "neo4j/hunter2", "$2y$10$abc", "boto3(x", "!!str hunter2") + told(
    "",
    " ",
    "true",
    "None",
    "<password>",
    "***",
    "/run/secrets/db",
    "https://login.example.com/token",
    "$(PW)",
    "${PW}",
    "$PW",
    "{{ pw }}",
    "%PW%",
    "%(PW)s",
    "$__file{/etc/pw}",
    "$__env{PW}",
    "#{ENV['PW']}",
    "vault:secret/db#pw",
    "arn:aws:ssm:x",
    "gcp:secretmanager:projects/1/secrets/a",
    "db-pw@azurekeyvault?key",
    "projects/1/secrets/db/versions/1",
    "ENC[AES256_GCM,data:x]",
    "{cipher}abc",
    "{COQLCE6DU6GtcS5P=}",
    "AQICAHhLk3",
    "-----BEGIN PUBLIC KEY-----\nMIIB\n",
    "process.env.PW",
    "getenv('PW')",
    "boto3.client('s').get('PW')",
    "`cat /run/pw`",
    "@{store:pw}",
    "!secret db_pw",
    "!ENV ${PW}",
    "include",
    7,
    None,
    UNKNOWN,
    verdict=False,
)
TEXTS = told(
    "postgres://app:hunter2@db/shop",
    "Server=db;User Id=app;Password=hunter2;",
    "host=db password=hunter2",
    "app:hunter2@tcp(db:3306)/shop",
    "-Xmx1g -Da.keyStorePassword=hunter2",
    "jdbc:mysql://h/d?user=a&password=hunter2",
    "Authorization: Bearer abcdef0123",
    "Authorization=Basic%20YWRtaW46aHVudGVyMg==",
    '"authorization", "token abcdef01"',
    "CREATE ROLE a PASSWORD 'hunter2'",
    "IDENTIFIED WITH caching_sha2_password BY 'hunter2'",
    "https://discord.com/api/webhooks/12345/" + "a1B2" * 6,
    "https://a/b?sv=2022&sp=r&sig=abc%2Bdef%3D",
    '{"auths": {"ghcr.io": {"auth": "dTpodW50ZXIy"}}}',
    "-----BEGIN EC PRIVATE KEY-----",
    "curl -u admin:hunter2 https://a",
    "mysql -uroot -phunter2",
    "mongosh -u a -p hunter2",
    "net user a hunter2",
    "az login -u a -p hunter2",
    "echo a:hunter2 | chpasswd",
    "echo hunter2 | docker login --password-stdin",
    'ConvertTo-SecureString -String "hunter2" -AsPlainText',
    "chpasswd: {list: 'a:hunter2'}",
    "rabbitmqctl -n a change_password my-app 'hunter2'",
    "mc --insecure alias set a http://a b hunter2",
    "mc config host add a $URL $KEY hunter2",
    "${DB_PASSWORD:-hunter2}",
    'PGPASSWORD="${PGPASSWORD:=hunter2}"',
    "password=[hunter]2",
    "password=(hunter2)",
    "password=hunter[2]",
    "password='`hunter2'",
) + told(
    "postgres://app@db/shop",
    "https://a/b?sv=1",
    "Authorization: Bearer $TOKEN",
    "the authorization token required",
    "ALTER ROLE a PASSWORD :'pw'",
    "ALTER ROLE a PASSWORD '$PW'",
    "mysql -p shop",
    "docker run -p 80:80 login",
    "echo a:$PW | chpasswd",
    "net user a /active:no",
    "password == other",
    "password=`cat /run/pw`",
    "password = reply['pw']",
    "password = params[:pw]",
    "password=(\\S+)",
    "password='[^']*'",
    "password=[MASKED]",
    'password=***"}',
    'sh -c "a --password=\\"$PW\\""',
    "rabbitmqctl add_user app\nrabbitmqctl status",
    "rabbitmqctl add_user app 2>/dev/null",
    "mc alias set a http://a && mc mb a/b",
    "${PASSWORD:-}",
    "${PASSWORD:-$OTHER}",
    "${PASSWORD_FILE:-hunter2}",
    "${password-encoder}",
    "f(a, password=password)",
    7,
    None,
    verdict=False,
)
LINES = told(
    "export API_TOKEN=abcdef0123",
    "app --password hunter2 -v",
    "app -token hunter2",
    "--db-password=hunter2",
    "helm --set auth.password=hunter2",
    '{"password":"hunter2"}',
    '"{\\"password\\": \\"hunter2\\"}"',
    "api_key: 5f1c7a",
    "-e POSTGRES_PASSWORD=hunter2",
    "kubectl --from-literal=token=5f1c7a",
    "x-tenant=a,api-key=5f1c7a",
    "$env:TOKEN='x1'",
) + told(
    "TOKEN=$(cat /run/token)",
    'app --password "$PW"',
    "--password --verbose",
    "app --token-ttl 60",
    "TOKEN=",
    "gcloud --secret=db",
    "docker build --secret id=db",
    "app --password-stdin ghcr.io",
    "--no-password db",
    "$TOKEN=x",
    "token=reply['token']",
    "token=[^&]+",
    verdict=False,
)
FILES = (
    ("app.env", "export DB_PASSWORD='hunter2'", [("DB_PASSWORD", "hunter2")]),
    ("redis.conf", "requirepass hunter2", [("requirepass", "hunter2")]),
    ("a.yaml", "a: {password: hunter2}", [("password", "hunter2")]),
    ("job", "- {name: TOKEN, value: abc}", [("TOKEN", "abc"), ("value", "abc"), ("name", "TOKEN")]),
    ("a.xml", "<a><password kind='x1'> hunter2 </password></a>", [("password", "hunter2"), ("kind", "x1")]),
    ("web.config", '<add key="ApiKey" value="5f1c7a"/>', [("key", "ApiKey"), ("value", "5f1c7a"), ("ApiKey", "5f1c7a")]),
    ("hive-site.xml", "<name>pw</name>\n<value>a1</value>", [("name", "pw"), ("value", "a1"), ("pw", "a1")]),
    ("a.php", "define('PW', 'a1'); $pw['token'] = 'b2'; ['key' => 'c3']", [("PW", "a1"), ("token", "b2"), ("key", "c3")]),
    ("a.py", 'PW = "a1"\nTOKEN = "token"\nif PW == "a2": pass\n', [("PW", "a1")]),
    (".pgpass", "# a\nh:1:d:u:hunter2\n", [("password", "hunter2")]),
    (".netrc", "machine a login b password hunter2", [("password", "hunter2")]),
    ("userlist.txt", '"a" "hunter2"', [("password", "hunter2")]),
    ("users.acl", "user a on >hunter2 ~*", [("password", "hunter2")]),
    ("haproxy.cfg", "  stats auth a:hunter2", [("password", "hunter2"), ("stats", "auth a:hunter2")]),
    ("de.properties", "label.password=Passwort\nhelp.password=At least 8 letters\n", []),
    ("notes.md", "password: hunter2", []),
)
LONGEST = 2.0
"""Seconds that no text of this many characters may take: patterns that look back and forth would take hours."""
LONG = 20_000
PIECES = (
    "a",
    "-",
    "'",
    '"',
    " ",
    "\n",
    "=",
    ":",
    "a:",
    "--a ",
    "curl ",
    "mysql ",
    "mc alias set ",
    "rabbitmqctl ",
    "${password:-",
    "`",
    "[",
    "password ",
    "password=",
    "token: ",
    "<a ",
    "<a>",
    "?sv=",
)
AROUND = "password token \"auths\" chpasswd login curl mysql mc rabbitmqctl ${ '://' @ authorization &sig= "
FILE_NAMES = ("a", "a.yaml", "a.json", "a.env", "a.xml", "a.py", "a.conf", "a.cfg", "a.acl", "pgpass", ".netrc", "userlist.txt")


@pytest.mark.parametrize(("name", "secret"), NAMES)
def test_a_name_is_one_of_a_credential_or_not(name, secret):
    assert is_secret_name(name) is secret


@pytest.mark.parametrize(("value", "secret"), VALUES)
def test_a_value_under_a_secret_name_is_a_credential_unless_it_is_nothing_or_says_where_it_lies(value, secret):
    assert is_credential("PASSWORD", value) is secret


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("DB_SECRET", "prod/shop/db", False),
        ("DB_CREDENTIALS_SECRET", "shop/rds-main", False),
        ("dbCredentials", "prod/shop/db", False),
        ("DB_PASSWORD", "prod/shop/db", True),
        ("DB_SECRET", "hunter", True),
        ("CLIENT_SECRET", "aB3/xY9+", True),
        ("DB_CREDENTIALS", "admin/hunter2", True),
    ],
)
def test_under_a_name_for_a_whole_secret_a_path_of_words_only_says_how_it_is_called(name, value, secret):
    assert is_credential(name, value) is secret


@pytest.mark.parametrize(("text", "found"), TEXTS)
def test_a_text_has_a_credential_or_not(text, found):
    assert has_credential(text) is found


@pytest.mark.parametrize(("line", "found"), LINES)
def test_a_line_gives_a_credential_its_name_or_not(line, found):
    assert has_credential_line(line) is found


@pytest.mark.parametrize(("name", "text", "found"), FILES)
def test_a_file_is_read_by_its_name(name, text, found):
    assert sorted(settings(name, text)) == sorted(found)


def test_a_password_counts_for_the_argument_that_has_it():
    assert ends_in_credential("curl -u", "admin:hunter2")
    assert not ends_in_credential("curl -u admin:hunter2", "https://a")
    assert not ends_in_credential("curl -u", UNKNOWN)


@given(
    text=st.text() | st.lists(st.sampled_from([*PIECES, *(str(text) for text, _ in TEXTS + LINES)]), max_size=8).map("".join),
    name=st.sampled_from(FILE_NAMES),
)
def test_no_text_makes_them_raise(text, name):
    has_credential(text)
    has_credential_line(text)
    is_credential(text, text)
    ends_in_credential(text, text)
    for key, value in settings(name, text):
        is_credential(key, value)


@examples(max_examples=40)
@given(piece=st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join), name=st.sampled_from(FILE_NAMES))
def test_a_long_text_is_read_quickly(piece, name):
    text = AROUND + piece * (LONG // len(piece))
    start = time.process_time()
    has_credential_line(text)
    list(settings(name, text))
    assert time.process_time() - start < LONGEST
