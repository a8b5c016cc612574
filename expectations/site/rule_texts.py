"""What a rule's page says in words: the four parts of its page, and how to mend it where no page was written."""

from collections.abc import Mapping
from typing import NamedTuple

from expectations.report_facts import RuleFacts
from expectations.rule_page import RulePage
from expectations.site.wording import Words

PARTS = {
    "shows": Words("Quy tắc cho thấy điều gì", "What it shows"),
    "example": Words("Ví dụ", "Example"),
    "why": Words("Vì sao cần", "Why"),
    "mend": Words("Cách khắc phục", "How to mend"),
}
_MEND = {
    "hold": Words(
        "Đối chiếu bản ghi với hồ sơ gốc và sửa tại hệ thống nguồn; lần phát hành sau sẽ kiểm tra lại và tự công bố.",
        "Compare the record with its file and correct it in the source system; the next release judges it again.",
    ),
    "warn": Words(
        "Bản ghi vẫn được công bố; rà soát và bổ sung tại hệ thống nguồn khi có thể.",
        "The record is published all the same; review and complete it in the source system.",
    ),
    "block": Words(
        "Tìm nguyên nhân tại nguồn trước khi phát hành lại; không sửa trực tiếp dữ liệu đã công bố.",
        "Find the cause at the source before releasing again; never edit what is published.",
    ),
    "scope": Words("Không cần khắc phục.", "Nothing to mend."),
}


class Part(NamedTuple):
    """One part of the page of a rule."""

    name: str
    heading: Words
    text: Words


def parts_of(rule: RuleFacts, pages: Mapping[str, RulePage]) -> list[Part]:
    """The four parts that were written for a rule or guard; how to mend it always, in general words if need be."""
    page = pages.get(rule.rule_id)
    if page is None:
        return [Part("mend", PARTS["mend"], _MEND[rule.severity])]
    texts = {"shows": page.shows, "example": page.example, "why": page.why, "mend": page.mend}
    return [Part(name, PARTS[name], Words(text.vi, text.en)) for name, text in texts.items()]


def repair_of(rule: RuleFacts, pages: Mapping[str, RulePage]) -> Words:
    """How to mend what fails a rule."""
    return parts_of(rule, pages)[-1].text
