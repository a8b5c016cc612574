"""The OGC API Features server of the mineral cadastre: tipg over a PostGIS database, with a role that can only read.

The tables are served as collections, also those without geometry. tipg orders by the first key column only, so a
client that pages must send `sortby` with every key column. Run with DATABASE_URL in the environment:
`python -m infra.servers.mineral_features PORT DISTURBANCE`.
"""

import json
import os
import sys
from pathlib import Path

import uvicorn

from infra.servers.disturbance import Disturbed

SERVICE = "mineral_cadastre"
TABLES = ["public.giay_phep", "public.giay_phep_toa_do", "public.giay_phep_ranh_gioi", "public.khu_vuc"]
SETTINGS = {
    "TIPG_NAME": "Cơ sở dữ liệu khoáng sản (dữ liệu mô phỏng)",
    "TIPG_DB_SCHEMAS": '["public"]',
    "TIPG_DB_TABLES": json.dumps(TABLES),
    "TIPG_DB_FUNCTIONS": "[]",
    "TIPG_DB_ONLY_SPATIAL_TABLES": "false",
    "TIPG_DB_SPATIAL_EXTENT": "false",
    "TIPG_DB_DATETIME_EXTENT": "false",
    "TIPG_CACHECONTROL": "no-store",
    "TIPG_ADD_TILES_VIEWER": "false",
    "DB_MAX_CONN_SIZE": "4",
}


def main() -> None:
    """Serve until told to stop."""
    os.environ.update(SETTINGS)
    # tipg reads its settings when it is imported.
    from tipg.main import app

    disturbed = Disturbed(app, Path(sys.argv[2]), service=SERVICE, total="numberMatched")
    uvicorn.run(disturbed, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
