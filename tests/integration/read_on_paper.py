"""A report page as it is printed: what is hidden, what is whole, and what the PDF of Chromium holds. Not a test."""

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

# Width of A4 between margins of 15 mm, in CSS pixels of 1/96 inch.
PAPER_PX = int(180 / 25.4 * 96)

HIDDEN = (".languages", ".tools", ".onpage", ".skip", ".files", ".crumbs", ".label")
_STILL_SHOWN = """which => which
  .filter(css => [...document.querySelectorAll(css)].some(e => e.getClientRects().length))"""
# What reaches past the paper, or past a box that hides what does not fit.
_CUT = """width => [...document.querySelectorAll('main *:not(svg *):not(.unseen)')].filter(e => {
  const box = e.getBoundingClientRect(), style = getComputedStyle(e);
  return box.right > width + 1 || (style.overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1)
    || (style.overflowY !== 'visible' && e.scrollHeight > e.clientHeight + 1);
}).map(e => e.tagName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 30))"""
# A column so narrow that its words stand letter under letter.
_CRUSHED = """() => [...document.querySelectorAll('th, td')]
  .filter(e => e.getClientRects().length && e.clientWidth < 20 && e.innerText.trim().length > 4)
  .map(e => e.innerText.trim().slice(0, 30))"""
_FOLDED = """() => [...document.querySelectorAll('details > :not(summary)')]
  .filter(e => !e.getClientRects().length).length"""
_UNSEEN_ROWS = """() => [...document.querySelectorAll('tbody tr')].filter(e => !e.getClientRects().length).length"""
_BREAKS = """() => [['h2', 'breakAfter'], ['caption', 'breakAfter'], ['tbody tr', 'breakInside'],
  ['figure', 'breakInside'], ['.verdict', 'breakInside'], ['.part', 'breakInside']].filter(([css, rule]) =>
  [...document.querySelectorAll(css)].some(e => getComputedStyle(e)[rule] !== 'avoid')).map(([css]) => css)"""
_HEADS = """() => [...document.querySelectorAll('thead')]
  .every(e => getComputedStyle(e).display === 'table-header-group')"""


@dataclass(frozen=True)
class Paper:
    """What is wrong with a page on paper; nothing, when every list is empty."""

    still_shown: list[str]
    cut: list[str]
    crushed: list[str]
    broken_apart: list[str]
    folded: int
    rows_unseen: int
    heads_repeat: bool

    @property
    def is_fine(self) -> bool:
        """Whether nothing is wrong."""
        lost = (*self.still_shown, *self.cut, *self.crushed, *self.broken_apart)
        return not lost and not self.folded and not self.rows_unseen and self.heads_repeat


def look_at_paper(page: Page) -> Paper:
    """The open page in the style of the printer, as wide as A4; afterwards it is a screen again."""
    size = page.viewport_size
    page.set_viewport_size({"width": PAPER_PX, "height": 1000})
    page.emulate_media(media="print")
    found = Paper(
        still_shown=page.evaluate(_STILL_SHOWN, list(HIDDEN)),
        cut=page.evaluate(_CUT, PAPER_PX),
        crushed=page.evaluate(_CRUSHED),
        broken_apart=page.evaluate(_BREAKS),
        folded=page.evaluate(_FOLDED),
        rows_unseen=page.evaluate(_UNSEEN_ROWS),
        heads_repeat=page.evaluate(_HEADS),
    )
    page.emulate_media(media="screen")
    if size:
        page.set_viewport_size(size)
    return found


def headings_of_pdf(page: Page, file: Path) -> list[str]:
    """Prints the page as Chromium does and answers the headings that the file lists, in their order."""
    page.pdf(path=file, format="A4", outline=True, tagged=True, prefer_css_page_size=True)
    content = file.read_bytes()
    assert content.startswith(b"%PDF-")
    return [_text(title) for title in re.findall(rb"/Title\s*(\((?:\\.|[^\\)])*\)|<[0-9A-Fa-f\s]*>)", content)]


def _text(title: bytes) -> str:
    if title.startswith(b"<"):
        raw = bytes.fromhex(title[1:-1].decode())
    else:
        raw = re.sub(rb"\\([0-7]{3}|.)", _unescaped, title[1:-1], flags=re.DOTALL)
    return raw[2:].decode("utf-16-be") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1")


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    named = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
    return bytes([int(code, 8)]) if len(code) == 3 else named.get(code, code)
