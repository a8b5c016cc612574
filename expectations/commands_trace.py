"""The command `lienthong trace`: where a record comes from, back to the file it was read from."""

import json

import click


@click.command()
@click.argument("dataset")
@click.argument("key", nargs=-1, required=True)
@click.option("--release", type=click.IntRange(min=1), help="As of this kept release. Default: the one in service.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def trace(dataset: str, key: tuple[str, ...], release: int | None, as_json: bool) -> None:
    """Trace a record of DATASET: published row, warehouse row, raw rows, batches, raw files, source system.

    KEY is the record key as shared.held_record shows it (its parts joined by |), or each part by itself:

    \b
      lienthong trace land_parcel land_registry:1000018
      lienthong trace land_parcel_use land_registry:1000018 1

    Held and refused records can be traced as well. Columns of persons are never shown. It connects as the owner of the
    warehouse, because it reads the raw tables.
    """
    from expectations.lineage.showing import shown_trace
    from expectations.lineage.tracing import trace_record

    traced = trace_record(dataset, key, release_id=release)
    click.echo(json.dumps(traced, ensure_ascii=False, indent=1) if as_json else shown_trace(traced))
