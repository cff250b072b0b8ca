"""The scripts that run inside the database's own image: logins with least privilege, and backups.

Passwords come by the environment and never stand in an argument, where every process of the node could read them.
"""

from __future__ import annotations

from idp_components.database.engines import LOGINS, login, variable
from idp_components.database.plan import Plan

FOLDER = "/etc/database"
MASTER_FILE = "/run/master/password"
BACKUPS = "/backups"
POSTGRES_LOGINS = r"""\set ON_ERROR_STOP on
\getenv database PGDATABASE
\getenv read_only_password READ_ONLY_PASSWORD
\getenv read_write_password READ_WRITE_PASSWORD
\getenv owner_password OWNER_PASSWORD

SELECT format('CREATE ROLE %I LOGIN', wanted) FROM unnest(ARRAY['read_only', 'read_write', 'owner']) AS wanted
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) \gexec
ALTER ROLE read_only PASSWORD :'read_only_password';
ALTER ROLE read_write PASSWORD :'read_write_password';
ALTER ROLE owner PASSWORD :'owner_password';

GRANT owner TO CURRENT_USER;
ALTER DATABASE :"database" OWNER TO owner;
SET ROLE owner;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO read_only, read_write;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO read_only, read_write;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO read_only;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO read_only;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO read_write;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO read_write;
-- What the owner makes later, for example in a migration:
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO read_only;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO read_only;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO read_write;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO read_write;
"""
"""For psql. The owner of a database owns its schema `public` too (PostgreSQL 15, role `pg_database_owner`)."""

MYSQL_RIGHTS = {"read-only": "SELECT, SHOW VIEW", "read-write": "SELECT, INSERT, UPDATE, DELETE, SHOW VIEW", "owner": "ALL PRIVILEGES"}
MYSQL_CLIENT = '{program} --host="$MYSQL_HOST" --port="$MYSQL_TCP_PORT" --user="$MYSQL_USER" --ssl-mode=REQUIRED'


def logins_files(plan: Plan) -> dict[str, str]:
    """The files of the Job that makes the logins; it runs `logins.sh`."""
    start = f"set -eu\nif [ -r {MASTER_FILE} ]; then {plan.engine.variables['password']}=$(cat {MASTER_FILE}); fi\n"
    start += f"export {plan.engine.variables['password']}\n"
    if plan.engine.name == "postgres":
        files = {"logins.sh": f"{start}exec psql --no-psqlrc --quiet --file={FOLDER}/logins.sql\n", "logins.sql": POSTGRES_LOGINS}
    else:
        files = {"logins.sh": f"{start}{MYSQL_CLIENT.format(program='mysql')} <<SQL\n{mysql_logins(plan.database)}SQL\n"}
    return {f"{FOLDER}/{name}": content for name, content in files.items()}


def mysql_logins(database: str) -> str:
    """For the shell, which puts the passwords in on the way to the client's standard input."""
    # In a GRANT `_` stands for any character; a backslash makes it mean itself, and the shell wants that twice.
    escaped = database.replace("_", r"\\_")
    schema = rf"\`{escaped}\`.*"
    lines = []
    for access in LOGINS:
        user = f"'{login(access)}'@'%'"
        identified = f"{user} IDENTIFIED BY '${variable(access)}' REQUIRE SSL;"
        lines += [
            f"CREATE USER IF NOT EXISTS {identified}",
            f"ALTER USER {identified}",
            f"GRANT {MYSQL_RIGHTS[access]} ON {schema} TO {user};",
        ]
    return "".join(f"{line}\n" for line in lines)


def backup_file(plan: Plan) -> str:
    """The shell script that makes one dump and forgets the oldest."""
    if plan.engine.name == "postgres":
        dump = 'pg_dump --format=custom --file="$file.partial"'
    else:
        client = MYSQL_CLIENT.format(program="mysqldump")
        options = "--single-transaction --no-tablespaces --set-gtid-purged=OFF --routines --events"
        dump = f'{client} {options} --result-file="$file.partial" "$MYSQL_DATABASE"'
    return (
        "set -eu\n"
        f'file="{BACKUPS}/$(date -u +%Y-%m-%dT%H-%M-%SZ).dump"\n'
        f"rm -f {BACKUPS}/*.partial\n"
        f"{dump}\n"
        'mv "$file.partial" "$file"\n'
        f"ls -1 {BACKUPS}/*.dump | sort | head -n -{plan.backup_days} | xargs -r rm --\n"
    )
