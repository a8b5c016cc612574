"""`lienthong demo break` and `repair`: one fault at a time, each undone exactly.

What is broken stands in `<home>/demo/broken.json` from before the first change on, so that an interrupted call can be
repaired as well.
"""

import json
from pathlib import Path

from connectors.errors import Stop
from infra.demo import land_breakage, places, service_breakage
from infra.demo.source_servers import start_servers
from infra.settings_file import write_private


def active_fault() -> str | None:
    """The fault that the sources have now, or None."""
    state = _state()
    return str(state["fault"]) if state else None


def break_source(fault: str) -> None:
    """Give the sources a fault; raises `Stop` when they have one already."""
    if active_fault():
        raise Stop(
            expected="sources without a fault",
            found=f"the fault {active_fault()}",
            where=str(_state_path()),
            next_step="Run `lienthong demo repair` first.",
        )
    if not (places.demo_folder() / "filled_with.json").exists():
        raise Stop(
            expected="demonstration sources",
            found="none that are complete",
            where=str(places.demo_folder()),
            next_step="Make them with `make run`.",
        )
    path = service_breakage.bad_file_path() if fault in service_breakage.FILES else None
    write_private(_state_path(), json.dumps({"fault": fault, "file": str(path) if path else None}))
    if fault in land_breakage.STATEMENTS:
        land_breakage.break_land(fault)
    elif fault in service_breakage.DISTURBANCES:
        service_breakage.disturb(fault)
    elif fault in service_breakage.STOPPED:
        service_breakage.stop_source(fault)
    elif path:
        service_breakage.write_bad_file(fault, path)


def repair() -> str | None:
    """Undo the fault and start servers that do not run; the name of the fault, or None if there was none."""
    state = _state()
    places.disturbance_path().unlink(missing_ok=True)
    land_breakage.repair_land()
    if state and state["file"]:
        Path(str(state["file"])).unlink(missing_ok=True)
    start_servers()
    _state_path().unlink(missing_ok=True)
    return str(state["fault"]) if state else None


def _state() -> dict[str, str | None]:
    try:
        return dict(json.loads(_state_path().read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def _state_path() -> Path:
    return places.demo_folder() / "broken.json"
