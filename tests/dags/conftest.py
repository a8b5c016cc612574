"""Airflow as a library: DAG files are read, nothing runs, no metadata database."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest

from connectors.settings import project_root


@dataclass(frozen=True)
class ReadDags:
    """What Airflow makes of our DAG files."""

    dags: dict[str, Any]
    import_errors: dict[str, str]
    captured_warnings: dict[str, Any]


@pytest.fixture(scope="session")
def airflow_library(tmp_path_factory: pytest.TempPathFactory, _own_environment: None) -> Iterator[None]:
    """Airflow can be imported; it writes into a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        patch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        patch.setenv("PYTHONPATH", str(project_root()))
        # Airflow's own imports warn of things that we cannot change; what our files cause is looked at by a test.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import_module("airflow.dag_processing.dagbag")
        yield


@pytest.fixture(scope="session")
def read(airflow_library: None) -> ReadDags:
    """All DAG files as the DAG processor reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(project_root() / "dags")
    return ReadDags(dict(bag.dags), dict(bag.import_errors), dict(bag.captured_warnings))


@pytest.fixture(scope="session")
def dags(read: ReadDags) -> dict[str, Any]:
    """The DAGs by id."""
    return read.dags
