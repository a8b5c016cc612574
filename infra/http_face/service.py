"""The HTTP face as a service of the local runtime: started, found again, stopped like the others."""

import sys

import httpx

from connectors.errors import SettingMissing
from connectors.settings import home, project_root, setting, warehouse_dsn
from infra.ports import remembered_port
from infra.processes import free_port, is_running, start_service

SERVICE = "http-face"


def start_http_face() -> str:
    """The address of the HTTP face, started unless it runs already."""
    known = remembered_port(SERVICE)
    port = known if known is not None and is_running(SERVICE) else free_port(SERVICE)
    start_service(
        SERVICE,
        [sys.executable, "-m", "infra.http_face.app", str(port)],
        env={
            "PYTHONPATH": str(project_root()),
            "PYTHONUNBUFFERED": "1",
            "LIENTHONG_DSN_PROCEDURE_READER": warehouse_dsn("procedure_reader"),
            **_receipt_key(),
        },
        ready=lambda: _answers(port),
    )
    return address(port)


def http_face_address() -> str | None:
    """Where it answers, or None when it was never started."""
    port = remembered_port(SERVICE, home())
    return address(port) if port is not None else None


def address(port: int) -> str:
    """The address of a port on loopback."""
    return f"http://127.0.0.1:{port}"


def _receipt_key() -> dict[str, str]:
    """The key of receipts for the service; without one it answers, but issues none."""
    try:
        return {"LIENTHONG_RECEIPT_KEY": setting("LIENTHONG_RECEIPT_KEY")}
    except SettingMissing:
        return {}


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"{address(port)}/healthz", timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
