"""Data Docs of a release: the pages Great Expectations makes, stripped of everything that would be fetched elsewhere.

Their scripts, styles and first page need libraries of other hosts, which no reader of a folder has. They go; the first
page is our own, in the dress of the report, and so is the style of the others.

Built after publishing, from what the gate kept under <home>/gx/<release_id>; needs no database.
"""

import os
import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from connectors.settings import home
from expectations.rules import load_rulebooks
from expectations.site.rendering import write_page
from expectations.site.wording import Words

_FOOT = r"<footer\b.*?</footer>"  # an advertisement
# Buttons that hide rows by a script; the card ends where that of the contents begins.
_ACTIONS = (
    r"<div class=\"card mb-3\">\s*<div class=\"card-header p-2\">\s*<strong>Actions</strong>.*?(?=<div class=\"card )"
)
_GONE = re.compile(
    rf"<script\b.*?</script>|<style\b.*?</style>|<(?:link|img|iframe)\b[^>]*>|{_FOOT}|{_ACTIONS}"
    r"|\s(?:onclick|onload|data-toggle)=(?:\"[^\"]*\"|'[^']*')",
    re.IGNORECASE | re.DOTALL,
)
_REMOTE_URL = re.compile(r"url\(\s*[\"']?(?:https?:)?//[^)]*\)", re.IGNORECASE)


class DocsEntry(NamedTuple):
    """What was validated in one dataset: its page, that of its suite, and how many checks passed and did not."""

    dataset: str
    title: Words
    page: str
    suite: str
    checks: int
    failed: int


def build_data_docs(release_id: int, place: Path) -> Path | None:
    """The first page of the Data Docs, made in `place`; None when no gate ran for this release."""
    from expectations.checkpoint import context_dir, open_context

    if not context_dir(release_id).exists():
        return None
    shutil.rmtree(place, ignore_errors=True)
    context = open_context(release_id)
    site: Any = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(place)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    if "release" not in (context.variables.data_docs_sites or {}):
        context.add_data_docs_site(site_name="release", site_config=site)
    context.build_data_docs(site_names=["release"])
    shutil.rmtree(place / "static", ignore_errors=True)  # fonts and pictures of what goes
    for page in place.rglob("*.html"):
        assets = os.path.relpath(place.parent / "assets", page.parent)
        page.write_text(strip_page(page.read_text(encoding="utf-8"), assets), encoding="utf-8")
    index = place / "index.html"
    write_page(index, "data_docs.html.j2", root="../", release_id=release_id, entries=_entries(context, place))
    _forget_older(release_id)
    return index


def strip_page(text: str, assets: str) -> str:
    """A page without scripts, and without anything of another host; with the style that lies in `assets`."""
    dress = "".join(f'<link rel="stylesheet" href="{assets}/{name}.css">\n' for name in ("site", "docs"))
    kept = _REMOTE_URL.sub("none", _GONE.sub("", text))
    return kept.replace("</head>", f'<link rel="icon" href="data:,">\n{dress}</head>', 1)


def _entries(context: Any, place: Path) -> list[DocsEntry]:
    """One per dataset that was validated, in their order."""
    titles = {name: Words(book.dataset.title_vi, book.dataset.title_en) for name, book in load_rulebooks().items()}
    store, entries = context.validation_results_store, []
    for key in store.list_keys():
        dataset = key.expectation_suite_identifier.name
        page = place.joinpath("validations", *key.to_tuple()[:-1], f"{key.batch_identifier}.html")
        suite = place / "expectations" / f"{dataset}.html"
        counts = store.get(key).statistics
        entries.append(
            DocsEntry(
                dataset=dataset,
                title=titles.get(dataset, Words(dataset, dataset)),
                page=quote(page.relative_to(place).as_posix()),
                suite=quote(suite.relative_to(place).as_posix()),
                checks=counts["evaluated_expectations"],
                failed=counts["unsuccessful_expectations"],
            )
        )
    return sorted(entries)


def _forget_older(release_id: int) -> None:
    for folder in (home() / "gx").iterdir():
        if folder.name.isdigit() and int(folder.name) < release_id:
            shutil.rmtree(folder, ignore_errors=True)
