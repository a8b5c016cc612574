"""`/v1`: the checks of procedures, with the same answers as `shared.check_procedure`, and how often they were asked.

An answer comes with a signed receipt when that is asked for; the key is that of `connectors.receipts.signing`.
"""

import json
from collections import Counter
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from connectors.errors import SettingMissing
from connectors.receipts.canonical import normalised
from connectors.receipts.receipt import make_receipt
from connectors.receipts.signing import public_pem, signing_key
from infra.http_face.problems import BadQuestion


async def _known_parameters(request: Request) -> None:
    """Refuse what would be passed over: a release_id in the address is not a release that is asked for."""
    known = {parameter.alias for parameter in request.scope["route"].dependant.query_params}
    names = [name for name, _ in request.query_params.multi_items()]
    if wrong := [name for name in names if name not in known or names.count(name) > 1]:
        raise BadQuestion(
            f"the parameter {wrong[0][:60]} is {'given twice' if wrong[0] in known else 'not known here'}",
            accepted=f"in the address {', '.join(sorted(known))} once; all else in the body"
            if known
            else "no parameters",
        )


router = APIRouter(prefix="/v1", tags=["Procedures"], dependencies=[Depends(_known_parameters)])
Result = Literal["PASS", "FAIL", "HELD", "STALE", "UNKNOWN"]
_PROCEDURES = """
select procedure_code, catalogue_no, national_code, code_status, sector, name_vi, name_en, valid_from::text,
    valid_to::text, legal_basis from shared.procedure order by catalogue_no, valid_from
"""
_REQUIREMENTS = """
select r.check_code, r.seq, r.name_vi, r.name_en, r.subject, r.datasets, r.is_connected, r.parameters,
    r.valid_from::text, r.valid_to::text, r.legal_basis
from shared.procedure_requirement as r inner join shared.procedure as p on r.procedure_code = p.procedure_code
where p.procedure_code = left($1, 8) or p.catalogue_no = $1 order by r.seq
"""


class Question(BaseModel):
    """What is asked: about whom or what, and of which release (the one in service without it)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"subject": {"parcel_key": "land_registry:1000018", "max_age_hours": 48}}]},
    )
    subject: dict[str, Any]
    release_id: int | None = Field(default=None, ge=1, le=2**63 - 1, strict=True)


class Answer(BaseModel):
    """The answer of one check. Only FAIL speaks against the citizen; evidence holds no personal data."""

    check_code: str
    result: Result
    reason_code: str
    evidence: dict[str, Any]
    source_system: str | None
    as_of: datetime | None
    release_id: int


class Answers(BaseModel):
    """All answers of a procedure, in its order, from one release."""

    api_version: Literal["1"] = "1"
    procedure_code: str
    release_id: int | None
    answers: list[Answer]
    receipt: str | None = Field(
        default=None,
        description="Only with ?receipt=true: the signed receipt of this answer (canonical JSON, RFC 8785; Ed25519). "
        "Keep this text byte for byte; `lienthong receipt verify` proves it without a database, `lienthong replay` "
        "computes it again.",
    )


Wanted = Annotated[bool, Query(description="Answer with a signed receipt, to be kept with the dossier.")]


class PublicKey(BaseModel):
    """The public key of the receipts, as PEM."""

    algorithm: Literal["Ed25519"]
    pem: str


@router.get("/procedures")
async def procedures(request: Request) -> list[dict[str, Any]]:
    """The procedures that can be checked; a national code that is not loaded yet is null."""
    return await _rows(request, _PROCEDURES)


@router.get("/procedures/{procedure_code}/requirements")
async def requirements(request: Request, procedure_code: str) -> list[dict[str, Any]]:
    """What a procedure asks of the shared datasets."""
    return await _rows(request, _REQUIREMENTS, procedure_code)


@router.post("/procedures/{procedure_code}/check")
async def check(request: Request, procedure_code: str, question: Question, receipt: Wanted = False) -> Answers:
    """Check a subject against what the state already knows: one answer per requirement, as in SQL."""
    signed = None
    if receipt:
        answers, signed = await _with_receipt(request, procedure_code, question)
    else:
        rows = await _rows(
            request,
            "select to_jsonb(a) as answer from shared.check_procedure($1, $2::text::jsonb, $3) as a",
            procedure_code,
            json.dumps(question.subject),
            question.release_id,
        )
        answers = [Answer(**row["answer"]) for row in rows]
    request.app.state.asked.update((procedure_code, a.check_code, a.result) for a in answers)
    request.app.state.asked[procedure_code, "", "CALL"] += 1
    release_id = answers[0].release_id if answers else question.release_id
    return Answers(procedure_code=procedure_code, release_id=release_id, answers=answers, receipt=signed)


@router.get("/receipt-key")
async def receipt_key() -> PublicKey:
    """The public key with which the receipts of this service are verified."""
    return PublicKey(algorithm="Ed25519", pem=public_pem(_key().public_key()))


@router.get("/metrics")
async def metrics(request: Request) -> list[dict[str, Any]]:
    """Calls and answers since this service started: validation_calls, hit_rate and unknown_rate per procedure."""
    asked: Counter[tuple[str, str, str]] = request.app.state.asked
    return [_metric(code, asked) for code in sorted({code for code, _, _ in asked})]


def _metric(code: str, asked: "Counter[tuple[str, str, str]]") -> dict[str, Any]:
    results: Counter[str] = Counter()
    for (procedure, _, result), n in asked.items():
        if procedure == code:
            results[result] += n
    answers = sum(results.values()) - results["CALL"]
    return {
        "procedure_code": code,
        "validation_calls": results["CALL"],
        "answers": {result: results[result] for result in ("PASS", "FAIL", "HELD", "STALE", "UNKNOWN")},
        "hit_rate": round((results["PASS"] + results["FAIL"]) / answers, 4) if answers else None,
        "unknown_rate": round(results["UNKNOWN"] / answers, 4) if answers else None,
    }


async def _with_receipt(request: Request, procedure_code: str, question: Question) -> tuple[list[Answer], str]:
    key, subject = _key(), normalised(question.subject)
    (row,) = await _rows(
        request,
        "select shared.answer_for_receipt($1, $2::text::jsonb, $3) as answered",
        procedure_code,
        json.dumps(subject),
        question.release_id,
    )
    answered = row["answered"]
    answers = [Answer(**answer, release_id=answered["release_id"]) for answer in answered["answers"]]
    return answers, make_receipt(procedure_code, subject, answered, key).decode()


def _key() -> Any:
    try:
        return signing_key()
    except SettingMissing as error:
        raise BadQuestion(
            "receipts are not set up here", accepted="the question without receipt=true", status=501
        ) from error


async def _rows(request: Request, query: str, *values: Any) -> list[dict[str, Any]]:
    async with request.app.state.pool.acquire(timeout=5) as conn:
        return [dict(row) for row in await conn.fetch(query, *values)]
