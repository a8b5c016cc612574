"""The commands `lienthong status` and `rollback`: what one asks of releases by hand."""

from datetime import datetime

import click
from rich.console import Console
from rich.table import Table

from connectors.warehouse.overview import Overview, read_overview
from connectors.warehouse.releases import current_release
from connectors.warehouse.releases import rollback as rollback_release


@click.command()
def status() -> None:
    """Show the published datasets, the open release and the last batches."""
    overview = read_overview()
    # A pipe has no width of its own: it gets the whole line rather than a cut one.
    console = Console(width=None if Console().is_terminal else 140, highlight=False)
    console.print(_headline(overview))
    if overview.datasets:
        console.print(_dataset_table(overview))
    if overview.batches:
        console.print(_batch_table(overview))


@click.command()
@click.option("--to", "to", type=int, required=True, metavar="N", help="The release to serve again.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the ledger and in shared.release.")
def rollback(to: int, reason: str) -> None:
    """Let readers see an earlier release again; nothing is deleted."""
    before = current_release()
    rollback_release(to, reason=reason)
    click.echo(f"Release {to} is served now, instead of {before}.")


def _headline(overview: Overview) -> str:
    if overview.current_release is None:
        line = "Nothing is published yet."
    else:
        line = f"Release {overview.current_release} is served."
    if overview.open_release:
        number, opened_at, is_alive = overview.open_release
        state = "at work" if is_alive else "left by a run that ended; the next release abandons it"
        line += f" Release {number}, opened {_age(opened_at, overview.now)} ago, is {state}."
    return line


def _dataset_table(overview: Overview) -> Table:
    table = _table("Datasets", "dataset", "release", "rows", "held", "added", "changed", "closed", "source age")
    for d in overview.datasets:
        counts = (d.row_count, d.held_count, d.added, d.changed, d.closed)
        table.add_row(d.dataset, str(d.release_id), *(f"{n:,}" for n in counts), _age(d.source_as_of, overview.now))
    return table


def _batch_table(overview: Overview) -> Table:
    table = _table("Last batches", "table", "partition", "read", "inserted", "updated", "deleted", "rejected", "age")
    for b in overview.batches:
        counts = (b.rows_read, b.inserted, b.updated, b.deleted, b.rejected)
        name = f"{b.system}.{b.table_name}"
        table.add_row(name, b.partition, *(f"{n:,}" for n in counts), _age(b.finished_at, overview.now))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        is_text = column in ("dataset", "table", "partition")
        table.add_column(column, justify="left" if is_text else "right", no_wrap=True)
    return table


def _age(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "unknown"
    seconds = max(0, int((now - at).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
