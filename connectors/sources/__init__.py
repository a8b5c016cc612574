"""The source systems: one YAML each says what it is; the private modules are one access method each.

Nothing here knows the warehouse or writes files; `connectors/landing.py` brings both ends together.
"""

from importlib import import_module

from connectors.contracts import SourceContract
from connectors.sources._reading import KeyedSource, Reading, Rejected, Request, SeenFile, Source

__all__ = ["KeyedSource", "Reading", "Rejected", "Request", "SeenFile", "Source", "open_source"]

_METHODS = {
    "sql": "_sql:SqlSource",
    "ogc_features": "_ogc_features:OgcFeaturesSource",
    "http_json": "_http_json:HttpJsonSource",
    "sftp_lines": "_sftp_lines:SftpSource",
    "files": "_files:FilesSource",
    "sensorthings": "_sensorthings:SensorThingsSource",
}


def open_source(contract: SourceContract) -> Source:
    """The source system of a contract, open for reading; close it with `with`.

    Raises `SourceUnavailable` when it cannot be reached and `SettingMissing` when its connection is not set.
    """
    module, _, name = _METHODS[contract.access.kind].partition(":")
    source: Source = getattr(import_module(f"connectors.sources.{module}"), name)(contract)
    return source
