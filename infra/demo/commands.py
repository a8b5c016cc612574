"""The commands `lienthong demo …`. What they do lives in `mutation.py` and `breakage.py`."""

import click

SHARE_HELP = "Share of the parcels to change, at most 0.04: more would look like a mass delete."


@click.group()
def demo() -> None:
    """Change, break and repair the demonstration sources.

    Their records are generated: invented, seeded, inside the real boundaries of Ninh Bình. What was damaged on purpose
    when they were made is listed in <home>/demo/ground_truth.csv.
    """


@demo.command()
@click.option("--share", type=click.FloatRange(0, 0.04, min_open=True), required=True, metavar="S", help=SHARE_HELP)
@click.option("--seed", type=int, required=True, metavar="N", help="Another number changes other rows.")
def mutate(share: float, seed: int) -> None:
    """Change a share of the sources the way a working day does.

    Edits, new rows, deletes, and commits that come late: rows whose time of update lies before the latest one. Clean
    rows stay clean. The keys of everything changed are written to <home>/demo/mutation.json.
    """
    from infra.demo.mutation import mutate as mutate_sources
    from infra.demo.places import demo_folder

    changes = mutate_sources(share, seed)
    for line in changes.summary():
        click.echo(line)
    click.echo(f"keys: {demo_folder() / 'mutation.json'}")


@demo.command(name="break")
@click.argument("fault", required=False)
@click.option("--list", "is_list", is_flag=True, help="Print the faults, one a line.")
def break_(fault: str | None, is_list: bool) -> None:
    """Break a source; `lienthong run` must refuse it, and `lienthong demo repair` undoes it exactly."""
    from infra.demo.breakage import break_source
    from infra.demo.faults import FAULTS

    if is_list:
        click.echo("\n".join(FAULTS))
        return
    if fault not in FAULTS:
        raise click.UsageError(f"FAULT must be one of: {', '.join(FAULTS)}")
    break_source(fault)
    click.echo(f"broken on purpose: {FAULTS[fault]}")
    click.echo("undo with: lienthong demo repair")


@demo.command()
def repair() -> None:
    """Undo `break`: the sources are as they were before, and all servers run."""
    from infra.demo.breakage import repair as repair_sources

    fault = repair_sources()
    click.echo(f"repaired: {fault}" if fault else "nothing was broken; all servers run")
