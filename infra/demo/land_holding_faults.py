"""Faults of parties, rights, single land uses and descent. Most are rows of their own, so that no other row changes."""

import hmac
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from connectors.settings import setting
from infra.demo.columns import Columns
from infra.demo.ground_truth import Fault
from infra.demo.land_row_faults import NOBODY, SYSTEM

Tables = dict[str, Columns]
KEYS = {"party": "nguoiid", "certificate": "gcnid", "right": "quyenid", "land_use": "mdsdid"}


def damage_holdings(tables: Tables, rows: Iterator[int], count: int) -> list[Fault]:
    """`count` faults of every kind in place; `rows` gives parcels that nothing else depends on, each once."""
    faults: list[Fault] = []
    for number in range(count):
        faults += _rights(tables, rows, number)
        faults += _uses(tables, rows)
        faults += _descent(tables, rows, number)
    return faults + renumbered_out_of_time(tables)


def damage_parties(tables: Tables, count: int) -> list[Fault]:
    """Parties with a wrong kind, tax code, name or number. Their shared key needs the secret LIENTHONG_HMAC_KEY."""
    faults: list[Fault] = []
    person, company = (int(np.flatnonzero(tables["party"]["loai"] == kind)[0]) for kind in ("CA_NHAN", "TO_CHUC"))
    for number in range(count):
        for source, changes, fault, rule in (
            (person, {"loai": "KHAC"}, "unknown_party_kind", "L20"),
            (company, {"masothue": "0100233480"}, "wrong_tax_code", "L21"),
            (company, {"tentochuc": None}, "nameless_organisation", "L22"),
            (person, {"sogiayto": f"9900000001{number}", "masothue": None}, "bad_identity_number", "L23"),
        ):
            key = clone(tables, "party", source, **changes)
            effect = "warn" if rule == "L23" else "hold"
            faults.append(_fault("party", key, "party", party_key(key), fault, rule, effect=effect))
    return faults + list(_doubtful_parties(tables, person, company, count))


def _doubtful_parties(tables: Tables, person: int, company: int, count: int) -> Iterator[Fault]:
    """Persons whose well-formed number names no province or another year than that of birth; companies without code."""
    year = int(str(tables["party"]["ngaysinh"][person])[:4])
    for number in range(count):
        numbered = f"0030{year % 100:02d}00000{number}" if number % 2 else f"0350{(year + 1) % 100:02d}00000{number}"
        key = clone(tables, "party", person, sogiayto=numbered, masothue=None)
        yield _fault("party", key, "party", party_key(key), "implausible_identity", "L47", effect="warn")
        key = clone(tables, "party", company, masothue=None)
        yield _fault("party", key, "party", party_key(key), "company_without_tax_code", "L46", effect="warn")


def party_key(party_id: int) -> str:
    """The key under which a party is shared."""
    secret = setting("LIENTHONG_HMAC_KEY").encode()
    return hmac.new(secret, f"{SYSTEM}:party:{party_id}".encode(), "sha256").hexdigest()


def clone(tables: Tables, table: str, row: int, **changes: Any) -> int:
    """Append a copy of a row with another key and the changes given; returns the key."""
    columns, name = tables[table], KEYS[table]
    key = int(columns[name].max()) + 1
    for column, values in columns.items():
        last = values[row : row + 1].copy()
        value = {name: key, **changes}.get(column, last[0])
        if column in changes or column == name:
            last[0] = value
        tables[table][column] = np.concatenate([values, last])
    return key


def _rights(tables: Tables, rows: Iterator[int], number: int) -> Iterator[Fault]:
    parcels = tables["parcel"]["thuadatid"]
    free = (int(parcels[row]) for row in rows if not _is_leased(tables, int(parcels[row])))

    def lease(**changes: Any) -> int:
        lent = {"loaiquyen": "THUE", "tuso": 1, "mauso": 1, "gcnid": None}
        return clone(tables, "right", 0, **(lent | {"thuadatid": changes.get("thuadatid") or next(free)} | changes))

    def certificate(serial: str) -> int:
        return clone(tables, "certificate", 0, sophathanh=serial, trangthaipl="HIEU_LUC")

    shared = next(free)
    twice = [certificate(f"ZZ {900_001 + number}") for _ in range(2)]
    for fault, rule, keys in (
        ("right_without_parcel", "L24", [lease(thuadatid=NOBODY - number)]),
        ("right_without_holder", "L25", [lease(nguoiid=NOBODY - 1_000)]),
        ("right_without_certificate", "L26", [lease(gcnid=NOBODY - 1_000)]),
        ("share_of_nothing", "L27", [lease(tuso=0)]),
        ("shares_above_whole", "L28", [lease(thuadatid=shared), lease(thuadatid=shared)]),
        ("serial_printed_twice", "L08", [lease(gcnid=key) for key in twice]),
        ("unknown_right_type", "L35", [lease(loaiquyen="KHAC")]),
    ):
        yield from (_fault("right", key, "land_right", f"{SYSTEM}:{key}", fault, rule) for key in keys)
    key = lease(gcnid=certificate(f"Z-{number}"))
    yield _fault("right", key, "land_right", f"{SYSTEM}:{key}", "odd_serial", "L29", effect="warn")


