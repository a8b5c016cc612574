"""A correction of django-ogc-sensorthings 1.2.0: every row gets its own entity by `$expand` of a single relation.

As published, `Observations?$expand=Datastream` shows the Datastream of the first row in all rows (`get_collection` in
`sensorthings/core/service.py` takes `entity_data["value"][0]`). Here the related entities are put in place by their
ids. Imported only after Django is set up.
"""

from typing import Any

from asgiref.sync import sync_to_async
from django.apps import apps
from pydantic.alias_generators import to_snake
from sensorthings.http import validate_expand

BACKEND = "sensorthings_v1_1_django_backend"


class OwnRelatedEntity:
    """Goes before the service class of the library (see `install`)."""

    async def get_collection(self, entity_type: Any, context: Any, expand: str | None = None, **options: Any) -> Any:
        """The collection of the library, with each row's single relations corrected."""
        single = {
            name: parameters
            for name, parameters in validate_expand(entity_type, expand).items()
            if name in entity_type.related_entity_type_names
        }
        if single:
            options["select_extra"] = [*(options.get("select_extra") or []), "id"]
        found = await super().get_collection(entity_type, context, expand=expand, **options)  # type: ignore[misc]
        groups = [found] if options.get("group_by") is None else list(found.values())
        rows = [row for group in groups for row in group["value"]]
        for name, parameters in single.items() if rows else ():
            await self._correct(entity_type, rows, name, context, parameters)
        return found

    async def _correct(self, entity_type: Any, rows: list[Any], name: str, context: Any, parameters: Any) -> None:
        field = to_snake(name)
        ids = [row["id"] for row in rows]
        related_ids = await sync_to_async(_related_ids)(entity_type.name, ids, f"{field}_id")
        options = {**parameters, "select_extra": ["id"], "top": len(related_ids)}
        related_type = self.protocol.get_entity_type(name)  # type: ignore[attr-defined]
        related = await self.get_collection(
            related_type, context, group_by=(field, list(set(related_ids.values()))), **options
        )
        by_id = {entity["id"]: entity for group in related.values() for entity in group["value"]}
        is_shown = "id" in (parameters.get("select") or "id").split(",")
        for row in rows:
            entity = by_id[related_ids[row["id"]]]
            row[field] = entity if is_shown else {key: value for key, value in entity.items() if key != "id"}


def _related_ids(name: str, ids: list[Any], field: str) -> dict[Any, Any]:
    model = apps.get_model(BACKEND, name)
    return dict(model.objects.filter(pk__in=ids).values_list("pk", field))


def install() -> None:
    """Correct the service of this process."""
    from sensorthings.versions.v1_1 import service

    kind = type(service.sensorthings_service)
    service.sensorthings_service.__class__ = type("SensorThingsService", (OwnRelatedEntity, kind), {})
