"""The command `lienthong approve`: a person confirms a delete above the ceiling of a contract."""

from datetime import timedelta

import click


@click.command()
@click.argument("system")
@click.argument("table")
@click.option("--partition", metavar="P", help="The partition, where the contract has some, for example 35.")
@click.option("--by", "approved_by", required=True, metavar="NAME", help="Who answers for it; stands in the ledger.")
@click.option("--reason", required=True, metavar="TEXT", help="Why the rows are truly gone; stands in the ledger.")
@click.option("--hours", type=click.IntRange(1, 168), default=24, show_default=True, help="How long it is good for.")
@click.option("--yes", is_flag=True, help="Grant without asking again.")
def approve(
    system: str, table: str, partition: str | None, approved_by: str, reason: str, hours: int, yes: bool
) -> None:
    """Approve that rows of TABLE of SYSTEM are truly gone, after an extract refused to delete so many.

    Reads the source, says how many rows would be deleted, and prints a token for `lienthong extract SYSTEM --approval
    TOKEN`. It is good once, and only for exactly these rows: one more or one less, and the load is refused again.
    The gate of the release that contains the load does not miss these rows either, and its report says who approved.
    """
    from connectors.mass_delete import find_mass_delete
    from connectors.warehouse.approvals import grant

    delete = find_mass_delete(system, table, partition=partition)
    click.echo(
        f"{delete.where}: {delete.deleted:,} of {delete.live_rows:,} rows are no longer at the source"
        f" ({delete.deleted / delete.live_rows:.1%}).",
        err=True,
    )
    if not yes:
        click.confirm("Does the owner of the source confirm that they are gone?", abort=True, err=True)
    click.echo(grant(delete, approved_by=approved_by, reason=reason, valid=timedelta(hours=hours)))
