"""Where the demonstration sources keep their files: `<home>/demo`."""

from datetime import date, datetime
from pathlib import Path

from connectors.settings import home
from infra.demo.monitoring_files import LOCAL


def demo_folder() -> Path:
    """The folder of all demonstration sources."""
    return home() / "demo"


def ground_truth_path() -> Path:
    """The list of faults made on purpose."""
    return demo_folder() / "ground_truth.csv"


def register_path() -> Path:
    """The register that the permit service reads."""
    return demo_folder() / "environment_permits.json"


def disturbance_path() -> Path:
    """What the services are told to do wrong; absent when all is well."""
    return demo_folder() / "disturbance.json"


def feed_folder() -> Path:
    """The folder that the SFTP server shows."""
    return demo_folder() / "sftp"


def exports_folder() -> Path:
    """The drop folder of the cadastral exports."""
    return demo_folder() / "land_exports"


def workbooks_folder() -> Path:
    """The drop folder of the workbook of licence corners."""
    return demo_folder() / "mineral_workbooks"


def protected_areas_folder() -> Path:
    """The drop folder of the register of protected areas."""
    return demo_folder() / "protected_areas"


def air_database_path() -> Path:
    """The database of the SensorThings service of the national network."""
    return demo_folder() / "air_observations.sqlite"


def air_entities_path() -> Path:
    """What that database is filled with when it is made."""
    return demo_folder() / "air_observations.json"


def keys_folder() -> Path:
    """Host key, client key and the lists of known keys of the SFTP server."""
    return demo_folder() / "keys"


def local_today() -> date:
    """Today in Vietnam, whatever the clock of this machine is set to."""
    return datetime.now(LOCAL).date()
