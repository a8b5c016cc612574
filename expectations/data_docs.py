"""Data Docs of a release: the pages Great Expectations makes, stripped of everything that would be fetched elsewhere.

Built after publishing, from what the gate kept under <home>/gx/<release_id>; needs no database.
"""

import re
import shutil
from pathlib import Path
from typing import Any

from connectors.settings import home

_REMOTE = re.compile(
    r"<script[^>]+src=[\"']https?://[^>]*>\s*</script>|<link[^>]+href=[\"']https?://[^>]*>|<img[^>]+src=[\"']https?://[^>]*>",
    re.IGNORECASE,
)


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
    for page in place.rglob("*.html"):
        page.write_text(_REMOTE.sub("", page.read_text(encoding="utf-8")), encoding="utf-8")
    _forget_older(release_id)
    return place / "index.html"


def _forget_older(release_id: int) -> None:
    for folder in (home() / "gx").iterdir():
        if folder.name.isdigit() and int(folder.name) < release_id:
            shutil.rmtree(folder, ignore_errors=True)
