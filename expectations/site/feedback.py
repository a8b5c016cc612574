"""Feedback files: for each responsible agency its failing records, as CSV and as an Excel workbook.

One row per failing record and rule: key, rule, message, suggested repair, since. Rows are streamed from the warehouse,
so memory does not grow with them. A spreadsheet never takes a cell for a formula: see `safe_cell` and `workbook.py`.
"""

import csv
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import psycopg

from expectations.site.wording import Words
from expectations.site.workbook import Workbook

HEADINGS = (
    "Khóa bản ghi / Record key",
    "Tên khác / Also known as",
    "Bộ dữ liệu / Dataset",
    "Quy tắc / Rule",
    "Tác dụng / Effect",
    "Nội dung",
    "Message",
    "Cách khắc phục",
    "Suggested repair",
    "Giá trị gợi ý / Suggested value",
    "Vi phạm từ (giờ Việt Nam) / Failing since (UTC+7)",
    "Căn cứ / Legal basis",
)
_EFFECTS = {"hold": "giữ lại / holds", "block": "chặn công bố / blocks", "warn": "cảnh báo / warns"}
_RISKY = re.compile(r"^[\s\x00-\x20\ufeff\u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")
_FAILING = """
select
    coalesce(r.agency, d.owner) as agency, o.record_key, o.concerns, o.dataset, i.rule_id,
    format('%%s (%%s)', d.title_vi, o.dataset), r.severity,
    r.message_vi, r.message_en,
    (select string_agg(s.key || ': ' || s.value, '; ' order by s.key) from jsonb_each_text(o.suggestion) as s),
    to_char(o.first_seen_at at time zone '+07:00'::interval, 'YYYY-MM-DD HH24:MI'), r.legal_basis
from quality.row_outcome as o
cross join unnest(o.rule_ids) as i (rule_id)
inner join quality.rule as r on o.dataset = r.dataset and i.rule_id = r.rule_id
inner join release.dataset as d on o.dataset = d.dataset
where o.release_id = %s and r.severity <> 'scope'
order by 1, o.dataset, i.rule_id, o.record_key
"""


_NAMED: Mapping[str, Callable[[str], str]] = {
    "parcel": lambda name: "xã {}, tờ {}, thửa {}".format(*[*name.split("/", 2), "", ""][:3]),
    "commune": lambda name: f"xã {name}",
    "unit": lambda name: f"đơn vị hành chính {name}",
    "holder": lambda name: f"mã số thuế {name}",
    "lot": lambda _: "",
    "cell": lambda _: "",
}


@dataclass(frozen=True)
class FeedbackFile:
    """What was written for one agency: file names in the folder, records (a key per rule) and rules."""

    agency: str
    csv: str
    workbook: str
    records: int
    rules: int


def write_feedback(
    conn: psycopg.Connection, release_id: int, folder: Path, repairs: Mapping[tuple[str, str], Words]
) -> list[FeedbackFile]:
    """Writes the files of all agencies into `folder`, replacing what was there; the agency with most records first.

    `repairs` says per (dataset, rule) how to mend it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names: set[str] = set()
    written = []
    with conn.cursor("feedback") as cursor:
        cursor.itersize = 5_000
        cursor.execute(_FAILING, (release_id,))
        for agency, rows in groupby(cursor, key=lambda row: str(row[0])):
            name = _file_name(agency, names)
            written.append(_write(folder, name, agency, release_id, _lines(rows, repairs)))
    return sorted(written, key=lambda file: (-file.records, file.agency))


def safe_cell(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would read a formula or a command in it."""
    return f"'{text}" if _RISKY.match(text) else text


def known_as(concerns: Iterable[str]) -> str:
    """Other names of a record as its keeper says them; what only searches use (squares of ground) is left out."""
    said = (_NAMED[kind](name) if name and kind in _NAMED else whole for whole, kind, name in map(_split, concerns))
    return "; ".join(text for text in said if text)


def _split(concern: str) -> tuple[str, str, str]:
    kind, _, name = concern.partition(":")
    return concern, kind, name


def is_risky(text: str) -> bool:
    """Whether a spreadsheet might take the text for a formula: it starts with = + - @, a tab or a line break."""
    return _RISKY.match(text) is not None


def _lines(rows: Iterable[Sequence[str]], repairs: Mapping[tuple[str, str], Words]) -> Iterator[tuple[str, ...]]:
    nothing = Words("", "")
    for _, key, concerns, dataset, rule_id, titled, effect, vi, en, suggestion, since, basis in rows:
        repair = repairs.get((dataset, rule_id), nothing)
        judged = (key, known_as(concerns or ()), titled, rule_id, _EFFECTS[effect], vi, en)
        yield *judged, repair.vi, repair.en, suggestion or "", since, basis or ""


def _write(folder: Path, name: str, agency: str, release_id: int, lines: Iterable[tuple[str, ...]]) -> FeedbackFile:
    rules: set[str] = set()
    records = 0
    with ExitStack() as stack:
        # Excel reads UTF-8 in a CSV only when it starts with the byte order mark.
        file = stack.enter_context((folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline=""))
        text = csv.writer(file, quoting=csv.QUOTE_ALL)
        book = stack.enter_context(Workbook(folder / f"{name}.xlsx", agency, release_id, HEADINGS, is_risky))
        text.writerow(HEADINGS)
        for line in lines:
            text.writerow(map(safe_cell, line))
            book.write_row(line)
            rules.add(line[3])
            records += 1
    return FeedbackFile(agency, f"{name}.csv", f"{name}.xlsx", records, len(rules))


def _file_name(agency: str, taken: set[str]) -> str:
    """A file name of small ASCII letters that no other agency has."""
    plain = unicodedata.normalize("NFD", agency.lower().replace("đ", "d")).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "agency"
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    taken.add(name)
    return name
