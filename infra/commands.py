"""`lienthong dsn`, `prepare`, `pools`: connection strings, and what a deployment needs once."""

import json

import click

from connectors.settings import warehouse_dsn

ROLES = ("owner", "lt_loader", "lt_builder", "lt_publisher", "procedure_reader", "auditor_reader", "admin")


@click.command()
@click.option("--role", type=click.Choice(ROLES), default="owner", show_default=True, help="Who connects.")
def dsn(role: str) -> None:
    """Print a connection string of the warehouse; starts nothing."""
    click.echo(warehouse_dsn(role))


@click.command()
@click.option(
    "--new-pseudonym-key",
    is_flag=True,
    help="Let another LIENTHONG_HMAC_KEY replace the one in use: every person gets another pseudonym.",
)
def prepare(new_pseudonym_key: bool) -> None:
    """Make the warehouse on a PostgreSQL server, or bring it to the present schema.

    Reads LIENTHONG_DSN_ADMIN (a superuser), the LIENTHONG_DSN_* of every role and LIENTHONG_HMAC_KEY; see
    infra/deployment. It may be repeated, and is what an upgrade needs. `make run` does the same for itself.
    """
    from infra.prepare import prepare_warehouse, read_settings

    place = prepare_warehouse(read_settings(), may_replace_key=new_pseudonym_key)
    click.echo(f"The warehouse {place} has the present schema, and every role logs in.")


@click.command()
def pools() -> None:
    """Print Airflow's pools as JSON, one per source system, for `airflow pools import FILE`."""
    from infra.pools import source_pools

    click.echo(json.dumps(source_pools(), ensure_ascii=False, indent=2))
