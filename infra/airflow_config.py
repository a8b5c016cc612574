"""The configuration file and the environment of the local Airflow: loopback only, quiet, no examples.

Starting it lives in `infra.airflow`. Its metadata database: `infra.airflow_metadata`.
"""

import base64
import configparser
import io
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from connectors.settings import project_root
from infra.ports import choose_port
from infra.settings_file import keep_secret, prepare_home, write_private

SERVICE = "airflow"
USER = "admin"

# A laptop with two cores: a release that waits for its sources takes one place, the rest read.
PARALLEL_TASKS = 4


@dataclass(frozen=True)
class AirflowPlace:
    """Where the local Airflow of a home lives and how to log in."""

    home: Path
    port: int
    password: str = field(repr=False)

    @property
    def folder(self) -> Path:
        """AIRFLOW_HOME: configuration, logs, the password file."""
        return self.home / "airflow"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def place_airflow(home: Path, *, port: int | None = None) -> AirflowPlace:
    """The place of Airflow in this home: a port chosen once (or the one it runs on), a password generated once."""
    return AirflowPlace(home, port or choose_port(SERVICE, home), keep_secret("LIENTHONG_AIRFLOW_PASSWORD", home))


def write_configuration(place: AirflowPlace, metadata_url: str) -> bool:
    """Write `airflow.cfg` and the password file, both for their owner's eyes only; whether that changed anything."""
    prepare_home(place.folder)
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_dict(_options(place, metadata_url))
    text = io.StringIO()
    parser.write(text)
    # Airflow reads the file with interpolation, where a per cent sign stands for a reference.
    wanted = {
        place.folder / "airflow.cfg": text.getvalue().replace("%", "%%"),
        place.folder / "passwords.json": json.dumps({USER: place.password}),
    }
    stale = [path for path, content in wanted.items() if not path.exists() or path.read_text("utf-8") != content]
    for path in stale:
        write_private(path, wanted[path])
    return bool(stale)


def environment(place: AirflowPlace) -> dict[str, str]:
    """What every Airflow process, and so every task, has in its environment beyond that of this process.

    Nothing reports usage, and calls to loopback never go through a proxy.
    """
    loopback = ",".join(filter(None, [os.environ.get("NO_PROXY", ""), "127.0.0.1", "localhost"]))
    path = os.pathsep.join(filter(None, [str(project_root()), os.environ.get("PYTHONPATH", "")]))
    return {
        "AIRFLOW_HOME": str(place.folder),
        "LIENTHONG_HOME": str(place.home),
        "LIENTHONG_PROJECT": str(project_root()),
        "PYTHONPATH": path,
        # Process titles must not overwrite the mark by which `make stop` finds what a killed scheduler left behind.
        "SPT_NOENV": "1",
        "NO_PROXY": loopback,
        "no_proxy": loopback,
        "DO_NOT_TRACK": "1",
        "SCARF_ANALYTICS": "false",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
    }


def forget_other_airflow() -> None:
    """Drop the settings of another Airflow from this process: a variable would overrule our configuration file."""
    for name in [name for name in os.environ if name.startswith("AIRFLOW__")]:
        del os.environ[name]


def _options(place: AirflowPlace, metadata_url: str) -> dict[str, dict[str, str]]:
    return {
        "core": {
            "executor": "LocalExecutor",
            "dags_folder": str(project_root() / "dags"),
            "plugins_folder": str(place.folder / "plugins"),
            "load_examples": "False",
            "dags_are_paused_at_creation": "True",
            "parallelism": str(PARALLEL_TASKS),
            "execution_api_server_url": f"{place.url}/execution/",
            "simple_auth_manager_users": f"{USER}:admin",
            "simple_auth_manager_passwords_file": str(place.folder / "passwords.json"),
            "fernet_key": _fernet_key(place),
        },
        "api": {
            "host": "127.0.0.1",
            "port": str(place.port),
            "base_url": place.url,
            "workers": "1",
            "instance_name": "Liên Thông",
            "secret_key": keep_secret("LIENTHONG_AIRFLOW_SECRET", place.home),
        },
        "api_auth": {"jwt_secret": keep_secret("LIENTHONG_AIRFLOW_JWT_SECRET", place.home)},
        "database": {
            "sql_alchemy_conn": metadata_url.replace("postgresql://", "postgresql+psycopg2://"),
            "sql_alchemy_conn_async": metadata_url.replace("postgresql://", "postgresql+asyncpg://"),
        },
        "logging": {
            "base_log_folder": str(place.folder / "logs"),
            "dag_processor_child_process_log_directory": str(place.folder / "logs" / "dag_processor"),
            "uvicorn_logging_level": "WARNING",
            # It tells of hundreds of its own functions, in which what a task did would not be seen.
            "namespace_levels": "great_expectations=WARNING",
            "colored_console_log": "False",
        },
        "scheduler": {"catchup_by_default": "False", "scheduler_health_check_server_host": "127.0.0.1"},
        "dag_processor": {
            "parsing_processes": "1",
            "min_file_process_interval": "60",
            "refresh_interval": "60",
            "print_stats_interval": "0",
        },
    }


def _fernet_key(place: AirflowPlace) -> str:
    seed = keep_secret("LIENTHONG_AIRFLOW_FERNET_SEED", place.home)
    return base64.urlsafe_b64encode(seed.encode()[:32].ljust(32, b"=")).decode()
