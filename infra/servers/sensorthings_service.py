"""A SensorThings service (OGC 18-088, version 1.1) on loopback: django-ogc-sensorthings over a SQLite file.

Things, datastreams and observations are written through the service itself, by POST, observations also many at once
(`CreateObservations`, its Data Array extension). An empty database is filled from the file LOAD first.

Run: `python -m infra.servers.sensorthings_service PORT DATABASE [LOAD DISTURBANCE]`.
"""

import sys
from pathlib import Path
from uuid import UUID

import django
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from django.http import HttpRequest, JsonResponse
from django.urls import include, path

from infra.servers.disturbance import Disturbed

SERVICE = "air_observations"
BACKEND = "sensorthings.versions.v1_1.backends.django"
PAGE = 500
POSTED_AT_ONCE = 20_000


def configure(port: int, database: Path) -> None:
    """Settings of the service; the links in its answers carry the port."""
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(database)}},
        DATA_UPLOAD_MAX_MEMORY_SIZE=64 * 1024 * 1024,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["sensorthings.versions.v1_1", BACKEND, "sensorthings.versions.v1_1.extensions.dataarray"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="loopback only, no sessions",  # noqa: S106 (nothing is signed)
        SENSORTHINGS_V1_1_BACKEND_ADAPTER=f"{BACKEND}.adapter.DjangoBackendAdapter",
        SENSORTHINGS_V1_1_ID_DELIMITER="'",
        SENSORTHINGS_V1_1_ID_TYPE=UUID,
        SENSORTHINGS_V1_1_MAX_POST_DATA_ARRAY_OBSERVATIONS=POSTED_AT_ONCE,
        SENSORTHINGS_V1_1_MAX_TOP=PAGE,
        SENSORTHINGS_V1_1_SERVICE_URL=f"http://127.0.0.1:{port}/sensorthings",
        USE_TZ=True,
    )
    django.setup()


def fill(load: Path) -> None:
    """Fill a database without Things, all or nothing."""
    from django.db import transaction
    from sensorthings.versions.v1_1.backends.django.models import Thing

    from infra.servers.sensorthings_load import load_entities

    with transaction.atomic():
        if not Thing.objects.exists():
            load_entities(load)


def main() -> None:
    """Make the tables and serve until told to stop."""
    port, database = int(sys.argv[1]), Path(sys.argv[2])
    configure(port, database)
    call_command("migrate", verbosity=0)
    # The library reads its settings when it is imported.
    from infra.servers.sensorthings_expand import install

    install()
    urlpatterns.append(path("healthz", healthy))
    urlpatterns.append(path("sensorthings/", include("sensorthings.versions.v1_1.urls")))
    app = get_asgi_application()
    if len(sys.argv) > 3:
        fill(Path(sys.argv[3]))
        app = Disturbed(app, Path(sys.argv[4]), service=SERVICE, total="@iot.count")
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off")


def healthy(_request: HttpRequest) -> JsonResponse:
    """The answer of a service that runs."""
    return JsonResponse({"status": "ok"})


urlpatterns: list[object] = []

if __name__ == "__main__":
    main()
