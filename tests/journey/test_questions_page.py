"""The page of questions and answers is true: every block of it is asked of the demonstration, in SQL and over HTTP."""

import json
import re
import subprocess
import sys
import time

import httpx
import psycopg
import pytest

from connectors.settings import project_root
from infra.ports import choose_port

PAGE = project_root() / "infra" / "http_face" / "QUESTIONS.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def questions() -> list[tuple[str, str, str]]:
    """Kind, question and answer of every pair of blocks."""
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    return [(kind, asked, told) for (kind, asked), (_, told) in zip(blocks[::2], blocks[1::2], strict=True)]


@pytest.fixture(scope="module")
def client(demonstration):
    port = choose_port("http-face", demonstration.home)
    process = subprocess.Popen([sys.executable, "-m", "infra.http_face.app", str(port)], env={
        **demonstration.environment,
        "LIENTHONG_DSN_PROCEDURE_READER": demonstration.setting("LIENTHONG_DSN_PROCEDURE_READER"),
    })  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as made:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                try:
                    made.get("/healthz")
                except httpx.ConnectError:
                    time.sleep(0.1)
                else:
                    break
            yield made
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def reader(demonstration):
    with demonstration.connect("LIENTHONG_DSN_PROCEDURE_READER") as connection:
        yield connection


@pytest.mark.parametrize(("kind", "asked", "told"), questions(), ids=[str(n) for n in range(1, len(questions()) + 1)])
def test_answers_of_the_page(kind, asked, told, client, reader):
    if kind == "sql":
        rows = [" | ".join(map(str, row)) for row in reader.execute(asked)]
        assert rows == told.splitlines()
    else:
        assert kind == "http"
        line, _, body = asked.partition("\n")
        method, _, address = line.partition(" ")
        answer = client.request(method, address, content=body.strip() or None, headers=JSON if body.strip() else None)
        assert_within(json.loads(told), answer.json())


JSON = {"content-type": "application/json"}


def assert_within(expected, found, place="") -> None:
    """What is expected is there; more may be."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            assert_within(value, found.get(key), f"{place}.{key}")
    elif isinstance(expected, list):
        assert len(expected) == len(found), place
        for n, (one, other) in enumerate(zip(expected, found, strict=True)):
            assert_within(one, other, f"{place}[{n}]")
    else:
        assert expected == found, place


def test_a_wrong_answer_is_noticed(reader):
    with pytest.raises(AssertionError):
        test_answers_of_the_page("sql", "select 'PASS'", "FAIL\n", None, reader)
    with pytest.raises(AssertionError):
        assert_within({"answers": [{"result": "PASS"}]}, {"answers": [{"result": "HELD"}]})


@pytest.mark.timeout(120)
def test_every_held_key_is_answered_as_held(demonstration, reader):
    """By its key, whatever dataset it is of: HELD, and never a PASS or a FAIL of the check that names it."""
    asked = {
        "land_parcel": ("LT-09", "PARCEL_EXISTS", "parcel_key"),
        "mineral_licence": ("LT-16", "LICENCE_IN_FORCE", "licence_key"),
        "environmental_permit": ("LT-22", "PERMIT_IN_FORCE", "permit_key"),
    }
    held = demonstration.rows("select dataset, record_key from shared.held_record")
    assert {dataset for dataset, _ in held} >= asked.keys()
    wrong = []
    for dataset, key in held:
        if dataset in asked:
            code, check, name = asked[dataset]
            ask = "select result from shared.check_procedure(%s, %s) where check_code = %s"
            (result,) = reader.execute(ask, (code, json.dumps({name: key}), check)).fetchone()
            if result != "HELD":
                wrong.append((dataset, key, result))
    assert not wrong
    assert isinstance(reader, psycopg.Connection)
