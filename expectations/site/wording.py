"""The sentences of the site in Vietnamese and English, and the numbers and moments in them."""

import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from expectations.report_facts import PastRelease, ReportFacts

# Reports are read in Vietnam; UTC+07:00 without summer time since 1975-06-13.
_LOCAL = timezone(timedelta(hours=7))


class Words(NamedTuple):
    """A text in both languages."""

    vi: str
    en: str


SEVERITIES = {
    "hold": Words("Giữ lại", "Holds"),
    "block": Words("Chặn công bố", "Blocks"),
    "warn": Words("Cảnh báo", "Warns"),
    "scope": Words("Ngoài phạm vi", "Out of scope"),
}
EFFECTS = {
    "hold": Words(
        "Bản ghi vi phạm không được công bố; phiên bản tốt gần nhất, nếu có, vẫn phục vụ và mang dấu bị giữ.",
        "A record that fails is not published; its last good version, if any, stays served and is marked held.",
    ),
    "block": Words(
        "Chỉ một vi phạm cũng đóng cổng: cả lần phát hành không được công bố.",
        "A single failure closes the gate: nothing of the release is published.",
    ),
    "warn": Words(
        "Bản ghi vẫn được công bố, được đếm và báo cho cơ quan chịu trách nhiệm.",
        "The record is published all the same, counted, and reported to the agency.",
    ),
    "scope": Words(
        "Bản ghi không thuộc bộ dữ liệu này và không được công bố trong đó.",
        "The record does not belong to this dataset and is not published in it.",
    ),
}
OUTCOMES = {
    "current": Words("Đang phục vụ", "Served now"),
    "published": Words("Đã công bố", "Published"),
    "refused": Words("Bị từ chối", "Refused"),
    "rolled_back": Words("Đã thu hồi", "Rolled back"),
    "unchanged": Words("Không thay đổi", "Unchanged"),
    "stopped": Words("Dừng giữa chừng", "Stopped"),
    "staged": Words("Đang mở", "Open"),
}

BALANCE = {
    "source": Words("Bảng nguồn", "Source table"),
    "partition": Words("Phân vùng", "Partition"),
    "dataset": Words("Bộ dữ liệu", "Dataset"),
    "source_rows": Words("Dòng nguồn", "Source rows"),
    "published": Words("Công bố", "Published"),
    "held": Words("Bị giữ", "Held"),
    "rejected": Words("Bị loại", "Rejected"),
    "superseded": Words("Được thay", "Superseded"),
    "out_of_scope": Words("Ngoài phạm vi", "Out of scope"),
    "arrived_later": Words("Đến sau", "Arrived later"),
    "unaccounted": Words("Không rõ", "Unaccounted"),
    "is_balanced": Words("Cân đối", "Balanced"),
}


# What a guard's number counts; other rules over a whole dataset say it on their page.
MEASURED = {
    "G01": Words("bản ghi bị giữ do vi phạm của chính mình", "records held for rules of their own"),
    "G02": Words("giới hạn số dòng bị vượt", "bounds of rows exceeded"),
    "G03": Words("khóa trùng hoặc trống", "keys that repeat or are empty"),
    "G04": Words("dòng không cân đối", "rows out of balance"),
}
LEDGER = {
    "release.opened": Words("Mở bản phát hành", "Release opened"),
    "waivers": Words("Áp dụng miễn trừ", "Waivers applied"),
    "verdict": Words("Kết luận của cổng", "Verdict of the gate"),
    "release.published": Words("Công bố", "Published"),
    "release.abandoned": Words("Hủy, không công bố", "Abandoned unpublished"),
    "release.rolled_back": Words("Thu hồi, hoặc phục vụ trở lại", "Rolled back, or served again"),
}
# What a release says of its own end when no person gave a reason (release_steps.py, releases.py, dags/release.py).
_REASONS = (
    (r"nothing to publish: .*", "không có gì mới để công bố: các dòng giống hệt bản đang phục vụ"),
    (r"gate closed: (.*)", r"cổng đóng: \1"),
    (r"(\w+) before publishing", r"dừng vì lỗi \1 trước khi công bố"),
    (r"the run that opened it ended without closing it", "lần chạy đã mở nó kết thúc mà không đóng lại"),
    (r"a task of the run (.*) failed", r"một tác vụ của lần chạy \1 bị lỗi"),
    (r"preview: .*", "chạy thử để xem trước thay đổi, không nhằm công bố"),
)


def reason_words(reason: str | None) -> Words:
    """Why a release ended as it did; what a person wrote stays as it was written."""
    for pattern, vi in _REASONS:
        if found := re.fullmatch(pattern, reason or "", re.DOTALL):
            return Words(found.expand(vi), found[0])
    return Words(reason or "", reason or "")


def sentence(facts: ReportFacts) -> Words:
    """The verdict on a release in one sentence."""
    number, blocking = facts.release_id, sorted({rule.rule_id for rule in facts.closed_by})
    if facts.status == "published":
        rows, held = facts.row_count, facts.held_count
        return Words(
            f"Bản phát hành {number} đã được công bố: {thousands_vi(rows)} bản ghi, {thousands_vi(held)} bị giữ lại.",
            f"Release {number} was published: {rows:,} records, {held:,} held.",
        )
    if facts.status == "rolled_back":
        return Words(
            f"Bản phát hành {number} đã được công bố rồi bị thu hồi: {facts.reason or 'không rõ lý do'}.",
            f"Release {number} was published and later rolled back: {facts.reason or 'no reason given'}.",
        )
    if blocking:
        count, which = len(blocking), ", ".join(blocking[:5]) + (" …" if len(blocking) > 5 else "")
        return Words(
            f"Bản phát hành {number} không được công bố: {count} quy tắc chặn không đạt ({which}). "
            "Dữ liệu cũ vẫn phục vụ.",
            f"Release {number} was not published: {count} blocking {'rule' if count == 1 else 'rules'} failed "
            f"({which}). What was published before stays.",
        )
    if facts.reason is None:
        return Words(f"Bản phát hành {number} đang mở, chưa được công bố.", f"Release {number} is open, not published.")
    vi, en = reason_words(facts.reason)
    return Words(f"Bản phát hành {number} không được công bố: {vi}.", f"Release {number} was not published: {en}.")


def outcome(entry: PastRelease) -> str:
    """How a release ended, as a key of `OUTCOMES`."""
    if entry.status in {"published", "rolled_back", "staged"}:
        return "current" if entry.is_current else entry.status
    if entry.closed_by:
        return "refused"
    return "unchanged" if (entry.reason or "").startswith("nothing to publish") else "stopped"


def thousands_vi(number: int) -> str:
    """A whole number as it is written in Vietnamese: 208.505."""
    return f"{number:,}".replace(",", ".")


def moment(at: datetime | None) -> str:
    """A moment in Vietnamese time, in a form that sorts."""
    return f"{at.astimezone(_LOCAL):%Y-%m-%d %H:%M}" if at else "–"


def age(of: datetime | None, at: datetime) -> Words:
    """How old a source was at a moment, in words short enough for a table."""
    if of is None:
        return Words("không rõ", "unknown")
    seconds = max(int((at - of).total_seconds()), 0)
    days, hours, minutes = seconds // 86_400, seconds // 3_600, seconds % 3_600 // 60
    if days >= 2:
        return Words(f"{days} ngày", f"{days} days")
    return Words(f"{hours} giờ {minutes:02} phút", f"{hours} h {minutes:02} min")
