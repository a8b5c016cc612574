"""`lienthong dsn`: the connection strings of the local warehouse."""

import click

from connectors.settings import warehouse_dsn

ROLES = ("owner", "lt_loader", "lt_builder", "lt_publisher", "procedure_reader", "auditor_reader", "admin")


@click.command()
@click.option("--role", type=click.Choice(ROLES), default="owner", show_default=True, help="Who connects.")
def dsn(role: str) -> None:
    """Print a connection string of the warehouse; starts nothing."""
    click.echo(warehouse_dsn(role))
