"""Fills the database of the SensorThings service at once, through its own models; by POST it would take minutes.

Imported only after Django is set up. The entities are those of `infra/demo/air_stations.py`.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sensorthings.versions.v1_1.backends.django.models import (
    Datastream,
    FeatureOfInterest,
    Location,
    Observation,
    ObservedProperty,
    Sensor,
    Thing,
)

GEOJSON = "application/geo+json"
PROPERTY = "https://dd.eionet.europa.eu/vocabulary/aq/pollutant/"


def load_entities(path: Path) -> int:
    """Writes all entities of the file into the empty database; returns the number of observations."""
    things: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["things"]
    streams = [(thing, one) for thing in things for one in thing["datastreams"]]
    properties = {name: _property(name) for name in dict.fromkeys(one["parameter"] for _, one in streams)}
    ObservedProperty.objects.bulk_create(properties.values())
    sensor = Sensor.objects.create(name="analyser", description="-", encoding_type=Sensor.HTML, metadata="-")
    made = {thing["id"]: Thing(UUID(thing["id"]), thing["name"], "-", thing["properties"]) for thing in things}
    Thing.objects.bulk_create(made.values())
    features = {}
    for thing in things:
        point = {"type": "Point", "coordinates": thing["location"]}
        place = Location.objects.create(name=thing["name"], description="-", encoding_type=GEOJSON, location=point)
        place.things.set([made[thing["id"]]])
        features[thing["id"]] = FeatureOfInterest.objects.create(
            name=thing["name"], description="-", encoding_type=GEOJSON, feature=point
        )
    Datastream.objects.bulk_create(
        _datastream(one, made[thing["id"]], sensor, properties[one["parameter"]]) for thing, one in streams
    )
    rows = [
        _observation(row, one["id"], features[thing["id"]]) for thing, one in streams for row in one["observations"]
    ]
    Observation.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def _property(name: str) -> ObservedProperty:
    return ObservedProperty(name=name, definition=PROPERTY + name, description=name)


def _datastream(one: dict[str, Any], thing: Thing, sensor: Sensor, observed: ObservedProperty) -> Datastream:
    return Datastream(
        id=UUID(one["id"]),
        name=f"{thing.properties['ma_tram']} {one['parameter']}",
        description=f"mean over {one['averaging']}",
        unit_of_measurement={"name": one["unit"], "symbol": one["unit"], "definition": "https://ucum.org"},
        observation_type=Datastream.OM_MEASUREMENT,
        properties={"averaging": one["averaging"]},
        thing=thing,
        sensor=sensor,
        observed_property=observed,
    )


def _observation(row: dict[str, Any], datastream_id: str, feature: FeatureOfInterest) -> Observation:
    return Observation(
        id=UUID(row["id"]),
        phenomenon_time_begin=datetime.fromisoformat(row["phenomenonTime"]),
        result=row["result"],
        result_time=datetime.fromisoformat(row["resultTime"]),
        result_quality=row["resultQuality"],
        datastream_id=UUID(datastream_id),
        feature_of_interest=feature,
    )
