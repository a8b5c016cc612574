"""The commands `lienthong receipt …` and `lienthong replay`: signed answers, verified offline, computed again."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connectors.errors import LedgerBroken, SettingMissing

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from connectors.receipts.receipt import Receipt

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_keys = click.option(
    "--key",
    "keys",
    type=_file,
    multiple=True,
    help="Public key of the issuer (PEM). Default: that of this installation.",
)


@click.group()
def receipt() -> None:
    """Issue signed receipts of answers, and verify them without a database."""


def _each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, of which no member is given twice: the last of two would be signed as the only one."""
    names = [name for name, _ in members]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"the member {twice[0][:60]} is given twice")
    return dict(members)


@receipt.command()
@click.argument("procedure")
@click.argument("subject", type=click.File(encoding="utf-8"))
@click.option(
    "--release", type=click.IntRange(min=1), help="Answer as of this kept release. Default: the one in service."
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it. Default: shown.")
def issue(procedure: str, subject: Any, release: int | None, output: Path | None) -> None:
    """Ask PROCEDURE about the SUBJECT in a JSON file (- reads it from the input) and write the receipt of the answer.

    PROCEDURE is a national code or a number of the catalogue, for example LT-09.
    """
    from connectors.receipts.answering import issue_receipt

    try:
        about = json.load(subject, object_pairs_hook=_each_once)
    except ValueError as error:
        raise click.BadParameter(f"is not JSON: {error}", param_hint="SUBJECT") from error
    if not isinstance(about, dict):
        raise click.BadParameter('is no JSON object such as {"parcel_key": "…"}', param_hint="SUBJECT")
    data = issue_receipt(procedure, about, release)
    if output is None:
        click.echo(data, nl=False)
    else:
        output.write_bytes(data)
        click.echo(f"written to {output}: {len(data):,} bytes")


@receipt.command()
@click.argument("files", metavar="RECEIPT…", type=_file, nargs=-1, required=True)
@_keys
@click.option("--ledger", "export", type=_file, help="An exported ledger in which its entry must stand.")
def verify(files: tuple[Path, ...], keys: tuple[Path, ...], export: Path | None) -> None:
    """Prove that every RECEIPT is as it was issued; needs no database and no network.

    Any change, of a single byte, is exit code 2.
    """
    known = _public_keys(keys)
    receipts = [_verified(path, known) for path in files]
    if export is not None:
        _find_entries(export, receipts)
    for path, found in zip(files, receipts, strict=True):
        entry, _ = found.ledger_entry
        click.echo(
            f"{path}: genuine. {found.procedure_code} at {found.content['asked_at']}, release {found.release_id}, "
            f"{len(found.content['answers'])} answers, {len(found.content['rows'])} rows, ledger entry {entry}"
        )


@receipt.command()
def key() -> None:
    """Print the public key with which the receipts of this installation are verified, as PEM."""
    from connectors.receipts.signing import key_id, public_pem, signing_key

    public = signing_key().public_key()
    click.echo(f"key {key_id(public)}", err=True)
    click.echo(public_pem(public), nl=False)


@click.command()
@click.argument("file", metavar="RECEIPT", type=_file)
@_keys
@click.pass_context
def replay(ctx: click.Context, file: Path, keys: tuple[Path, ...]) -> None:
    """Compute the answers of a RECEIPT again, from its release, and compare.

    Exit code 0: the same. 1: something differs, which is shown. 2: the receipt is not genuine, or its release is no
    longer kept.
    """
    from connectors.receipts.replay import replay as replay_receipt
    from connectors.warehouse.connect import connect

    found = _verified(file, _public_keys(keys))
    with connect("auditor_reader", autocommit=True) as conn:
        result = replay_receipt(found, conn)
    if result.has_other_checks:
        click.echo("The checks were edited since: another edition of them answers now.")
    for difference in result.differences:
        click.echo(f"{difference.what}\n  receipt  {difference.receipt}\n  now      {difference.now}")
    if not result.is_same:
        click.echo(f"{len(result.differences)} difference(s).")
        ctx.exit(1)
    answers, rows = len(found.content["answers"]), len(found.content["rows"])
    click.echo(f"The same: {answers} answers and {rows} rows of release {found.release_id}.")


def _public_keys(paths: tuple[Path, ...]) -> "list[Ed25519PublicKey]":
    from connectors.receipts.signing import read_public_key, signing_key

    try:
        return [read_public_key(path) for path in paths] or [signing_key().public_key()]
    except SettingMissing as error:
        raise SettingMissing(
            expected="the public key of the issuer, by --key or of this installation",
            found=error.found,
            where=error.where,
            next_step="Name it with --key FILE: the issuer gives it by `lienthong receipt key`.",
        ) from error


def _verified(path: Path, keys: "list[Ed25519PublicKey]") -> "Receipt":
    from connectors.receipts.receipt import verify_receipt

    return verify_receipt(path.read_bytes(), keys, where=str(path))


def _find_entries(export: Path, receipts: "list[Receipt]") -> None:
    from connectors.warehouse.ledger_chain import GENESIS_HASH
    from connectors.warehouse.ledger_verify import verify_ledger

    wanted = {found.ledger_entry[0] for found in receipts}
    hashes = {0: GENESIS_HASH}

    def note(seq: int, own_hash: str) -> None:
        if seq in wanted:
            hashes[seq] = own_hash

    count = verify_ledger(export, note)
    for found in receipts:
        entry, entry_hash = found.ledger_entry
        if hashes.get(entry) != entry_hash:
            raise LedgerBroken(
                expected=f"entry {entry} with the hash {entry_hash} that the receipt states",
                found=f"{hashes.get(entry, f'an end after entry {count}')}",
                where=str(export),
                next_step="Export the ledger again; if it stays so, the ledger was written anew after the answer.",
            )
