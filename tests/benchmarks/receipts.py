"""What a receipt costs beyond the answer itself: `make bench-receipts`.

On the made-up province, warm, one connection as `procedure_reader`, questions of all procedures in turn, each asked
without and with a receipt. Ends with 1 when the receipt costs more than 5 ms at the 95th percentile.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time
from contextlib import contextmanager

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.receipts.answering import ask
from connectors.receipts.receipt import make_receipt, verify_receipt
from connectors.settings import warehouse_dsn
from infra.databases import ensure_warehouse
from infra.throw_away import throw_away_cluster
from tests.benchmarks.checks_world import make_world
from tests.benchmarks.questions import subject_for

P95_MS = 5.0
WARM = 100


def main() -> int:
    """Print the figures; 0 when the receipt is within its limit."""
    parser = argparse.ArgumentParser(prog="make bench-receipts", description=__doc__)
    parser.add_argument("--parcels", type=int, default=1_000_000)
    parser.add_argument("--calls", type=int, default=4_000)
    arguments = parser.parse_args()
    with _warehouse():
        make_world(arguments.parcels)
        return 0 if measure(arguments.parcels, arguments.calls) <= P95_MS else 1


def measure(parcels: int, calls: int) -> float:
    """The 95th percentile of what a receipt adds to an answer, milliseconds."""
    rng, key = random.Random(11), Ed25519PrivateKey.generate()
    plain, signed, sizes, proofs = [], [], [], []
    with psycopg.connect(warehouse_dsn("procedure_reader"), autocommit=True) as conn:
        codes = [code for (code,) in conn.execute("select catalogue_no from shared.procedure order by 1")]
        for number in range(WARM + calls):
            code = codes[number % len(codes)]
            subject = subject_for(code, rng, parcels)
            alone, whole, data = _both(conn, code, subject, key)
            start = time.perf_counter()
            verify_receipt(data, [key.public_key()], where="benchmark")
            if number >= WARM:
                proofs.append(time.perf_counter() - start)
                plain.append(alone)
                signed.append(whole)
                sizes.append(len(data))
    added = [max(0.0, whole - alone) for whole, alone in zip(signed, plain, strict=True)]
    for name, seconds in (
        ("answer alone", plain),
        ("answer with receipt", signed),
        ("receipt adds", added),
        ("verify", proofs),
    ):
        p50, p95 = statistics.median(seconds) * 1000, sorted(seconds)[int(len(seconds) * 0.95)] * 1000
        print(f"{name:20} p50 {p50:6.2f} ms   p95 {p95:6.2f} ms")
    print(f"a receipt has {statistics.median(sizes):,.0f} bytes at the median, {max(sizes):,} at most")
    return sorted(added)[int(len(added) * 0.95)] * 1000


def _both(conn: psycopg.Connection, code: str, subject: dict, key: Ed25519PrivateKey) -> tuple[float, float, bytes]:
    start = time.perf_counter()
    conn.execute("select * from shared.check_procedure(%s, %s)", (code, json.dumps(subject))).fetchall()
    middle = time.perf_counter()
    data = make_receipt(code, subject, ask(conn, code, subject), key)
    return middle - start, time.perf_counter() - middle, data


@contextmanager
def _warehouse():
    with throw_away_cluster() as cluster:
        os.environ |= ensure_warehouse(cluster) | {"LIENTHONG_HOME": str(cluster.home)}
        yield


if __name__ == "__main__":
    sys.exit(main())
