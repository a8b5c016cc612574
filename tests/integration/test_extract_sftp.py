"""Files on a real SFTP server: new and changed ones, late ones, cut ones, and files that are no text."""

import asyncio
import os
import threading
import time

import asyncssh
import pytest

from connectors.errors import AnswerNotData, IncompleteBatch, SettingMissing, ShrunkTooFar, SourceUnavailable
from connectors.landing import extract
from tests.integration.extract_world import World, table

COLUMNS = {
    "file_name": {"type": "text", "nullable": False, "meaning": "file"},
    "line_no": {"type": "integer", "nullable": False, "meaning": "line"},
    "symbol": {"type": "text", "nullable": False, "meaning": "symbol"},
    "value": {"type": "text", "meaning": "value"},
}
LINES = table(
    source="data/*/*.txt",
    key=["file_name", "line_no"],
    mode="append",
    columns=COLUMNS,
    format={"delimiter": "\t", "header": False, "file_columns": {"name": "file_name", "line": "line_no"}},
)
LIVE = "file_name, line_no, symbol, value"


@pytest.fixture
def drop(tmp_path):
    """A served folder and its URL."""
    root = tmp_path / "drop"
    (root / "data" / "ST1").mkdir(parents=True)
    host, client = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    client.write_private_key(tmp_path / "client")
    client.write_public_key(tmp_path / "client.pub")
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def listen():
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[host],
            authorized_client_keys=str(tmp_path / "client.pub"),
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=os.fsencode(root)),
        )

    def serve():
        asyncio.set_event_loop(loop)
        serve.server = loop.run_until_complete(listen())
        ready.set()
        loop.run_forever()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert ready.wait(10)
    port = serve.server.get_port()
    (tmp_path / "known").write_text(f"[127.0.0.1]:{port} {host.export_public_key().decode()}", encoding="utf-8")
    yield root, f"sftp://lienthong@127.0.0.1:{port}/?key={tmp_path / 'client'}&known_hosts={tmp_path / 'known'}"

    async def stop():
        serve.server.close()
        await serve.server.wait_closed()

    asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
    time.sleep(0.1)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def world(tmp_path, warehouse, monkeypatch, drop):
    made = World(tmp_path / "project", warehouse, monkeypatch)
    made.contract(drop[1], kind="sftp_lines", tables={"thing": LINES})
    return made


def put(drop, name, data):
    path = drop[0] / "data" / "ST1" / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def test_new_and_grown_files_are_read_and_known_ones_are_not(world, drop):
    put(drop, "a.txt", "COD\t1,5\r\nPM2,5\t\r\n")
    (batch,) = extract("things")
    assert batch.inserted == 2
    assert world.live(LIVE) == [("data/ST1/a.txt", 1, "COD", "1,5"), ("data/ST1/a.txt", 2, "PM2,5", None)]
    (batch,) = extract("things")
    assert batch.rows_read == 0
    put(drop, "a.txt", 'COD\t1,5\r\nPM2,5\t\r\npH\t"7\r\n')
    put(drop, "late.txt", "COD\t2\r\n")
    (batch,) = extract("things")
    assert (batch.rows_read, batch.inserted, batch.updated, batch.deleted) == (4, 2, 0, 0)


def test_files_that_the_server_no_longer_keeps_are_not_deleted_here(world, drop):
    put(drop, "a.txt", "COD\t1\r\n")
    extract("things")
    (drop[0] / "data" / "ST1" / "a.txt").unlink()
    put(drop, "b.txt", "COD\t2\r\n")
    extract("things")
    assert len(world.live(LIVE)) == 2
    (drop[0] / "data" / "ST1" / "b.txt").unlink()
    with pytest.raises(ShrunkTooFar, match="none"):
        extract("things")


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        ("COD\t1\r\nCO", IncompleteBatch, "CR LF"),
        ("", IncompleteBatch, "an empty file"),
        ("COD\r\n", IncompleteBatch, "at least the 13 bytes"),
        (b"COD\t1\r\nCOD\t\x002\r\n", AnswerNotData, "NUL"),
        (b"COD\t1\r\nCOD\t\xff\xfe2\r\n", AnswerNotData, "utf-8"),
    ],
)
def test_a_cut_or_binary_file_changes_nothing(world, drop, data, error, said):
    put(drop, "a.txt", "COD\t1\r\npH\t7\r\n")
    extract("things")
    put(drop, "a.txt" if said.startswith("at least") else "b.txt", data)
    with pytest.raises(error, match=said):
        extract("things")
    assert len(world.live(LIVE)) == 2
    assert world.rows("select file_name from raw._file") == [("data/ST1/a.txt",)]


def test_few_lines_with_other_fields_are_rejected_and_the_numbers_of_the_rest_hold(world, drop):
    lines = [f"COD\t{number}" for number in range(1, 301)]
    lines[149] = "COD"
    put(drop, "a.txt", "\r\n".join(lines) + "\r\n")
    (batch,) = extract("things")
    assert (batch.inserted, batch.rejected) == (299, 1)
    assert world.rows("select row_ref, reason from raw._rejected") == [("data/ST1/a.txt|150", "1 fields instead of 2")]
    assert world.rows("select bool_and(line_no = value::int) from raw.things__thing") == [(True,)]


def test_an_unknown_host_key_is_refused_and_a_closed_port_may_be_tried_again(world, drop, tmp_path):
    (tmp_path / "known").write_text("", encoding="utf-8")
    with pytest.raises(SettingMissing):
        extract("things")
    world.contract("sftp://x@127.0.0.1:1/", kind="sftp_lines", tables={"thing": LINES})
    with pytest.raises(SourceUnavailable):
        extract("things")


def test_the_order_of_the_lines_is_told_with_them(world, drop):
    series = {"by": "symbol", "time": "time", "value": ["value"], "behind": "is_behind", "run": "run_length"}
    columns = COLUMNS | {
        "time": {"type": "text", "meaning": "time"},
        "is_behind": {"type": "boolean", "meaning": "behind a later line"},
        "run_length": {"type": "integer", "meaning": "lines in a row"},
    }
    layout = LINES["format"] | {"series": series}
    address = os.environ["LIENTHONG_CONN_THINGS"]
    world.contract(address, kind="sftp_lines", tables={"thing": LINES | {"columns": columns, "format": layout}})
    sent = [("COD", "7", "00"), ("COD", "7", "10"), ("TSS", "7", "10"), ("COD", "7", "05"), ("COD", "8", "15")]
    put(drop, "a.txt", "".join(f"{symbol}\t{value}\t202611200800{at}\r\n" for symbol, value, at in sent))
    extract("things")
    assert world.rows("select is_behind, run_length from raw.things__thing order by line_no") == [
        (False, 2), (False, 2), (False, 1), (True, None), (False, 1),
    ]  # fmt: skip
