"""The site of reports: what its pages say, in a real browser from a folder, and the files for each agency."""

import csv
import re
import shutil
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect

from connectors.errors import NoSuchRelease
from connectors.warehouse.lease import drop_lease
from expectations.commands_report import rollback
from expectations.report import write_report
from tests.conftest import Warehouse
from tests.integration.browser import Opened, open_browser, opened
from tests.integration.gate_warehouse import Wells, rule
from tests.integration.read_as_chosen import colours_of_the_reader_hide_nothing, each_language_is_whole
from tests.integration.read_by_everyone import faint_marks, faint_texts, nameless, walk_by_tab
from tests.integration.read_on_paper import headings_of_pdf, look_at_paper
from tests.integration.site_world import AGENCY, FORMULAS, make_wells, release_for_a_week

_TAG = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SCREENSHOTS = Path(".cache/screenshots")


@pytest.fixture
def site(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The reports of four releases, in a folder that nothing else is in."""
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path / "project"))
    with warehouse.connect("lt_builder") as builder, warehouse.connect("owner") as owner:
        wells = Wells(builder, owner, tmp_path / "project")
        make_wells(wells)
        reports = release_for_a_week(wells)
        yield Path(shutil.move(reports, tmp_path / "handed over"))
        drop_lease()


def test_the_site_of_a_release(site: Path) -> None:
    """One world, many looks at it: making four releases takes longer than reading them."""
    _pages_say_what_happened(site)
    _pages_are_files_alone(site)
    _nothing_is_fetched_from_elsewhere(site)
    _every_file_for_an_agency_is_safe(site / "1" / "feedback")
    with open_browser() as browser:
        with opened(browser) as desk:
            _language_is_switched_and_remembered(desk, site)
            _tables_are_sorted_and_filtered(desk.go(site / "1" / "index.html"))
            _a_failing_rule_leads_to_its_page(desk.go(site / "1" / "index.html"))
            _keys_alone_are_enough(desk.go(site / "1" / "index.html"))
            _data_docs_lead_to_every_validation(desk, site / "3")
            _keep_screenshots(desk, site, "desk", ("index", "2/index", "3/index", "1/rules/W01", "3/data_docs/index"))
            assert (desk.complaints, desk.elsewhere) == ([], [])
        with opened(browser, width=400) as phone:
            _keep_screenshots(phone, site, "phone", ("3/index", "1/rules/W01"))
            assert (phone.complaints, phone.elsewhere) == ([], [])
        each_language_is_whole(browser, site)
        colours_of_the_reader_hide_nothing(browser, site, SCREENSHOTS)
        _everything_is_readable(browser, site)
        _paper_shows_everything(browser, site)


def test_a_rollback_that_is_taken_back_is_taken_back_in_the_pages(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIENTHONG_PROJECT", str(tmp_path / "project"))
    with warehouse.connect("lt_builder") as builder, warehouse.connect("owner") as owner:
        wells = Wells(builder, owner, tmp_path / "project")
        make_wells(wells)
        book = wells.write_rules(rule("W01", "depth_m < depth_limit_m"))
        pages = []
        for number in range(3):
            wells.put(f"w{number}", 20)
            pages.append(write_report(wells.publish(book).release_id, with_docs=False))
        drop_lease()
        with pytest.raises(NoSuchRelease, match="1 to 3"):
            write_report(77)
        assert not (pages[0].parent.parent / "77").exists(), "nothing is left of what was asked for"
        for to, taken_back in ((1, {2, 3}), (3, {2})):
            done = CliRunner().invoke(rollback, ["--to", str(to), "--reason", "wrong wells"])
            assert done.exit_code == 0, done.output
            assert {n for n, page in enumerate(pages, 1) if "rồi bị thu hồi" in _text(page)} == taken_back


def _pages_say_what_happened(site: Path) -> None:
    first, second, refused = (_text(site / number / "index.html") for number in ("1", "2", "3"))
    assert "Release 1 was published: 194 records, 12 held." in first
    assert "Bản phát hành 1 đã được công bố: 194 bản ghi, 12 bị giữ lại." in first
    assert "Release 3 was not published: 1 blocking rule failed (W03)." in refused
    assert "Release 2 was published and later rolled back: wrong wells." in second
    assert re.search(r"depth_m</code>\s*7", second), "the column that changed, and in how many records"
    assert "would have been added, changed and closed" in refused
    assert re.search(r"depth_m</code>\s*1\b", _columns(refused)), "the rows are gone, what would have changed is told"
    rule = _text(site / "1" / "rules" / "W01.html")
    assert "Luật Tài nguyên nước 28/2023/QH15" in rule
    assert re.search(r"Xã Đồng Thái.{0,200}?9<", rule, re.DOTALL)
    assert re.search(r"Phường Hoa Lư.{0,200}?3<", rule, re.DOTALL)
    assert rule.count("<path") >= 5
    for part in ("The depth is above its limit.", "A well of 500 m.", "Deep water needs", "Measure the well again."):
        assert part in rule
    listed = _text(site / "index.html")
    for outcome in ("Đang phục vụ", "Đã thu hồi", "Bị từ chối"):
        assert outcome in listed
    assert "lienthong ledger verify" in first
    assert re.search(r"W2026-001.*Expired: the rule is enforced", first, re.DOTALL)
    assert re.search(r"<code>release\.published</code>.*?[0-9a-f]{64}", first, re.DOTALL)


def _pages_are_files_alone(site: Path) -> None:
    pages = [page for page in site.rglob("*.html") if "data_docs" not in page.parts]
    assert len(pages) >= 3 * 8
    for page in pages:
        text = _text(page)
        assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", text), page
        for target in re.findall(r"href=\"([^\"#?]+\.(?:html|css|csv|xlsx))", text):
            assert (page.parent / target).exists(), f"{page}: {target}"


def _nothing_is_fetched_from_elsewhere(site: Path) -> None:
    """Every file, also those that Great Expectations made; a link that a reader may follow is no fetch."""
    files = [file for kind in ("html", "css", "js", "svg") for file in site.rglob(f"*.{kind}")]
    assert {"data_docs", "assets", "rules"} <= {part for file in files for part in file.parts}
    for file in files:
        text = _text(file)
        fetched = re.findall(
            r"(?:\b(?:src|srcset|poster|data|action)=|<link[^>]+href=|url\(|@import)\s*[\"']?(?:https?:)?//[^\s\"')]*",
            text,
            re.IGNORECASE,
        )
        assert fetched == [], file
        if "data_docs" in file.parts and file.name != "index.html":
            assert "<script" not in text.lower(), file
            assert "greatexpectations.io" not in text, file


def _data_docs_lead_to_every_validation(desk: Opened, release: Path) -> None:
    page = desk.go(release / "index.html")
    page.get_by_role("link", name="Data Docs").first.click()
    assert page.locator("h1").inner_text() == "Data Docs của bản phát hành 3"
    listed = page.locator("#docs tbody th code").all_inner_texts()
    assert listed == sorted(folder.name for folder in (release / "data_docs" / "validations").iterdir()) == ["well"]
    failed = int(page.locator("#docs tbody tr").first.locator("td").nth(1).get_attribute("data-v") or 0)
    page.get_by_role("link", name="Giếng").click()
    assert "W03: Độ sâu âm. / A negative depth." in page.locator("body").inner_text()
    assert page.locator("tbody td .fa-times").count() == failed >= 1, "a mark per expectation that is not met"
    page.get_by_role("link", name="Home").last.click()
    page.get_by_role("link", name=re.compile("Bộ phép kiểm tra")).click()
    assert "Expectation Suite" in page.locator("body").inner_text()


def _every_file_for_an_agency_is_safe(folder: Path) -> None:
    with (folder / "doi-do-dac-huyen-xa.csv").open(encoding="utf-8-sig", newline="") as lines:
        heading, *rows = csv.reader(lines)
    assert heading[0] == "Khóa bản ghi / Record key"
    assert {row[0] for row in rows} == {f"'{key}" for key in FORMULAS}
    assert {(row[2], row[3], row[5], row[6]) for row in rows} == {
        ("Giếng (well)", "W02", "Loại giếng lạ.", "An unusual kind of well.")
    }
    now = datetime.now(timezone(timedelta(hours=7)))
    assert all(row[10][:13] in {f"{now:%Y-%m-%d %H}", f"{now - timedelta(hours=1):%Y-%m-%d %H}"} for row in rows)
    assert all(cell[:1] not in "=+-@\t\r" or not cell for row in rows for cell in row)
    assert all(row[7] and row[8] for row in rows), "how to mend it, in both languages"
    book = folder / "doi-do-dac-huyen-xa.xlsx"
    with zipfile.ZipFile(book) as parts:
        sheets = [ET.fromstring(parts.read(name)) for name in parts.namelist() if "worksheets/sheet" in name]
    assert not any(sheet.findall(f".//{_TAG}f") for sheet in sheets), "no cell holds a formula"
    heads = [sheet for sheet in sheets if sheet.find(f".//{_TAG}autoFilter") is not None]
    assert len(heads) == 1, "the sheet of records can be filtered"
    assert heads[0].find(f".//{_TAG}pane[@state='frozen']") is not None, "its headings stay in sight"
    assert heads[0].find(f"{_TAG}pageSetup[@orientation='landscape'][@paperSize='9']") is not None
    assert float(heads[0].find(f".//{_TAG}row[@r='1']").get("ht", 0)) > 30, "room for headings of two languages"
    texts = {text.text for sheet in sheets for text in sheet.iter(f"{_TAG}t")}
    assert {*FORMULAS, "W02", AGENCY} <= texts
    with (folder / "so-nong-nghiep-va-moi-truong.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    assert len(rows) == 1 + 12
    assert {(row[7], row[8]) for row in rows[1:]} == {("Đo lại giếng.", "Measure the well again.")}


def _language_is_switched_and_remembered(desk: Opened, site: Path) -> None:
    page = desk.go(site / "1" / "index.html")
    verdict = page.locator("h1")
    expect(verdict).to_have_text(re.compile("đã được công bố"), use_inner_text=True)
    assert "published" not in verdict.inner_text()
    page.get_by_role("button", name="English").click()
    assert verdict.inner_text() == "Release 1 was published: 194 records, 12 held."
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("link", name="Wells").first.click()
    assert page.locator("h1").inner_text().startswith("Wells")
    assert page.get_by_role("region", name="Every rule").is_visible()
    page.get_by_role("button", name="Tiếng Việt").click()
    page.reload()
    assert page.locator("h1").inner_text().startswith("Giếng")


def _tables_are_sorted_and_filtered(page: Page) -> None:
    rows = page.locator("#failing tbody tr:visible")
    ids = [text.split()[0] for text in rows.locator("th").all_inner_texts()]
    assert ids == ["W01", "W02"]
    page.locator("#failing thead").get_by_role("button", name="Bản ghi").click()
    assert page.locator("#failing th[aria-sort=descending]").count() == 1
    page.locator("#failing thead").get_by_role("button", name="Bản ghi").click()
    assert [text.split()[0] for text in rows.locator("th").all_inner_texts()] == ["W02", "W01"]
    page.locator("#failing-filter").fill("gieng QUA sau")
    assert [text.split()[0] for text in rows.locator("th").all_inner_texts()] == ["W01"]
    assert page.locator("[data-shown=failing]").inner_text() == "1 / 2"


def _a_failing_rule_leads_to_its_page(page: Page) -> None:
    page.get_by_role("link", name=re.compile("W01")).first.click()
    assert page.locator("h1").inner_text() == "Giếng quá sâu."
    assert "W01" in (page.locator(".map svg").get_attribute("aria-label") or "")
    counts = page.locator("#places tbody tr").all_inner_texts()
    assert [re.sub(r"\s+", " ", text).strip() for text in counts] == [
        "Xã Đồng Thái 00003 Tỉnh Ninh Bình 9",
        "Phường Hoa Lư 00002 Tỉnh Ninh Bình 3",
    ]
    page.go_back()


def _keys_alone_are_enough(page: Page) -> None:
    """Tab reaches the skip link, the languages, the filter, a heading that sorts, and a rule; Enter opens it."""
    page.locator("body").press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("(document.activeElement.id || document.activeElement.textContent || '').trim().slice(0, 40)")
        )
        if reached[-1].startswith("W01"):
            break
    assert {"Tiếng Việt", "English", "failing-filter"} <= set(reached), reached
    assert reached[-1].startswith("W01"), reached
    page.keyboard.press("Enter")
    page.wait_for_url("**/rules/W01.html*")


def _everything_is_readable(browser: Browser, site: Path) -> None:
    for width in (1280, 400):
        with opened(browser, width=width) as reader:
            for place in ("index.html", "1/index.html", "3/index.html", "2/rules/W01.html", "2/datasets/well.html"):
                page = reader.go(site / place)
                assert faint_texts(page) == [], place
                assert nameless(page) == [], place
                assert page.locator("h1").count() == page.locator("main").count() == 1
                assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{place} is too wide"
            assert faint_marks(reader.go(site / "1/index.html")) == []
            for place in ("index.html", "1/index.html", "1/rules/W01.html"):
                assert walk_by_tab(reader.go(site / place)) == ([], []), place


def _paper_shows_everything(browser: Browser, site: Path) -> None:
    with opened(browser) as reader:
        for place in ("index.html", "1/index.html", "3/index.html", "1/rules/W01.html", "2/datasets/well.html"):
            page = reader.go(site / place)
            if place == "1/index.html":
                page.locator("#failing-filter").fill("nothing of the kind")
            paper = look_at_paper(page)
            assert paper.is_fine, (place, paper)
            # what was folded is folded again on the screen, when the browser has told the page that it was printed
            expect(page.locator("details[open]")).to_have_count(0)
        page = reader.go(site / "3/index.html")
        sections = [text.strip() for text in page.locator("h2").all_inner_texts()]
        assert len(sections) == 6, sections
        printed = headings_of_pdf(page, site / "refused.pdf")
        assert {_bare(text) for text in (page.locator("h1").inner_text(), *sections)} <= {*map(_bare, printed)}, printed
        assert (reader.complaints, reader.elsewhere) == ([], [])


def _keep_screenshots(reader: Opened, site: Path, name: str, places: tuple[str, ...]) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for place in places:
        picture = SCREENSHOTS / f"{name}-{place.replace('/', '-')}.png"
        reader.go(site / f"{place}.html").screenshot(path=picture, full_page=True)
        assert picture.stat().st_size > 10_000


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def _columns(release: str) -> str:
    """The last cell of the row of wells among the changes."""
    return re.findall(r"<td>.*?</td>", release.partition('id="diff"')[2].partition("</tbody>")[0], re.DOTALL)[-1]


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")
