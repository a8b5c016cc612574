"""Every way to break a source: the run stops with a message and `shared` stays as it was."""

import pytest

from infra.demo.faults import FAULTS


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_broken_source_changes_nothing_that_is_shared(demonstration, fault):
    before = demonstration.published(), demonstration.release_id()
    last = demonstration.rows("select max(seq) from audit.ledger")[0][0]
    demonstration.lienthong("demo", "break", fault)
    try:
        run = demonstration.lienthong("run", expect=None)
        after = demonstration.published(), demonstration.release_id()
    finally:
        demonstration.lienthong("demo", "repair")
    assert run.returncode in {2, 75}, f"{fault}: exit {run.returncode}\n{run.stdout}\n{run.stderr}"
    assert "expected" in run.stderr.lower() and "found" in run.stderr.lower(), run.stderr
    assert "Traceback" not in run.stderr
    assert after == before
    assert demonstration.rows("select 1 from audit.ledger where seq > %s and kind = 'load_refused'", last)


def test_list_prints_every_fault(demonstration):
    listed = demonstration.lienthong("demo", "break", "--list").stdout.split("\n")
    assert {line.split()[0] for line in listed if line.strip()} == set(FAULTS)


@pytest.mark.timeout(300)
def test_repaired_sources_publish_the_same_rows(demonstration):
    before = demonstration.published()
    demonstration.lienthong("run")
    assert demonstration.published() == before
