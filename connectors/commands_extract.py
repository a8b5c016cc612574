"""The commands `lienthong extract` and `lienthong contracts`: the same functions that the DAGs call."""

import sys

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from connectors.dbt_sources import write_sources


@click.command()
@click.argument("system")
@click.option("--full", is_flag=True, help="Read every row, whatever was read before.")
@click.option("--partition", metavar="P", help="Only this partition of the contract, for example 35. Default: all.")
@click.option("--approval", metavar="TOKEN", help="Apply the mass delete that `lienthong approve` gave this token for.")
def extract(system: str, full: bool, partition: str | None, approval: str | None) -> None:
    """Extract the tables of SYSTEM and load them into the schema raw.

    SYSTEM is the name of a contract in connectors/sources, for example land_registry. Only what changed is written; a
    second run of an unchanged source writes no row. When the source is unreachable, emptied, shrunk or changed in
    shape, nothing is written and the exit code is 75 (try again later) or 2 (a person must look first).
    """
    from connectors.contracts import load_contract
    from connectors.extract_flow import extract_flow
    from connectors.landing import extract as extract_system
    from connectors.lineage_events import lineage_run
    from connectors.warehouse.approvals import refuse, using

    load_contract(system)  # an unknown system is an error before anything is announced
    job = f"extract.{system}.{partition or 'all'}"
    err = Console(stderr=True)
    layout = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:>12,.0f} rows"))
    with Progress(*layout, TimeElapsedColumn(), console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(system, total=None)

        def show(table: str, part: str, rows: int) -> None:
            progress.update(task, description=f"{system}.{table} [{part}]", completed=rows)

        decide = using(approval) if approval else refuse
        with lineage_run(job, lambda: extract_flow(system)):
            batches = extract_system(system, partition=partition, full=full, decide=decide, on_progress=show)
    shown = Table("table", "partition", box=None, header_style="bold")
    for name in ("read", "new", "changed", "deleted", "rejected", "live"):
        shown.add_column(name, justify="right")
    for batch in batches:
        counts = (batch.rows_read, batch.inserted, batch.updated, batch.deleted, batch.rejected, batch.live_rows)
        shown.add_row(batch.table_name, batch.partition, *(f"{count:,}" for count in counts))
    Console(file=sys.stdout).print(shown)


@click.group()
def contracts() -> None:
    """The source contracts in connectors/sources, and what is derived from them."""


@contracts.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if a file differs from its contract.")
def sync(check: bool) -> None:
    """Write the dbt sources files from the contracts, one for each system."""
    written = write_sources(check=check)
    for path in written:
        click.echo(f"written {path}")
    if not written:
        click.echo("all sources files say what the contracts say")
