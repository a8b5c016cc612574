"""The command: loads lazily, prints our errors as four facts, and tells by its exit code whether to try again."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest

from connectors import cli
from connectors.errors import ContractBroken, LienThongError, SourceUnavailable

FACTS = {"expected": "12 columns", "found": "11", "where": "land_registry.parcel", "next_step": "Ask\nthe owner."}


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch):
    """A function that makes `lienthong fail` raise an error."""

    def register(error: Exception) -> None:
        @click.command()
        def fail() -> None:
            raise error

        monkeypatch.setattr(cli.LazyGroup, "get_command", lambda self, ctx, name: fail)

    return register


def run(capsys: pytest.CaptureFixture, *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    return int(ended.value.code or 0), capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [(ContractBroken(**FACTS), 2), (SourceUnavailable(**FACTS), 75), (LienThongError(**FACTS), 2)],
)
def test_error_is_printed_as_four_facts(error: LienThongError, code: int, failing, capsys) -> None:
    failing(error)
    found_code, text = run(capsys, "fail")
    assert found_code == code
    assert text.splitlines()[0].startswith(type(error).__name__)
    assert "  expected  12 columns\n  found     11\n  where     land_registry.parcel\n" in text
    assert text.endswith("  next      Ask\n            the owner.\n")
    assert "Traceback" not in text


def test_debug_shows_the_traceback(failing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_DEBUG", "1")
    failing(ContractBroken(**FACTS))
    with pytest.raises(ContractBroken):
        cli.main(["fail"])


def test_error_that_is_not_ours_is_not_swallowed(failing) -> None:
    failing(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        cli.main(["fail"])


@pytest.mark.parametrize("path", ["/proc/no-such/ledger.jsonl", "/proc/version/ledger.jsonl"])
def test_a_file_that_cannot_be_written_is_told_as_facts(path: str, failing, capsys) -> None:
    with pytest.raises(OSError, match="proc") as refused:
        Path(path).write_text("")
    failing(refused.value)
    code, text = run(capsys, "fail")
    assert code == 2
    assert text.startswith("FileUnusable (stopped")
    assert path in text
    assert "next" in text


def test_a_full_disk_is_told_as_facts_though_no_file_is_named(failing, capsys) -> None:
    with pytest.raises(OSError, match="No space") as refused, Path("/dev/full").open("wb", buffering=0) as file:
        file.write(b"x")
    failing(refused.value)
    code, text = run(capsys, "fail")
    assert code == 2
    assert "No space left on device" in text
    assert "Free space" in text


def test_a_connection_that_broke_is_no_fault_of_a_file(failing) -> None:
    failing(ConnectionResetError(104, "reset"))
    with pytest.raises(ConnectionResetError):
        cli.main(["fail"])


def test_all_promised_commands_are_registered() -> None:
    promised = {"run", "extract", "release", "rollback", "status", "ledger", "demo", "dsn", "contracts", "approve"}
    assert promised <= set(cli.lienthong.list_commands(click.Context(cli.lienthong)))


@pytest.mark.parametrize("name", cli.lienthong.list_commands(click.Context(cli.lienthong)))
def test_command_can_be_imported_and_explains_itself(name: str) -> None:
    command = cli.lienthong.get_command(click.Context(cli.lienthong), name)
    assert command is not None
    assert command.help


def test_import_error_of_a_command_is_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("gone", "connectors.commands_of_nobody:gone", cli.GROUP)
    monkeypatch.setattr(cli, "_registered", lambda: {"gone": entry})
    with pytest.raises(ModuleNotFoundError, match="commands_of_nobody"):
        cli.main(["gone"])


def test_the_command_itself_imports_nothing_heavy() -> None:
    script = (
        "import sys, connectors.cli; print([name for name in ('psycopg', 'pyarrow', 'airflow') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "[]\n"
