"""The page of questions and answers is true: every block of it is asked of the demonstration, in SQL and over HTTP."""

import json
import re

import pytest

from connectors.settings import project_root

PAGE = project_root() / "infra" / "http_face" / "QUESTIONS.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def questions() -> list[tuple[str, str, str]]:
    """Kind, question and answer of every pair of blocks."""
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    return [(kind, asked, told) for (kind, asked), (_, told) in zip(blocks[::2], blocks[1::2], strict=True)]


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
