"""Ways to look at the demonstration sources as their users see them."""

import json

import httpx
import psycopg

from connectors.settings import connection
from infra.demo import places
from infra.demo.source_tables import contract_tables

SCALE, SEED = 0.02, 5
KEYS = {"licence": "giay_phep_id", "licence_corner": "giay_phep_id,khoi,thu_tu", "zone": "khu_vuc_id"}
KEYS["licence_boundary"] = "giay_phep_id"


def get(name: str, path: str, **parameters) -> httpx.Response:
    return httpx.get(connection(name) + path, params=parameters, trust_env=False, timeout=20)


def collection(table: str, **parameters) -> dict:
    source = contract_tables("mineral_cadastre")[table]["source"]
    answer = get("mineral_cadastre", f"/collections/{source}/items", f="geojson", sortby=KEYS[table], **parameters)
    return answer.raise_for_status().json()


def land_rows(table: str) -> dict[str, str]:
    """Every row of a land table as text, by its key."""
    contract = contract_tables("land_registry")[table]
    with psycopg.connect(connection("land_registry")) as reader:
        rows = reader.execute(f"select {contract['key'][0]}::text, t::text from {contract['source']} t").fetchall()
    return dict(rows)


def register() -> dict[str, dict[str, str]]:
    lists = json.loads(places.register_path().read_text(encoding="utf-8"))
    keys = {"permits": "giay_phep_id", "facilities": "co_so_id", "eia_decisions": "quyet_dinh_id"}
    return {name: {str(row[keys[name]]): json.dumps(row) for row in rows} for name, rows in lists.items()}


def licences() -> dict[str, str]:
    features = collection("licence", limit=1000)["features"]
    return {str(feature["properties"]["giay_phep_id"]): json.dumps(feature["properties"]) for feature in features}


def feed_files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in places.feed_folder().glob("data/*/*.txt")}


def pages(address: str) -> list[dict]:
    """All entities of a set of the SensorThings service, page by page."""
    following, rows = f"{connection('air_observations')}/{address}", []
    while following:
        answer = httpx.get(following, trust_env=False, timeout=60).raise_for_status().json()
        rows += answer["value"]
        following = answer.get("@iot.nextLink") if answer["value"] else None
    return rows


def things() -> list[dict]:
    """The stations of the national network, each with its Locations."""
    return pages("Things?$expand=Locations")


def observations() -> list[dict]:
    """What the national network observed."""
    return pages("Observations?$expand=Datastream($select=id,name)&$top=500&$orderby=id asc")
