"""A setting or an argument that cannot be right is an error of ours, and tells no secret."""

from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from connectors.commands_receipt import receipt
from connectors.errors import ContractInvalid, SettingMissing, SettingWrong, WarehouseBusy
from connectors.landing import extract
from connectors.warehouse.connect import connect, translated


@pytest.mark.parametrize(
    "dsn", ["lienthong:secret", "host=", "postgresql://a:secret@h:notaport/x", "password=secret nonsense"]
)
def test_an_address_that_is_none_is_told_and_not_shown(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENTHONG_DSN_LT_PUBLISHER", dsn)
    with pytest.raises((SettingWrong, WarehouseBusy), match="LIENTHONG_DSN_LT_PUBLISHER") as told:
        connect("lt_publisher")
    assert "secret" not in str(told.value)


def test_a_table_that_the_contract_lacks_is_named_before_anything_is_read() -> None:
    with pytest.raises(ContractInvalid, match="nope") as told:
        extract("land_registry", table="nope")
    assert "parcel" in told.value.expected


def test_who_verifies_without_an_installation_is_told_to_name_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIENTHONG_HOME", str(tmp_path))
    monkeypatch.delenv("LIENTHONG_RECEIPT_KEY", raising=False)
    (tmp_path / "r.json").write_text("{}")
    done = CliRunner().invoke(receipt, ["verify", str(tmp_path / "r.json")])
    assert isinstance(done.exception, SettingMissing)
    assert "--key" in done.exception.next_step


def test_a_full_disk_of_the_server_may_pass() -> None:
    with pytest.raises(WarehouseBusy, match="Free space"), translated("load"):
        raise psycopg.errors.DiskFull("could not extend file: No space left on device")
