"""The command `lienthong preview`: what the next release would change, before it is published."""

import json
from pathlib import Path

import click
from rich.console import Console

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@click.option("--dossiers", type=_FILE, metavar="FILE", help="Open dossiers whose answers are compared; see below.")
@click.option("--out", type=_OUT, metavar="FILE", help="Write every answer that changes: JSON lines, or .csv.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.option("--rebuild", is_flag=True, help="Build every model, also those whose sources did not change.")
def preview(dossiers: Path | None, out: Path | None, as_json: bool, rebuild: bool) -> None:
    """Show what the next release would change, and publish nothing.

    The release is built, checked, staged and judged as `lienthong release` does it, compared with what readers see, and
    abandoned. Readers never see any of it; its ledger entries and outcomes of rules stay.

    FILE has one open dossier a line, as JSON, or CSV with exactly these three columns:

    \b
      {"dossier": "H42-26-1", "procedure": "1.012784",
       "subject": {"parcel_key": "land_registry:1000018"}}

    A line that cannot be asked is an error that names it, before anything is built. REFUSED stands for a question that
    is refused as a whole, NOT_ASKED for a check that the procedure has in only one of the two releases.

    The exit code is 0 whenever there is a preview, also of a release whose gate would stay closed: read `would_publish`
    of the JSON. It is 2 when the release could not be built, 75 if trying again may help.
    """
    from expectations.preview import run_preview
    from expectations.preview_text import preview_json, preview_text
    from expectations.progress import show_progress

    if out and not dossiers:
        raise click.UsageError("--out needs --dossiers: it lists the answers that change.")
    show_progress()
    found = run_preview(dossiers=dossiers, changes_to=out, rebuild=rebuild)
    if as_json:
        click.echo(json.dumps(preview_json(found), ensure_ascii=False, indent=1))
    else:
        # A pipe has no width of its own: it gets the whole line rather than a cut one.
        preview_text(found, Console(width=None if Console().is_terminal else 160, highlight=False))
