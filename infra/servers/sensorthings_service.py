"""A SensorThings service (OGC 18-088, version 1.1) on loopback: django-ogc-sensorthings over a SQLite file.

Things, datastreams and observations are written through the service itself, by POST. It is for tests of
`kind: sensorthings`; nothing in the pipeline needs it.

Run: `python -m infra.servers.sensorthings_service PORT DATABASE`.
"""

import sys
from pathlib import Path
from uuid import UUID

import django
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from django.urls import include, path

BACKEND = "sensorthings.versions.v1_1.backends.django"
PAGE = 100


def configure(port: int, database: Path) -> None:
    """Settings of the service; the links in its answers carry the port."""
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(database)}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["sensorthings.versions.v1_1", BACKEND],
        ROOT_URLCONF=__name__,
        SECRET_KEY="loopback only, no sessions",  # noqa: S106 (nothing is signed)
        SENSORTHINGS_V1_1_BACKEND_ADAPTER=f"{BACKEND}.adapter.DjangoBackendAdapter",
        SENSORTHINGS_V1_1_ID_DELIMITER="'",
        SENSORTHINGS_V1_1_ID_TYPE=UUID,
        SENSORTHINGS_V1_1_MAX_TOP=PAGE,
        SENSORTHINGS_V1_1_SERVICE_URL=f"http://127.0.0.1:{port}/sensorthings",
        USE_TZ=True,
    )
    django.setup()


def main() -> None:
    """Make the tables and serve until told to stop."""
    port, database = int(sys.argv[1]), Path(sys.argv[2])
    configure(port, database)
    call_command("migrate", verbosity=0)
    urlpatterns.append(path("sensorthings/", include("sensorthings.versions.v1_1.urls")))
    uvicorn.run(get_asgi_application(), host="127.0.0.1", port=port, log_level="warning", lifespan="off")


urlpatterns: list[object] = []

if __name__ == "__main__":
    main()
