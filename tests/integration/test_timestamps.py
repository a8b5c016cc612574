"""Time stamps of the ledger by a small authority on loopback, and what happens when the ledger cannot be written."""

import subprocess
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from connectors.commands_ledger import ledger
from connectors.errors import LedgerBroken, SettingMissing, SourceUnavailable, WarehouseBusy
from connectors.warehouse import releases
from connectors.warehouse.ledger import export_ledger, record
from tests.conftest import Warehouse
from tests.integration.released_things import THING, fill, good, make_relation, run_release, served

CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def certificate(name: str, issuer: str, key, signing_key, *more) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(issuer)).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )  # fmt: skip
    for extension, is_critical in more:
        builder = builder.add_extension(extension, critical=is_critical)
    return builder.sign(signing_key, hashes.SHA256())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory):
    """A folder with root.pem, and the address of a time-stamp authority that it vouches for."""
    folder = tmp_path_factory.mktemp("tsa")
    root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    root = certificate("Root", "Root", root_key, root_key, (x509.BasicConstraints(ca=True, path_length=None), True))
    stamps_only = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    signer = certificate("Authority", "Root", key, root_key, (stamps_only, True))
    for name, made in (("root", root), ("signer", signer)):
        (folder / f"{name}.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "serial").write_text("01")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))

    class Authority(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["content-length"])))
            subprocess.run(
                ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-inkey", "key.pem", "-signer",
                 "signer.pem", "-out", "reply"], cwd=folder, check=True, capture_output=True,
            )  # fmt: skip
            self.send_response(200)
            self.end_headers()
            self.wfile.write((folder / "reply").read_bytes())

        def log_message(self, *arguments) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Authority) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_stamp_shows_a_ledger_that_was_cut_off_or_written_anew(
    warehouse: Warehouse, authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = authority
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    run, root, export = CliRunner().invoke, str(folder / "root.pem"), tmp_path / "ledger.jsonl"
    with warehouse.connect("lt_publisher") as conn:
        for number in range(3):
            record(conn, "test.entry", {"number": number})
    assert isinstance(run(ledger, ["checkpoint", "--stamp"]).exception, SettingMissing)
    monkeypatch.setenv("LIENTHONG_TSA_URL", address)
    monkeypatch.setenv("LIENTHONG_TSA_ROOT", root)
    made = run(ledger, ["checkpoint", "--stamp"])
    stamp = warehouse.home / "ledger" / "stamps" / "3.tsr"
    assert (made.exit_code, str(stamp) in made.output) == (0, True), made.output
    export_ledger(export)
    verify = ["verify", str(export), "--stamp", str(stamp), "--tsa-root", root]
    found = run(ledger, verify)
    assert (found.exit_code, "entry 3 existed at" in found.output) == (0, True), found.output

    lines = export.read_text().splitlines(keepends=True)
    export.write_text("".join(lines[:2]))
    assert "an end after entry 2" in str(run(ledger, verify).exception)
    with warehouse.connect("admin") as admin:  # written anew: a sound chain with other content
        admin.execute("alter table audit.ledger disable trigger all; delete from audit.ledger")
        for number in range(3):
            record(admin, "test.entry", {"number": number + 1})
    export_ledger(export)
    assert run(ledger, ["verify", str(export)]).exit_code == 0, "the chain alone holds"
    error = run(ledger, verify).exception
    assert isinstance(error, LedgerBroken) and "a stamp of something else" in error.found
    assert run(ledger, verify[:4]).exit_code == 2, "a stamp without a root proves nothing"


def test_an_authority_that_nobody_vouches_for_is_refused(
    warehouse: Warehouse, authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    other = certificate("Root", "Root", key, key, (x509.BasicConstraints(ca=True, path_length=None), True))
    (tmp_path / "other.pem").write_bytes(other.public_bytes(Encoding.PEM))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("LIENTHONG_TSA_URL", authority[1])
    monkeypatch.setenv("LIENTHONG_TSA_ROOT", str(tmp_path / "other.pem"))
    with warehouse.connect("lt_publisher") as conn:
        record(conn, "test.entry", {})
    found = CliRunner().invoke(ledger, ["checkpoint", "--stamp"])
    assert isinstance(found.exception, SourceUnavailable)
    assert not (warehouse.home / "ledger" / "stamps").exists()


def test_without_the_ledger_nothing_is_published(warehouse: Warehouse) -> None:
    with warehouse.connect("lt_builder") as builder:
        make_relation(builder)
        fill(builder, [("a", "1")])
        first = run_release()
        fill(builder, [("a", "2")])
    release = releases.open_release({})
    releases.stage(release, THING)
    refuse = """
        create function audit.refuse() returns trigger language plpgsql as $$
        begin raise exception 'the disk is full' using errcode = 'disk_full'; end $$;
        create trigger full_disk before insert on audit.ledger for each row execute function audit.refuse()
    """
    with warehouse.connect("admin") as admin:
        admin.execute(refuse)
        for step in (lambda: releases.publish(release), lambda: releases.rollback(first, reason="x")):
            with pytest.raises(WarehouseBusy, match="the disk is full"):
                step()
        assert admin.execute("select release_id from release.pointer").fetchone() == (first,)
        assert admin.execute(
            "select status, published_at from release.release where release_id = %s", (release.release_id,)
        ).fetchone() == ("staged", None)
        assert served(admin) == good(a="1")
        admin.execute("drop trigger full_disk on audit.ledger")
        releases.publish(release)
        assert served(admin) == good(a="2")
