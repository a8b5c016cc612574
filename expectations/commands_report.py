"""The commands `report`, `gaps`, and `rollback` with what reports say of it. Rolling back itself: `releases.py`."""

from typing import Any

import click

from connectors.commands_release import rollback as rollback_alone
from connectors.warehouse.releases import current_release
from expectations.parcel_gaps import survey_gaps
from expectations.report import write_index, write_moved, write_report


@click.command()
@click.option("--release", "release_id", type=int, metavar="N", help="The release whose pages are written again.")
def report(release_id: int | None) -> None:
    """Write the pages of a release again, or only the list of releases, and say where they are.

    Places of failing records are those of the warehouse as it is now; everything else is as it was recorded.
    """
    click.echo(write_index() if release_id is None else write_report(release_id))


@click.command()
def gaps() -> None:
    """Look for gaps between the parcels of every commune, for the report of the release in service.

    Done every night by the DAG `maintain`; by hand after parcels were mended. Takes seconds for 200,000 parcels.
    """
    found = survey_gaps()
    current = current_release()
    page = f": {write_report(current, with_docs=False).parent / 'datasets' / 'land_parcel.html'}" if current else ""
    click.echo(f"{found:,} gaps{page}")


@click.command(params=rollback_alone.params, help=rollback_alone.help)
@click.pass_context
def rollback(context: click.Context, /, **arguments: Any) -> None:
    """Rolls back, then lets the list of releases and the pages of those whose state that changed say so."""
    before = current_release()
    context.invoke(rollback_alone, **arguments)
    between = sorted((before or arguments["to"], arguments["to"]))
    write_moved(after=between[0], until=between[1])
