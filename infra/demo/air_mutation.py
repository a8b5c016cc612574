"""A working day at the national network: every clean datastream gets the observations from its last one to now.

They are posted to the service as a logger would, many at once (Data Array extension).
"""

from datetime import datetime
from typing import Any

import httpx

from connectors.errors import Stop
from infra.demo.air_observations import DELAY, make_observations
from infra.demo.air_stations import SYSTEM, make_stations
from infra.demo.changes import Changes
from infra.demo.monitoring_files import LOCAL

LAST = 10
COMPONENTS = ("phenomenonTime", "result", "resultTime", "resultQuality")


def post_next_observations(root: str, changes: Changes, *, seed: int, now: datetime) -> None:
    """Post what was averaged since; `seed` is that of the sources, by which the stations are known."""
    with httpx.Client(base_url=root, trust_env=False, timeout=60) as client:
        groups = [
            {"Datastream": {"@iot.id": key}, "components": list(COMPONENTS), "dataArray": rows}
            for key, rows in _next_rows(client, seed=seed, now=now)
        ]
        if not groups:
            return
        links = client.post("/CreateObservations", json=groups).raise_for_status().json()
    if refused := sum("Observations(" not in link for link in links):
        raise Stop(
            expected="every observation taken",
            found=f"{refused} of {len(links)} refused",
            where=f"{root}/CreateObservations",
            next_step="Look at the log of the service; make the sources anew with `make clean run`.",
        )
    changes.note(f"{SYSTEM}.observation", "added", [link.partition("('")[2].partition("'")[0] for link in links])


def _next_rows(client: httpx.Client, *, seed: int, now: datetime) -> list[tuple[str, list[list[Any]]]]:
    known = {one.key: one for station in make_stations(seed=seed, today=now.date()) for one in station.datastreams}
    found = _datastreams(client)
    rows = []
    for name, one in known.items():
        key, last = found[name]
        start = last + one.averaging
        count = int((now - DELAY - start) / one.averaging)
        made = make_observations(one, seed=seed, start=start, count=count) if count > 0 else []
        if made:
            rows.append((key, [[row[component] for component in COMPONENTS] for row in made]))
    return rows


def _datastreams(client: httpx.Client) -> dict[str, tuple[str, datetime]]:
    """Id and last time of every datastream, by its key in the generator; a few results may have become known late."""
    last = f"Observations($orderby=resultTime desc;$top={LAST};$select=phenomenonTime)"
    answer = client.get("/Datastreams", params={"$expand": f"Thing($select=properties),ObservedProperty,{last}"})
    return {
        f"{one['Thing']['properties']['ma_tram']}/{one['ObservedProperty']['name']}": (
            one["@iot.id"],
            max(datetime.fromisoformat(row["phenomenonTime"]) for row in one["Observations"]).astimezone(LOCAL),
        )
        for one in answer.raise_for_status().json()["value"]
    }
