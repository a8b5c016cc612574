"""What `make run` says at the end: what is published, where to look, or what failed and where that is written."""

from collections.abc import Sequence

from infra.airflow_config import USER, AirflowPlace
from infra.task_news import TaskFailure


def summary_text(place: AirflowPlace, *, before: int | None) -> str:
    """Per dataset rows published, held and the age of its source; the addresses; what to try next."""
    from connectors.warehouse.releases import current_release
    from expectations.release_steps import ReleaseResult
    from expectations.report import report_page
    from expectations.summary import summary_lines

    current = current_release()
    if current is None:
        return "\n".join(["Nothing is published yet.", *_addresses(place, None)])
    report = report_page(current)
    result = ReleaseResult(current, is_published=current != before, report=report)
    return "\n".join([summary_lines(result), "", *_addresses(place, report.as_uri())])


def failure_text(failures: Sequence[TaskFailure]) -> str:
    """Every failed task with its error and its log."""
    blocks = [f"FAILED {f.name}\n  {_indent(f.error)}\n  log: {f.log}" for f in failures]
    return "\n".join([*blocks, "What was published before stays. Mend the cause, then `make run` again."])


def _addresses(place: AirflowPlace, report: str | None) -> list[str]:
    from expectations.report import reports_index
    from infra.http_face.service import http_face_address

    query = "select dataset, release_id, row_count, held_count, source_as_of from shared.dataset_status order by 1"
    return [
        f"Airflow         {place.url}   user {USER}, password {place.password}",
        f"Quality report  {report or 'none yet'}",
        f"All reports     {reports_index().as_uri()}   also of releases that were refused or rolled back",
        f"HTTP face       {http_face_address()}   OGC API Features; POST /v1/procedures/CODE/check; /api describes it",
        f'Ask it          psql "$(make -s dsn ROLE=procedure_reader)" -c "{query}"',
        "Stop it         make stop",
    ]


def _indent(text: str) -> str:
    return text.replace("\n", "\n  ")
