"""Wells in four communes and the releases of a week: published, changed, refused, rolled back. Not a test."""

from pathlib import Path

from click.testing import CliRunner

from connectors.warehouse import releases
from expectations.commands_report import rollback
from expectations.report import write_report
from tests.integration.gate_warehouse import RELATION, Wells, rule

# What a spreadsheet would run, as record keys.
FORMULAS = ("=HYPERLINK(1)", "+84", "-1+1", "@SUM(A1)", "\tcmd", " =1")
WAIVERS = """
waivers:
  - {id: W2026-001, rule: W02, dataset: well, scope: all, approver: Giám đốc Sở, granted_on: 2026-01-01,
     expires_on: 2026-01-31, reason: {vi: Đang rà soát., en: Under review.}}
"""
PAGE = """
W01:
  shows: {vi: Độ sâu vượt giới hạn., en: The depth is above its limit.}
  example: {vi: Giếng 500 m., en: A well of 500 m.}
  why: {vi: Tầng nước sâu cần giấy phép riêng., en: Deep water needs a permit of its own.}
  mend: {vi: Đo lại giếng., en: Measure the well again.}
"""
AGENCY = "Đội đo đạc <huyện> & xã"
_UNITS = """
create table warehouse.administrative_unit (
    code text, valid_from date, valid_to date, level text, full_name text, parent_code text,
    geom geometry(MultiPolygon, 4756)
);
insert into warehouse.administrative_unit
select
    u.code, '2025-07-01', null, u.level, u.full_name, u.parent,
    st_multi(st_makeenvelope(105.9 + u.x, 20.1 + u.y, 105.9 + u.x + u.size, 20.1 + u.y + u.size, 4756))
from (values
    ('37', 'province', 'Tỉnh Ninh Bình', null, 0.0, 0.0, 0.4),
    ('00001', 'commune', 'Xã Gia Viễn', '37', 0.0, 0.0, 0.2),
    ('00002', 'commune', 'Phường Hoa Lư', '37', 0.2, 0.0, 0.2),
    ('00003', 'commune', 'Xã Đồng Thái', '37', 0.0, 0.2, 0.2),
    ('00004', 'commune', 'Xã Kim Sơn', '37', 0.2, 0.2, 0.2)
) as u (code, level, full_name, parent, x, y, size)
"""
_RULES = (
    rule("W01", "depth_m < depth_limit_m", message={"vi": "Giếng quá sâu.", "en": "The well is too deep."}),
    rule(
        "W02",
        "kind = 'drilled'",
        severity="warn",
        agency=AGENCY,
        message={"vi": "Loại giếng lạ.", "en": "An unusual kind of well."},
    ),
)


def make_wells(wells: Wells) -> None:
    """The relations: wells 0 to 199 in four communes, all of them good."""
    wells.builder.execute(RELATION)
    wells.builder.execute("alter table warehouse.well add column commune_code text")
    wells.builder.execute(
        "insert into warehouse.well select 'w' || n, 10, 'drilled', n::text, 100, sha256(n::text::bytea),"
        " '0000' || 1 + n % 4 from generate_series(0, 199) as n"
    )
    wells.builder.execute(_UNITS)


def release_for_a_week(wells: Wells) -> Path:
    """Four releases and their reports: 1 published, 2 changed and later rolled back, 3 refused. The folder of all."""
    book = wells.write_rules(*_RULES)
    (wells.project / "expectations" / "waivers.yml").write_text(WAIVERS, encoding="utf-8")
    (wells.project / "expectations" / "rule_pages").mkdir()
    (wells.project / "expectations" / "rule_pages" / "wells.yml").write_text(PAGE, encoding="utf-8")
    for number in range(12):
        wells.put(f"w{number}", 500)
        wells.builder.execute(
            "update warehouse.well set commune_code = %s where well_key = %s",
            ("00003" if number < 9 else "00002", f"w{number}"),
        )
    for key in FORMULAS:
        wells.put(key, kind="=cmd|' /C calc'!A0")
    write_report(wells.publish(book).release_id)
    for number in range(100, 107):
        wells.put(f"w{number}", 20)
    wells.put("w3", 30)
    write_report(wells.publish(book).release_id)
    closed = wells.write_rules(
        *_RULES, rule("W03", "depth_m > 0", severity="block", message={"vi": "Độ sâu âm.", "en": "A negative depth."})
    )
    wells.put("w50", -4)
    release, verdict = wells.judge(closed)
    assert not verdict.is_open
    releases.abandon(release, reason="gate closed: well W03")
    page = write_report(release.release_id)
    rolled_back = CliRunner().invoke(rollback, ["--to", "1", "--reason", "wrong wells"])
    assert rolled_back.exit_code == 0, rolled_back.output
    return page.parent.parent