def _is_leased(tables: Tables, parcel: int) -> bool:
    right = tables["right"]
    return bool((right["loaiquyen"][right["thuadatid"] == parcel] != "SU_DUNG").any())


def _uses(tables: Tables, rows: Iterator[int]) -> Iterator[Fault]:
    uses, parcels = tables["land_use"], tables["parcel"]["thuadatid"]
    lost = NOBODY - len(uses["mdsdid"])
    nobody = clone(tables, "land_use", 0, thuadatid=lost, sothutumdsd=1, lamucdichchinh=False)
    yield _use_fault(nobody, lost, 1, fault="use_without_parcel", rule="L30")
    row, (_, second, *_rest) = _with_uses(tables, rows, at_least=2)
    tables["land_use"]["sothutumdsd"][second] = 1
    yield _use_fault(int(uses["mdsdid"][second]), int(parcels[row]), 1, fault="use_number_twice", rule="L31")
    row, (first, *_rest) = _with_uses(tables, rows, at_least=1)
    key = clone(tables, "land_use", int(first), sothutumdsd=9, dientich=0.0, lamucdichchinh=False)
    yield _use_fault(key, int(parcels[row]), 9, fault="use_without_area", rule="L33")
    row, (first, *_rest) = _with_uses(tables, rows, at_least=1)
    tables["land_use"]["denngay"][first] = tables["land_use"]["tungay"][first] - np.timedelta64(30, "D")
    yield _use_fault(int(uses["mdsdid"][first]), int(parcels[row]), 1, fault="term_ends_before_start", rule="L34")


def _with_uses(tables: Tables, rows: Iterator[int], *, at_least: int) -> tuple[int, np.ndarray]:
    while True:
        row = next(rows)
        found = np.flatnonzero(tables["land_use"]["_parcel"] == row)
        if len(found) >= at_least:
            return row, found


def _use_fault(key: int, parcel: int, seq: int, *, fault: str, rule: str) -> Fault:
    return _fault("land_use", key, "land_parcel_use", f"{SYSTEM}:{parcel}|{seq}", fault, rule)


def _descent(tables: Tables, rows: Iterator[int], number: int) -> Iterator[Fault]:
    parcels = tables["parcel"]
    for fault, rule, parent_of in (
        ("unknown_parent", "L40", lambda _row: NOBODY - number),
        ("parent_in_force", "L41", lambda row: int(parcels["thuadatid"][row - 1])),
        ("own_parent", "L42", lambda row: int(parcels["thuadatid"][row])),
    ):
        row = next(rows)
        parent = parcels["thuagocid"][row] = parent_of(row)
        key = int(parcels["thuadatid"][row])
        record = f"{SYSTEM}:{parent}|{SYSTEM}:{key}|{parcels['tungay'][row]}"
        yield _fault("parcel", key, "land_parcel_lineage", record, fault, rule)


def renumbered_out_of_time(tables: Tables) -> list[Fault]:
    """Parcels with a former number whose commune code did not exist on its date: nothing can precede it."""
    parcels = tables["parcel"]
    stated = np.flatnonzero(parcels["maxa_tungay"] == np.datetime64("2026-01-15"))
    # the sheet that the fault of the commune code made for this lot: 8, two digits, its row
    rows = [int(row) for row in stated if re.fullmatch(f"8[0-9]{{2}}{row}", str(parcels["sohieutobando"][row]))]
    rows = [row for row in rows if parcels["sothututhuacu"][row] is not None]
    keys = [int(parcels["thuadatid"][row]) for row in rows]
    return [
        _fault(
            "parcel",
            key,
            "land_parcel_lineage",
            f"{SYSTEM}:{key}|{SYSTEM}:{key}|2025-07-01",
            "renumbered_out_of_time",
            "L44",
        )
        for key in keys
    ]


def _fault(table: str, key: int, dataset: str, record: str, fault: str, rule: str, *, effect: str = "hold") -> Fault:
    return Fault(SYSTEM, table, str(key), dataset, record, fault, rule, effect)
