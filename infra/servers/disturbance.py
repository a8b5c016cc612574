"""How a demonstration service is told to misbehave: one small JSON file, read at every request.

`lienthong demo break` writes it, `lienthong demo repair` removes it. Kinds: `html` (an error page with status 200)
and `short` (the total announces more rows than are delivered).
"""

import json
from pathlib import Path

ERROR_PAGE = """<!DOCTYPE html>
<html lang="vi"><head><title>Bảo trì hệ thống</title></head>
<body><h1>Hệ thống đang bảo trì</h1><p>Xin vui lòng quay lại sau.</p></body></html>
"""


def current_disturbance(path: Path, service: str) -> str | None:
    """The kind of disturbance ordered for a service, or None."""
    try:
        return json.loads(path.read_text(encoding="utf-8")).get(service)
    except FileNotFoundError:
        return None
