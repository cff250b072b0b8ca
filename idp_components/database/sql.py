"""The scripts that run inside the database's own image: logins with least privilege, and backups.

Passwords come by the environment and never stand in an argument, where every process of the node could read them.
"""

from __future__ import annotations

from idp_components.database.engines import LOGINS, login, variable
from idp_components.database.plan import Plan

FOLDER = "/etc/database"
MASTER_FILE = "/run/master/password"
BACKUPS = "/backups"
READ, READ_WRITE, OWNER = (login(access) for access in LOGINS)

GETENVS = "".join(f"\\getenv {login(access)}_password {variable(access)}\n" for access in LOGINS)
PASSWORDS = "".join(f"ALTER ROLE {login(access)} PASSWORD :'{login(access)}_password';\n" for access in LOGINS)
POSTGRES_LOGINS = f"""\\set ON_ERROR_STOP on
\\getenv database PGDATABASE
{GETENVS}
SELECT format('CREATE ROLE %I LOGIN', wanted) FROM unnest(ARRAY['{READ}', '{READ_WRITE}', '{OWNER}']) AS wanted
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) \\gexec
{PASSWORDS}
GRANT {OWNER} TO CURRENT_USER;
ALTER DATABASE :"database" OWNER TO {OWNER};
SET ROLE {OWNER};
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO {READ}, {READ_WRITE};
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {READ}, {READ_WRITE};
GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READ};
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {READ};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {READ_WRITE};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {READ_WRITE};
-- What the owner makes later, for example in a migration:
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {READ};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO {READ};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {READ_WRITE};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {READ_WRITE};
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
