"""The templates of the site, and the little they need to say everything in two languages.

Both languages stand in every page; a style shows one of them (`assets/site.js` remembers which). Without scripts both
are shown.
"""

import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from expectations.site.wording import MEASURED, Words, moment, reason_words, thousands_vi

TEMPLATES = Path(__file__).parent.parent / "templates"


def write_page(path: Path, template: str, **facts: Any) -> None:
    """Renders a template into a file."""
    text = make_environment().get_template(template).render(**facts)
    path.write_text(text, encoding="utf-8")


def copy_assets(folder: Path) -> None:
    """Puts style and script beside the pages, so that a folder of pages is complete in itself."""
    shutil.copytree(TEMPLATES / "assets", folder, dirs_exist_ok=True)


@cache
def make_environment(*folders: Path) -> Environment:
    """How templates are rendered: those of the site, and of other folders that extend its `page.html.j2`."""
    environment = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.globals |= {
        "t": _both, "w": lambda words: _both(*words), "label": _label, "written": _written, "vn": _vietnamese,
        "num": _number, "decimal": _decimal, "thousands_vi": thousands_vi, "reason_words": reason_words,
        "measured": MEASURED,
    }  # fmt: skip
    environment.filters |= {"moment": moment, "breakable": _breakable}
    return environment


def _both(vi: str, en: str) -> Markup:
    if vi == en:
        return escape(vi)
    return Markup('<span lang="vi">{}</span><span lang="en">{}</span>').format(vi, en)


def _vietnamese(name: str | None) -> Markup:
    """A name that is Vietnamese in both languages, said to be so for whoever listens to the English page."""
    return Markup('<span lang="vi" class="always">{}</span>').format(name or "–")


def _label(vi: str, en: str, attribute: str = "aria-label") -> Markup:
    """An attribute in Vietnamese, which the script exchanges for the English one."""
    return Markup('{0}="{1}" data-attribute="{0}" data-vi="{1}" data-en="{2}"').format(Markup(attribute), vi, en)  # noqa: S704


def _written(vi: str, en: str) -> Markup:
    """The rest of a tag and its text, where an element can hold text alone; the script exchanges it."""
    return Markup('data-text data-vi="{0}" data-en="{1}">{0}').format(vi, en)


def _decimal(value: object) -> Markup:
    """A measured value, with the sign before its decimals that each language writes; other texts as they are."""
    text = str(value)
    if not re.fullmatch(r"-?\d+(\.\d+)?", text):
        return escape(text)
    whole, point, rest = text.partition(".")
    return _both(f"{int(whole):,}".replace(",", ".") + ("," if point else "") + rest, f"{int(whole):,}{point}{rest}")


def _number(value: int | None) -> Markup:
    if value is None:
        return Markup("–")
    words = Words(thousands_vi(value), f"{value:,}")
    return _both(*words)


def _breakable(name: str) -> Markup:
    """A key or a name that may be broken after a colon, bar or underscore, so that narrow columns stay readable."""
    return Markup(re.sub(r"([:|_])", r"\1<wbr>", str(escape(name))))  # noqa: S704
