"""Reading report pages in the language and the colours that a reader chose. Not a test."""

import re
from pathlib import Path

from playwright.sync_api import Browser

from tests.integration.browser import opened


def each_language_is_whole(browser: Browser, site: Path) -> None:
    """Also where both cannot stand side by side: titles of pages, numbers and tips of charts."""
    with opened(browser) as reader:
        page = reader.go(site / "3" / "index.html")
        assert page.title() == "Bản phát hành 3 · Báo cáo chất lượng"
        assert "không được công bố" in page.locator("h1").inner_text()
        assert page.locator("#ledger tbody tr").all_inner_texts()[0].split("\t")[1].startswith("Mở bản phát hành")
        page.get_by_role("button", name="English").click()
        assert page.title() == "Release 3 · Quality report"
        assert page.locator("#feedback tbody th [lang=vi]").count() > 0, "names stay Vietnamese, and are said to be"
        page = reader.go(site / "2" / "datasets" / "well.html")
        page.get_by_role("button", name="Tiếng Việt").click()
        chart = page.locator("figure.chart").first
        assert (chart.locator("circle title").last.text_content() or "").startswith("2: ")
        page = reader.go(site / "2" / "index.html")
        assert re.search(r"Thu hồi, hoặc phục vụ trở lại.*release\.rolled_back", page.locator("#ledger").inner_text())
        assert (reader.complaints, reader.elsewhere) == ([], [])


def colours_of_the_reader_hide_nothing(browser: Browser, site: Path, pictures: Path) -> None:
    """Forced colours take every background: shades of a map and the language chosen must still be told apart."""
    context = browser.new_context(forced_colors="active", color_scheme="dark")
    page = context.new_page()
    page.goto((site / "1" / "rules" / "W01.html").as_uri())
    background = "e => getComputedStyle(e).backgroundColor"
    chosen, other = (button.evaluate(background) for button in page.locator(".languages button").all())
    assert chosen != other
    shades = [shade.evaluate(background) for shade in page.locator(".legend i").all()]
    assert len({*shades, page.locator("body").evaluate(background)}) == len(shades) + 1 >= 3
    page.screenshot(path=pictures / "forced-colours.png", full_page=True)
    context.close()
