"""The command `lienthong`: finds its subcommands, and prints our errors as four readable facts.

What the subcommands do lives beside the functions they call; they register in the entry-point group
`lienthong.commands`, so that this module needs to import none of them.
"""

import errno
import os
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

from connectors.errors import FileUnusable, LienThongError, Retryable

GROUP = "lienthong.commands"
EXIT_STOP = 2
EXIT_RETRYABLE = 75  # EX_TEMPFAIL of sysexits.h: the caller may try again
_REACH = "Let this account read and write there, or name another place."
# What a file system refuses, and what helps; any other OSError is a fault of ours or of a connection, and stays loud.
_FILE_FAULTS = {
    errno.ENOENT: "Make the folder, or correct the path.",
    errno.ENOTDIR: "Correct the path: a part of it that should be a folder is a file.",
    errno.EISDIR: "Name a file, not a folder.",
    errno.EEXIST: "Move what lies there away, or name another place.",
    errno.EACCES: _REACH,
    errno.EPERM: _REACH,
    errno.EROFS: _REACH,
    errno.ENOSPC: "Free space on that disk and run it again; what was published is not touched.",
    errno.EDQUOT: "Free space or raise the quota of this account, and run it again; what was published is not touched.",
}


class LazyGroup(click.Group):
    """A group whose subcommands are imported only when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all registered commands, in alphabetical order; imports none of them."""
        return sorted(_registered())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None if there is none; an import error is not swallowed."""
        entry = _registered().get(cmd_name)
        if entry is None:
            return None
        command = entry.load()
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.value} is registered as a command but is a {type(command).__name__}")
        return command


def _registered() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lien-thong", message="%(version)s")
def lienthong() -> None:
    """Liên Thông: connects land, mineral and environment registers and publishes shared datasets."""


def describe_error(error: LienThongError) -> str:
    """An error as a block of lines: its kind, then expected, found, where, and what to do next."""
    kind = "try again later" if isinstance(error, Retryable) else "stopped: a person must look first"
    facts = (
        ("expected", error.expected),
        ("found", error.found),
        ("where", error.where),
        ("next", error.next_step),
    )
    lines = [f"{type(error).__name__} ({kind})"]
    lines += [f"  {label:<9} {_indent(text)}" for label, text in facts]
    return "\n".join(lines)


def _indent(text: str) -> str:
    return text.replace("\n", "\n" + " " * 12)


def exit_code(error: LienThongError) -> int:
    """75 when trying again may help, else 2."""
    return EXIT_RETRYABLE if isinstance(error, Retryable) else EXIT_STOP


def main(arguments: Sequence[str] | None = None, **options: Any) -> None:
    """Run `lienthong`; exits with 0, with click's own codes, with 2 for a Stop, with 75 for a Retryable."""
    try:
        lienthong.main(args=arguments, prog_name="lienthong", **options)
    except (LienThongError, OSError) as error:
        told = error if isinstance(error, LienThongError) else file_fault(error)
        if told is None or os.environ.get("LIENTHONG_DEBUG") == "1":
            raise
        click.echo(describe_error(told), err=True)
        sys.exit(exit_code(told))


def file_fault(error: OSError) -> FileUnusable | None:
    """A refusal of the file system as an error of ours; None for what is none."""
    if error.errno not in _FILE_FAULTS:
        return None
    return FileUnusable(
        expected="a file that can be read and written",
        found=os.strerror(error.errno),
        where=str(error.filename or "the disk that was written to (LIENTHONG_HOME, or the file that was named)"),
        next_step=_FILE_FAULTS[error.errno],
    )
