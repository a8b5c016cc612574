"""`lienthong status`, `rollback` and `ledger`, as a person types them."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connectors.commands_ledger import ledger
from connectors.commands_release import rollback, status
from connectors.errors import LedgerBroken, ReleaseConflict
from tests.conftest import Warehouse
from tests.integration.released_things import fill, make_relation, run_release, served


def run(command, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_status_before_the_first_release(warehouse: Warehouse) -> None:
    result = run(status)
    assert result.exit_code == 0, result.output
    assert result.output.strip() == "Nothing is published yet."


def test_status_rollback_and_ledger(warehouse: Warehouse, tmp_path: Path) -> None:
    with warehouse.connect("lt_builder") as builder, warehouse.connect("procedure_reader") as reader:
        make_relation(builder)
        fill(builder, [("a", "1")])
        first = run_release()
        fill(builder, [("a", "2"), ("b", "1")])
        second = run_release()
        output = run(status).output
        assert f"Release {second} is served." in output
        assert output.splitlines()[-1].split() == ["thing", str(second), "2", "0", "1", "1", "0", "unknown"]
        result = run(rollback, "--to", str(first), "--reason", "số liệu sai")
        assert result.output == f"Release {first} is served now, instead of {second}.\n"
        assert served(reader) == {"a": ("1", False)}
        assert isinstance(run(rollback, "--to", str(first), "--reason", "again").exception, ReleaseConflict)
        assert run(rollback, "--to", str(first)).exit_code == 2
    file = tmp_path / "ledger.jsonl"
    assert run(ledger, "export", str(file)).output == f"7 entries written to {file}.\n"
    assert run(ledger, "verify", str(file)).output.startswith("7 entries, and the chain holds")
    file.write_text(file.read_text().replace("số liệu sai", "số liệu đúng"))
    assert isinstance(run(ledger, "verify", str(file)).exception, LedgerBroken)


@pytest.mark.parametrize("arguments", [["verify", "no such file"], ["export"], ["rewrite", "x"]])
def test_ledger_used_wrongly_is_a_usage_error(arguments: list[str]) -> None:
    assert run(ledger, *arguments).exit_code == 2
