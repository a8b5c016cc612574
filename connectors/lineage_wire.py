"""The form of OpenLineage events, by the client library of the standard; slow to import, so only the sender does.

When events are made, and where they go, is in `lineage_events.py`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import RunFacet, error_message_run, job_type_job, parent_run, processing_engine_run

from connectors.lineage_flow import NAMESPACE, PRODUCER, Flow, LineageRun, Table


def run_events(run: LineageRun, flow: Flow, state: str, at: datetime) -> list[RunEvent]:
    """The event of a job that starts or ended, and of the jobs within it (begin and end) once it is complete."""
    facets: dict[str, RunFacet] = {
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(version="1", name="Liên Thông")
    }
    if state == "FAIL":
        message = "; ".join([str(run.failure), *run.notes])
        facets |= {
            "errorMessage": error_message_run.ErrorMessageRunFacet(message=message, programmingLanguage="python")
        }
    events = [_event(run.job, Run(run.run_id, facets), RunState[state], at, flow)]
    if state == "COMPLETE":
        events += _parts(run, flow.parts, at)
    return events


def _parts(run: LineageRun, parts: Sequence[tuple[str, Flow]], at: datetime) -> Iterator[RunEvent]:
    parent = parent_run.ParentRunFacet(
        run=parent_run.Run(runId=run.run_id), job=parent_run.Job(namespace=NAMESPACE, name=run.job)
    )
    for name, flow in parts:
        run_id = str(uuid5(NAMESPACE_URL, f"{run.run_id}/{name}"))
        for state, moment in ((RunState.START, run.started_at), (RunState.COMPLETE, at)):
            yield _event(f"{run.job}.{name}", Run(run_id, {"parent": parent}), state, moment, flow)


def _event(job: str, run: Run, state: RunState, at: datetime, flow: Flow) -> RunEvent:
    kind = job_type_job.JobTypeJobFacet(
        processingType="BATCH", integration="LIENTHONG", jobType=job.split(".", maxsplit=1)[0].upper()
    )
    return RunEvent(
        eventTime=at.isoformat(),
        eventType=state,
        run=run,
        job=Job(NAMESPACE, job, {"jobType": kind}),
        inputs=[InputDataset(*_place(table)) for table in flow.inputs],
        outputs=[OutputDataset(*_place(table)) for table in flow.outputs],
        producer=PRODUCER,
    )


def _place(table: Table) -> tuple[str, str]:
    return table.namespace, table.name
