"""The real report of the demonstration in a real browser: whole, quiet, and without any other host. Not a test."""

import re

from playwright.sync_api import Page

from expectations.site.rendering import TEMPLATES
from tests.integration.browser import Opened, open_browser, opened
from tests.journey.conftest import REFERENCE, Demonstration

SCREENSHOTS = TEMPLATES.parent.parent / ".cache" / "screenshots"
_BALANCE = (
    "select source, partition, published, held, unaccounted from quality.conservation"
    " where release_id = %s order by source, partition"
)


def look_at_report(demonstration: Demonstration) -> None:
    """Opens the pages of the release in service, as a steward would after a working day."""
    release = demonstration.release_id()
    folder = demonstration.home / "reports" / str(release)
    with open_browser() as browser, opened(browser) as desk:
        page = desk.go(folder / "index.html")
        assert f"Bản phát hành {release} đã được công bố:" in page.locator("h1").inner_text()
        _balance_is_complete(page, demonstration, release)
        _every_source_has_an_age(page, demonstration)
        _trends_are_drawn(page, demonstration)
        _keep_screenshot(page, "demonstration")
        rule = _first_rule_with_a_place(desk, demonstration, release)
        _keep_screenshot(desk.page, f"demonstration-{rule}")
        _docs_name_every_dataset(desk.go(folder / "index.html"), demonstration)
        _keep_screenshot(desk.page, "demonstration-docs")
        assert (desk.complaints, desk.elsewhere) == ([], [])


def _balance_is_complete(page: Page, demonstration: Demonstration, release: int) -> None:
    """The table has every source table and partition, and the numbers of `quality.conservation`."""
    told = demonstration.rows(_BALANCE, release)
    sources = {source for (source,) in demonstration.rows("select source from release.source_account")}
    assert {source for source, *_ in told} == sources, "every source that a dataset accounts for"
    rows = page.locator("#balance-table tbody tr")
    cells = [[cell.strip() for cell in row.split("\t")] for row in rows.all_inner_texts()]
    shown = {(row[0], row[1]): row for row in cells}
    assert len(cells) == len(shown) == len(told)
    for source, partition, published, held, unaccounted in told:
        assert unaccounted == 0
        counts = {re.sub(r"\D", "", cell) for cell in shown[source, partition][3:]}
        assert {str(published), str(held), "0"} <= counts, source
        assert shown[source, partition][-1].endswith("cân"), source


def _every_source_has_an_age(page: Page, demonstration: Demonstration) -> None:
    datasets = {name for (name,) in demonstration.rows("select dataset from shared.dataset_status")}
    rows = page.locator("#all-datasets tbody tr")
    ages = {row.locator("th code").inner_text(): row.locator("td").nth(3).inner_text() for row in rows.all()}
    assert ages.keys() == datasets
    unknown = {name for name, age in ages.items() if "không rõ" in age}
    assert unknown == datasets & REFERENCE, "rows of our own have no source, and so no age"
    assert all(re.search(r"\d (ngày|giờ)", ages[name]) for name in datasets - REFERENCE)


def _trends_are_drawn(page: Page, demonstration: Demonstration) -> None:
    ((releases,),) = demonstration.rows("select count(*) from release.release where status = 'published'")
    if releases < 2:
        assert "cần ít nhất hai bản phát hành" in page.locator("#datasets").inner_text()
        return
    assert page.locator("#datasets figure.chart svg circle").count() >= 2
    assert page.locator("#all-datasets svg.spark").count() == page.locator("#all-datasets tbody tr").count()


def _first_rule_with_a_place(desk: Opened, demonstration: Demonstration, release: int) -> str:
    """Follows rules from the overview until one has a map; its communes add up to its records."""
    overview = demonstration.home / "reports" / str(release) / "index.html"
    found = [text.split()[0] for text in desk.go(overview).locator("#failing tbody th").all_inner_texts()]
    assert len(found) > 50
    for rule in found:
        page = desk.go(overview)
        page.locator("#failing tbody th").get_by_role("link", name=re.compile(rf"^{rule}\b")).first.click()
        if page.locator(".map svg path").count() == 0:
            continue
        assert rule in (page.locator(".map svg").first.get_attribute("aria-label") or "")
        counts = page.locator("#places tbody td.number").all()
        assert sum(int(count.get_attribute("data-v") or 0) for count in counts) > 0
        assert "Vì sao" in page.locator("main").inner_text()
        return rule
    raise AssertionError(f"none of {found} has a map")


def _docs_name_every_dataset(page: Page, demonstration: Demonstration) -> None:
    page.get_by_role("link", name="Data Docs").first.click()
    datasets = sorted(name for (name,) in demonstration.rows("select dataset from shared.dataset_status"))
    assert page.locator("#docs tbody th code").all_inner_texts() == datasets
    first = page.url
    for dataset in (datasets[0], "land_parcel"):
        page.goto(first)
        row = page.locator("#docs tbody tr").filter(has=page.get_by_text(dataset, exact=True))
        row.get_by_role("link").first.click()
        assert "Expectation Validation Result" in page.locator("body").inner_text()
        assert page.locator("td .fa-check-circle").count() > 5
    page.goto(first)


def _keep_screenshot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    picture = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 10_000
