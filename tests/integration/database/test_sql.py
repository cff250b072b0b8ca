"""The logins' SQL on a real PostgreSQL, where one is installed: what each level may do, and what it may not."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from glob import glob
from pathlib import Path

import pytest

from idp_components.core.context import Context
from idp_components.database.engines import LOGINS, login, variable
from idp_components.database.manifests import ALLOWED, CERTIFICATE, POSTGRES_COMMAND, TLS
from idp_components.database.plan import plan
from idp_components.database.spec import DatabaseSpec
from idp_components.database.sql import BACKUPS, FOLDER, backup_file, logins_files

PLAN = plan("orders-db", DatabaseSpec(engine="postgres"), Context.of("shop-dev", {"domain": "example.com"}))
PROGRAMS = sorted(glob("/usr/lib/postgresql/*/bin")) or [str(Path(shutil.which("initdb") or "/none").parent)]
NOBODY = "nobody"
PASSWORDS = {access: f"{login(access)}Password" for access in LOGINS}


class Server:
    """PostgreSQL in a folder of the test's own, started with the settings of the golden path's pod."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = str(probe.getsockname()[1])
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, NOBODY)
        self.run("sh", "-c", self.here(CERTIFICATE))
        self.write("password", "superPassword")
        self.run("initdb", "--pgdata", "data", "--username=postgres", "--pwfile=password", "--auth=scram-sha-256")
        for path, content in {**logins_files(PLAN), f"{FOLDER}/pg_hba.conf": ALLOWED, f"{FOLDER}/backup.sh": backup_file(PLAN)}.items():
            self.write(Path(path).name, self.here(content))
        settings = " ".join(self.here(part) for part in POSTGRES_COMMAND[2:])
        self.run("pg_ctl", "start", "--wait", "--pgdata=data", "--log=log", f"--options=-p {self.port} -k {folder} {settings}")

    def here(self, text):
        """The text with the pod's folders moved below the test's."""
        for path in (TLS, FOLDER, BACKUPS):
            text = text.replace(f"{path}/", f"{self.folder}/")
        return text

    def write(self, name, content):
        (self.folder / name).write_text(content)
        (self.folder / name).chmod(0o644)

    def run(self, *command, user="postgres", password="superPassword", check=True, **more):
        env = {"PATH": f"{PROGRAMS[-1]}:/usr/bin:/bin", "PGHOST": "127.0.0.1", "PGPORT": self.port, "PGUSER": user, "PGSSLMODE": "require"}
        env |= {"PGPASSWORD": password, "PGDATABASE": PLAN.database, "LC_ALL": "C", **more}
        account = pwd.getpwnam(NOBODY)
        dropped = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False, timeout=60, **dropped)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def logins(self, user):
        """Run the Job's script as the Job would."""
        done = self.run("sh", "logins.sh", user=user, **{variable(access): password for access, password in PASSWORDS.items()})
        said = done.stdout + done.stderr
        assert "WARNING" not in said  # of a right that could not be given
        assert [password for password in PASSWORDS.values() if password in said] == []

    def may(self, access, statement):
        """Whether a login may do it, in a transaction that is rolled back."""
        command = f"BEGIN; {statement}; ROLLBACK"
        options = ("--no-psqlrc", "--set=ON_ERROR_STOP=1", "--command", command)
        done = self.run("psql", *options, user=login(access), password=PASSWORDS[access], check=False)
        assert done.returncode == 0 or "permission denied" in done.stderr or "must be owner" in done.stderr, done.stderr
        return done.returncode == 0


@pytest.fixture(scope="module")
def server():
    if not (Path(PROGRAMS[-1]) / "initdb").is_file():
        pytest.skip("no PostgreSQL server is installed here: its programs are what this test runs")
    with tempfile.TemporaryDirectory(prefix="idp-postgres-") as folder:  # not below pytest's, where only its own user may go
        made = Server(Path(folder))
        yield made
        made.run("pg_ctl", "stop", "--pgdata=data", "--mode=immediate")


@pytest.fixture(scope="module")
def ready(server):
    master = "CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD 'superPassword'"  # what the master of RDS may do, and no superuser
    server.run("psql", "--dbname=postgres", "--command", master)
    server.run("createdb", PLAN.database, user="master", PGDATABASE="postgres")
    server.logins("master")
    server.logins("postgres")  # again, and as the superuser of a database in the cluster
    tables = "CREATE TABLE items (id serial PRIMARY KEY, name text); INSERT INTO items (name) VALUES ('one')"
    server.run("psql", "--set=ON_ERROR_STOP=1", "--command", tables, user="owner", password=PASSWORDS["owner"])
    return server


RIGHTS = {
    "SELECT * FROM items": ("read-only", "read-write", "owner"),
    "INSERT INTO items (name) VALUES ('two')": ("read-write", "owner"),
    "UPDATE items SET name = 'two'": ("read-write", "owner"),
    "DELETE FROM items": ("read-write", "owner"),
    "TRUNCATE items": ("owner",),
    "ALTER TABLE items ADD COLUMN price int": ("owner",),
    "CREATE TABLE others (id int)": ("owner",),
    "DROP TABLE items": ("owner",),
    "CREATE SCHEMA others": ("owner",),
    "CREATE TEMPORARY TABLE scratch (id int)": ("owner",),
    "CREATE ROLE intruder": (),
    "SELECT * FROM pg_authid": (),
}


@pytest.mark.parametrize("statement", RIGHTS)
@pytest.mark.parametrize("access", LOGINS)
def test_each_login_may_do_what_its_level_says_and_nothing_else(ready, access, statement):
    assert ready.may(access, statement) == (access in RIGHTS[statement])


def test_nobody_connects_without_tls_or_with_another_password(ready):
    plain = ready.run("psql", "--command", "SELECT 1", user="owner", password=PASSWORDS["owner"], check=False, PGSSLMODE="disable")
    assert "no encryption" in plain.stderr
    wrong = ready.run("psql", "--command", "SELECT 1", user="owner", password="wrong", check=False)
    assert "password authentication failed" in wrong.stderr


def test_a_new_password_takes_the_place_of_the_old_one(ready, monkeypatch):
    monkeypatch.setitem(PASSWORDS, "read-only", "anotherPassword")
    ready.logins("master")
    assert ready.may("read-only", "SELECT * FROM items")
    old = ready.run("psql", "--command", "SELECT 1", user="read_only", password="read_onlyPassword", check=False)
    assert "password authentication failed" in old.stderr
    monkeypatch.undo()
    ready.logins("master")


def test_a_backup_can_be_loaded_and_the_oldest_go(ready):
    for day in range(1, 6):
        (ready.folder / f"2026-11-0{day}T02-00-00Z.dump").touch()
    ready.run("sh", "backup.sh", user="owner", password=PASSWORDS["owner"])
    kept = sorted(path.name for path in ready.folder.glob("*.dump"))
    assert len(kept) == PLAN.backup_days
    assert kept[:2] == ["2026-11-04T02-00-00Z.dump", "2026-11-05T02-00-00Z.dump"]
    assert "TABLE DATA public items" in ready.run("pg_restore", "--list", kept[-1]).stdout


def test_the_question_of_the_probe_needs_no_password(ready):
    assert ready.run("pg_isready", "--quiet", "--host=127.0.0.1", password="").returncode == 0
