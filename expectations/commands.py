"""The commands `lienthong release` and `lienthong run`. What they do lives in `release_steps.py` and `connectors`."""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import click

from connectors.cli import describe_error, exit_code
from connectors.errors import LienThongError
from expectations.progress import show_progress, step
from expectations.summary import summary_lines

EXTRACTS_AT_ONCE = 2


_rebuild = click.option("--rebuild", is_flag=True, help="Build every model, also those whose sources did not change.")


@click.command()
@_rebuild
def release(rebuild: bool) -> None:
    """Build, check and publish one release of all shared datasets.

    Nothing changed since the last release: nothing is built and nothing is published. A failing check: nothing is
    published, the report says which rule, and readers keep what they had.

    The exit code is then 2, or 75 if trying again may help.
    """
    show_progress()
    _finish([*_release_errors(rebuild=rebuild)])


@click.command()
@_rebuild
def run(rebuild: bool) -> None:
    """Extract every source system, then make one release.

    Two systems, or two partitions of one, are read at a time. One that fails does not stop the others: its last
    accepted data is used. The exit code is not 0 if any extract failed or the release was not published for a reason
    that a person must look at.
    """
    from expectations.build import start_dbt_early

    show_progress()
    start_dbt_early()
    _finish([*_extract_errors(), *_release_errors(rebuild=rebuild)])


def _extract_errors() -> list[LienThongError]:
    """Extracts all systems; the errors of those that stopped. A defect of ours is raised when all have ended."""
    from connectors.contracts import load_contracts

    # The system with most partitions first: it takes longest, and its partitions are read side by side.
    contracts = sorted(load_contracts().values(), key=lambda contract: -len(contract.partition_names))
    with ThreadPoolExecutor(EXTRACTS_AT_ONCE) as pool:
        ended = [pool.submit(_extract, c.system, name) for c in contracts for name in c.partition_names]
    errors: list[LienThongError] = []
    for future in ended:
        error = future.exception()
        if isinstance(error, LienThongError):
            errors.append(error)
        elif error is not None:
            raise error
    return errors


def _extract(system: str, partition: str) -> None:
    from connectors.landing import extract

    with step(f"extract {system} {partition}") as note:
        batches = extract(system, partition=partition)
        note(f"{len(batches)} batches")


def _release_errors(*, rebuild: bool) -> list[LienThongError]:
    from expectations.release_steps import run_release

    try:
        result = run_release(rebuild=rebuild)
    except LienThongError as error:
        click.echo(summary_lines(None))
        return [error]
    click.echo(summary_lines(result))
    return []


def _finish(errors: Sequence[LienThongError]) -> None:
    for error in errors:
        click.echo(describe_error(error), err=True)
    if errors:
        sys.exit(min(exit_code(error) for error in errors))
