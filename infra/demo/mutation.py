"""`lienthong demo mutate`: change all sources the way a working day does; the keys changed are in `mutation.json`."""

import json
from datetime import UTC, datetime

import psycopg

from connectors.errors import Stop
from connectors.settings import setting
from infra.demo import breakage, places
from infra.demo.air_mutation import post_next_observations
from infra.demo.changes import Changes
from infra.demo.environment_mutation import mutate_register, send_next_files
from infra.demo.ground_truth import Fault, read_ground_truth
from infra.demo.land_candidates import Faulty
from infra.demo.land_mutation import mutate_land
from infra.demo.mineral_mutation import mutate_minerals
from infra.locks import locked
from infra.settings_file import write_private


def mutate(share: float, seed: int) -> Changes:
    """Edits, new rows, deletes and late commits; damaged rows stay as they are, clean ones stay clean."""
    folder = places.demo_folder()
    with locked(folder / "setup.lock"):
        if breakage.active_fault():
            raise Stop(
                expected="sources that work",
                found=f"the fault {breakage.active_fault()}",
                where=str(folder),
                next_step="Run `lienthong demo repair` first.",
            )
        setup = json.loads((folder / "filled_with.json").read_text(encoding="utf-8"))
        faults, changes, now = read_ground_truth(places.ground_truth_path()), Changes(), datetime.now(UTC)
        with psycopg.connect(setting("LIENTHONG_DSN_DEMO_LAND"), options="-c timezone=UTC") as land:
            mutate_land(land, changes, share=share, seed=seed, faulty=_faulty_land(faults), now=now)
        with psycopg.connect(setting("LIENTHONG_DSN_DEMO_MINERAL"), options="-c timezone=UTC") as minerals:
            mutate_minerals(
                minerals,
                changes,
                share=share,
                seed=seed,
                setup_seed=setup["seed"],
                faulty=_keys(faults, "mineral_licence"),
                now=now,
            )
        faulty = {(fault.table, int(fault.source_key)) for fault in faults if fault.system == "environment_permits"}
        mutate_register(places.register_path(), changes, share=share, seed=seed, faulty=faulty, now=now)
        send_next_files(places.feed_folder(), changes, seed=seed, now=now)
        post_next_observations(setting("LIENTHONG_CONN_AIR_OBSERVATIONS"), changes, seed=setup["seed"], now=now)
        report = {"share": share, "seed": seed, "at": now.isoformat()} | changes.as_json()
        write_private(folder / "mutation.json", json.dumps(report, ensure_ascii=False, indent=1))
    return changes


def _keys(faults: list[Fault], dataset: str) -> list[int]:
    return [int(fault.source_key) for fault in faults if fault.dataset == dataset]


def _faulty_land(faults: list[Fault]) -> Faulty:
    """What of the land registry is damaged: parcels themselves, by a use or by their descent; and rights."""
    own = [fault for fault in faults if fault.system == "land_registry"]
    parcels = [int(fault.source_key) for fault in own if fault.table == "parcel"]
    uses = [fault.record_key.partition("|")[0] for fault in own if fault.dataset == "land_parcel_use"]
    rights = [int(fault.source_key) for fault in own if fault.table == "right"]
    return Faulty(parcels + [int(key.rpartition(":")[2]) for key in uses], rights)
