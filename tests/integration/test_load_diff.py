"""The row diff: whatever was loaded and whatever arrives, the result is what arrived, and only changes are written."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.contracts import load_contract
from connectors.warehouse.bulk_copy import BulkCopy
from connectors.warehouse.intake import Intake
from connectors.warehouse.load import Arrival, load
from connectors.warehouse.load_records import Batch, count_live, next_batch_id
from connectors.warehouse.raw_tables import ensure_raw_tables
from tests.integration.extract_world import World, table

COLUMNS = {
    "id": {"type": "bigint", "nullable": False, "meaning": "id"},
    "part": {"type": "text", "nullable": False, "meaning": "part of the key"},
    "name": {"type": "text", "meaning": "name"},
    "size": {"type": "numeric(6,2)", "meaning": "size"},
}
KEYS = st.tuples(st.integers(0, 6), st.sampled_from(["", "a", "A|b"]))
VALUES = st.tuples(
    st.none() | st.sampled_from(["", "x", "Xã", "a|b"]),
    st.none() | st.sampled_from([Decimal("0.00"), Decimal("5.00"), Decimal("5.50")]),
)
STATES = st.dictionaries(KEYS, VALUES, max_size=12)


@pytest.fixture
def loader(tmp_path, warehouse, monkeypatch):
    world = World(tmp_path, warehouse, monkeypatch)
    free = {"min_rows": 0, "max_shrink": 1.0, "max_delete": 1.0}
    world.contract("file:///", kind="files", tables={"thing": table(key=["id", "part"], columns=COLUMNS, volume=free)})
    with warehouse.connect("lt_loader") as conn, BulkCopy() as bulk:
        ensure_raw_tables(conn, load_contract("things"))
        yield lambda state: load_state(conn, bulk, state)


def load_state(conn, bulk, state):
    contract = load_contract("things")
    thing = contract.table("thing")
    rows = [(*key, *values) for key, values in state.items()]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * 4
    arrays = [pa.array(column, kind.type) for column, kind in zip(columns, thing.arrow_schema, strict=True)]
    intake = Intake(conn, bulk, table=thing, where="things.thing [all]")
    intake.take_rows([pa.RecordBatch.from_arrays(arrays, schema=thing.arrow_schema)])
    batch = Batch(
        batch_id=next_batch_id(conn),
        system="things",
        table_name="thing",
        partition="all",
        mode="snapshot",
        started_at=datetime.now(UTC),
        contract_sha256="",
        shape_sha256="",
        extractor_version="1",
    )
    arrival = Arrival(total=None, deletes_from=intake.rows, rejected=[], replaces_rejected=True, files=[])
    live = count_live(conn, contract, thing, "all")
    batch = load(conn, contract, intake=intake, batch=replace(batch, live_rows=live), arrival=arrival)
    found = conn.execute("select id, part, name, size, _change_no from raw.things__thing where _deleted_at is null")
    return batch, {(i, part): (name, size, change) for i, part, name, size, change in found}


@settings(
    deadline=None,
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(old=STATES, new=STATES)
def test_result_is_the_new_state_and_writes_are_the_changes(loader, old, new):
    _, before = loader(old)
    batch, after = loader(new)
    assert {key: values[:2] for key, values in after.items()} == new
    assert (batch.inserted + batch.updated, batch.deleted) == (
        sum(1 for key in new if key not in old or old[key] != new[key]),
        len(set(old) - set(new)),
    )
    same = {key for key in new if old.get(key) == new[key]}
    assert {key: after[key][2] for key in same} == {key: before[key][2] for key in same}
    again, _ = loader(new)
    assert again.changed == 0
    assert again.change_no is None
