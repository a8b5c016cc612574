"""Records of a dataset to ask for: a published one of every source system, and a held one. Not a test."""

from expectations.rules import load_rulebooks
from tests.journey.conftest import Demonstration


def record_keys(demonstration: Demonstration, name: str) -> list[tuple[str, ...]]:
    """A published key of every source system of the dataset, and a held key where there is one."""
    columns = ", ".join(f"{column}::text" for column in load_rulebooks()[name].dataset.key)
    published = demonstration.rows(
        f"select distinct on (source_system) source_system, {columns} from shared.{name} "
        f"order by 1, md5({columns.split(',')[0]})"
    )
    held = "select record_key from quality.row_outcome where dataset = %s and outcome = 'held' order by 1 limit 1"
    return [row[1:] for row in published] + demonstration.rows(held, name)
