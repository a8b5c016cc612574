"""The commands `lienthong ledger …`: export the chain, keep its head elsewhere, prove an export."""

from pathlib import Path

import click

from connectors.warehouse import checkpoints as kept
from connectors.warehouse.ledger import export_ledger


@click.group()
def ledger() -> None:
    """Export the ledger, keep checkpoints of it, and verify an exported file."""


@ledger.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Write the whole ledger to FILE, one JSON object per line."""
    count = export_ledger(file)
    click.echo(f"{count} entries written to {file}.")


@ledger.command()
@click.option("--stamp", is_flag=True, help="Let the authority of LIENTHONG_TSA_URL put a time stamp on it (RFC 3161).")
def checkpoint(stamp: bool) -> None:
    """Keep number and hash of the last entry in every place that LIENTHONG_CHECKPOINTS names.

    Choose places that those who run the pipeline cannot change: a write-once volume, a database of the auditor.
    """
    made = kept.keep_checkpoint()
    click.echo("The ledger is empty." if made is None else f"Entry {made.seq} kept in {len(kept.places())} place(s).")
    if stamp and made is not None:
        from connectors.warehouse.timestamps import stamp as stamp_checkpoint

        click.echo(f"stamped: {stamp_checkpoint(made)}")


@ledger.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--against",
    multiple=True,
    metavar="PLACE",
    help="Checkpoints to find in it: a file of them, or the URL of a place that keeps them. Can be repeated.",
)
@click.option(
    "--stamp",
    "stamps",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A time stamp of an entry that must stand in it. Can be repeated.",
)
@click.option(
    "--tsa-root",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Root certificate of the time-stamp authority (PEM).",
)
def verify(file: Path, against: tuple[str, ...], stamps: tuple[Path, ...], tsa_root: Path | None) -> None:
    """Check the hash chain of an exported FILE; needs no database.

    With `--against` or `--stamp`, also that its end was not cut off and that it is the same ledger as before.
    """
    if stamps and tsa_root is None:
        raise click.UsageError("--stamp needs --tsa-root, the certificate that vouches for the authority")
    checkpoints = [c for place in against for c in kept.read_checkpoints(_url(place))]
    if against and not checkpoints:
        raise click.UsageError(f"no checkpoint is kept in {', '.join(against)}: nothing to compare with")
    count = kept.verify_against(file, checkpoints)
    click.echo(f"{count} entries, and the chain holds: nothing was edited, removed, reordered or inserted.")
    if checkpoints:
        click.echo(f"{len(checkpoints)} checkpoint(s) found in it: nothing was cut off or written anew up to the last.")
    if tsa_root is not None:
        from connectors.warehouse.timestamps import verify_stamps

        for entry, at in verify_stamps(file, list(stamps), tsa_root):
            click.echo(f"entry {entry} existed at {at.isoformat()}, says the time-stamp authority.")


def _url(place: str) -> str:
    return place if "://" in place else Path(place).absolute().as_uri()
