"""`lienthong prepare`: the warehouse on a PostgreSQL server that others run, made or brought to the present schema.

Everything comes from settings (`infra/deployment/lienthong.env.example`); nothing is generated, nothing is written to a
file. The local runtime makes its own in `infra.databases`, with the same schema.
"""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import psycopg

from connectors.errors import SettingMissing, SettingWrong
from connectors.settings import setting
from infra.databases import WAREHOUSE, WAREHOUSE_ROLES, create_database, database_dsn, ensure_login

ADMIN, KEY = "LIENTHONG_DSN_ADMIN", "LIENTHONG_HMAC_KEY"
# The setting of each login role; the owner of the database is called as the database of the local runtime.
ROLES = {WAREHOUSE: "LIENTHONG_DSN_OWNER"} | {role: f"LIENTHONG_DSN_{role.upper()}" for role in WAREHOUSE_ROLES}
SETTINGS = (ADMIN, *ROLES.values(), KEY)
LEAST_KEY_LENGTH = 32


def read_settings() -> dict[str, str]:
    """The connection strings and the key; one error names all that are missing or do not fit together."""
    values: dict[str, str] = {}
    missing = []
    for name in SETTINGS:
        try:
            values[name] = setting(name)
        except SettingMissing:
            missing.append(name)
    if missing:
        raise SettingMissing(
            expected=", ".join(SETTINGS),
            found=f"nothing for {', '.join(missing)}",
            where="the environment",
            next_step="Fill in infra/deployment/lienthong.env.example and load it (set -a; . lienthong.env).",
        )
    for name, wrong in _faults(values):
        raise SettingWrong(
            expected=wrong, found="something else", where="the environment", next_step=f"Correct {name}."
        )
    return values


def prepare_warehouse(values: Mapping[str, str], *, may_replace_key: bool = False) -> str:
    """Makes database, schema, roles and key, and logs in as every role; returns `host:port/database`.

    Repeatable: on a warehouse that is there it applies what is new. Another pseudonym key than the one in use is
    refused, because every person would get another pseudonym, unless `may_replace_key`.
    """
    from connectors.warehouse.schema import apply_ddl

    server, database = values[ADMIN], urlsplit(values[ROLES[WAREHOUSE]]).path.strip("/")
    for role, name in ROLES.items():
        ensure_login(server, role, unquote(urlsplit(values[name]).password or ""))
    create_database(server, database, WAREHOUSE)
    admin = database_dsn(server, database)
    apply_ddl(admin)
    _keep_key(admin, values[KEY], may_replace=may_replace_key)
    for role, name in ROLES.items():
        _log_in(role, name, values[name])
    place = urlsplit(values[ROLES[WAREHOUSE]])
    return f"{place.hostname}:{place.port or 5432}/{database}"


def _faults(values: Mapping[str, str]) -> list[tuple[str, str]]:
    database = (
        urlsplit(values[ROLES[WAREHOUSE]]).path if len(urlsplit(values[ROLES[WAREHOUSE]]).path) > 1 else "/DATABASE"
    )
    faults = []
    for role, name in ROLES.items():
        parts = urlsplit(values[name])
        if (parts.username, parts.path) != (role, database) or not parts.password:
            faults.append((name, f"postgresql://{role}:PASSWORD@HOST:PORT{database}"))
    if len(values[KEY]) < LEAST_KEY_LENGTH:
        faults.append((KEY, f"a secret of at least {LEAST_KEY_LENGTH} characters"))
    return faults


def _keep_key(admin: str, key: str, *, may_replace: bool) -> None:
    with psycopg.connect(admin) as conn:
        row = conn.execute("select key = convert_to(%s, 'UTF8') from raw._pseudonym_key", (key,)).fetchone()
        if row is not None and not row[0] and not may_replace:
            raise SettingWrong(
                expected="the pseudonym key that this warehouse was made with",
                found="another one",
                where=KEY,
                next_step="Find the key in your backups. If it is lost or leaked: --new-pseudonym-key, then "
                "`lienthong run --rebuild`; every person then has another pseudonym.",
            )
        conn.execute("select raw.set_pseudonym_key(%s)", (key,))


def _log_in(role: str, name: str, dsn: str) -> None:
    try:
        psycopg.connect(dsn, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        raise SettingWrong(
            expected=f"{role} to log in",
            found=str(error).strip().splitlines()[0],
            where=name,
            next_step="Let this host in by pg_hba.conf (hostssl, scram-sha-256), or correct host and port.",
        ) from error
