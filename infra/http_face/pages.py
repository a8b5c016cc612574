"""What a browser sees of the HTTP face: the same answers as pages, in the dress of the quality reports.

Everything a page needs comes from this service: nothing is loaded from another host, and a policy says so to browsers.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from expectations.site.rendering import TEMPLATES, make_environment

_HERE = Path(__file__).parent
_SWAGGER = Path(str(files("fastapi_offline"))) / "static"
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {"content-security-policy": _POLICY, "x-content-type-options": "nosniff", "referrer-policy": "same-origin"}


class Pages(Jinja2Templates):
    """Templates whose pages carry the policy."""

    def TemplateResponse(self, *given: Any, **named: Any) -> Any:  # noqa: N802 - the library's name
        """A page, rendered."""
        page = super().TemplateResponse(*given, **named)
        page.headers.update(_HEADERS)
        return page


def make_templates() -> Pages:
    """The templates that tipg asks for by name, beside those of the reports."""
    templates = Pages(env=make_environment(_HERE / "templates"))
    templates.env.globals["root"] = "/"
    return templates


def add_pages(app: FastAPI, templates: Pages) -> None:
    """Adds styles, scripts and the page that describes the API."""

    async def described(request: Request) -> Response:
        return templates.TemplateResponse(request, "api.html")

    app.add_api_route("/api.html", described, name="swagger_ui_html", include_in_schema=False)
    for path, folder in (("/assets", TEMPLATES / "assets"), ("/face", _HERE / "assets"), ("/swagger", _SWAGGER)):
        app.mount(path, StaticFiles(directory=folder))
