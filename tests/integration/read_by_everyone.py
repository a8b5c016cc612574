"""Reading a report page without a mouse, with weak eyes, or with a screen reader. Not a test."""

from typing import Any

from playwright.sync_api import Page

_LIGHT = """
  const parts = colour => (colour.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
"""
# Every text against what is painted behind it (WCAG 2.2, 1.4.3); large text would need less and is held to the same.
_FAINT_TEXT = f"""() => {{ {_LIGHT}
  return [...document.querySelectorAll('body *:not(svg *)')]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) && e.getClientRects().length)
    .map(e => [e, ratio(parts(getComputedStyle(e).color), behind(e))]).filter(([, r]) => r < 4.5)
    .map(([e, r]) => e.className + ' ' + e.textContent.trim().slice(0, 30) + ' ' + r.toFixed(2)); }}"""
# The frame around what has the focus, against what it is drawn on (WCAG 2.2, 1.4.11 and 2.4.7):
# around the element, or within it.
_FOCUSED = f"""() => {{ {_LIGHT}
  const e = document.activeElement, s = getComputedStyle(e);
  const drawn = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2;
  return [[...document.querySelectorAll('*')].indexOf(e), e.tagName, e.id || e.textContent.trim().slice(0, 40),
    drawn ? ratio(parts(s.outlineColor), behind(parseFloat(s.outlineOffset) < 0 ? e : e.parentElement || e)) : 0]; }}"""
_OPERABLE = """() => [...document.querySelectorAll('a[href], button, input, summary, [tabindex="0"]')]
  .filter(e => e.getClientRects().length).map(e => [...document.querySelectorAll('*')].indexOf(e))"""
_UNNAMED = """() => [
  ['svg:not([aria-hidden])', e => e.getAttribute('role') !== 'img' || !e.getAttribute('aria-label')],
  ['table', e => !e.caption || !e.caption.textContent.trim()],
  ['thead th', e => e.getAttribute('scope') !== 'col'],
  ['input', e => !e.labels.length],
  ['a, button', e => !e.textContent.trim()],
  ['[id]', e => document.querySelectorAll('#' + CSS.escape(e.id)).length > 1],
].flatMap(([which, lacks]) => [...document.querySelectorAll(which)].filter(lacks)).map(e => e.outerHTML.slice(0, 80))"""
# Every kind of badge and mark that the style sheet knows, also those that no page of the test shows.
_ALL_MARKS = """() => document.querySelector('main').insertAdjacentHTML('beforeend',
  ['block', 'hold', 'warn', 'scope', 'good'].map(kind => '<p class="probe"><span class="badge ' + kind + '">x</span>'
    + ' <b class="id">x</b> <span class="muted">x</span>'
    + ' <strong class="bad">x</strong> <small>x</small> <a href="#">x</a> <code>x</code></p>').join('')
  + '<table class="probe"><tbody><tr class="closing"><td>x <a href="#">x</a> <strong class="bad">x</strong>'
  + ' <span class="muted">x</span> <b class="id">x</b></td></tr></tbody></table>')"""


def faint_texts(page: Page) -> list[str]:
    """Texts whose contrast with what lies behind them is below 4.5, with the ratio."""
    return list(page.evaluate(_FAINT_TEXT))


def faint_marks(page: Page) -> list[str]:
    """The same of every badge and mark of the style sheet, put on the page for it."""
    page.evaluate(_ALL_MARKS)
    found = faint_texts(page)
    page.evaluate("() => document.querySelectorAll('.probe').forEach(e => e.remove())")
    return found


def nameless(page: Page) -> list[str]:
    """Pictures, tables, inputs and links that a screen reader could not name, and ids given twice."""
    return list(page.evaluate(_UNNAMED))


def walk_by_tab(page: Page) -> tuple[list[Any], list[int]]:
    """Tab through the page once: what has no visible frame when it has the focus, and what was never reached."""
    operable = set(page.evaluate(_OPERABLE))
    page.evaluate("() => { document.activeElement.blur(); window.scrollTo(0, 0); }")
    page.locator("body").press("Tab")
    faint, reached = [], set()
    for _ in range(len(operable) + 5):
        index, *what, ratio = page.evaluate(_FOCUSED)
        if index in reached or what[0] == "BODY":
            break
        reached.add(index)
        if ratio < 3:
            faint.append((*what, round(ratio, 2)))
        page.keyboard.press("Tab")
    return faint, sorted(operable - reached)
