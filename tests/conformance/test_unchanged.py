"""`unchanged` in plain loops: it has the content of the previous complete read and proves presence and absence."""

import pytest

from tests.conformance.expected import calendar, judged_reads, stays
from tests.conformance.history import History, day_number
from tests.conformance.notation import read_text
from tests.pipeline.oracle import Stay

pytestmark = pytest.mark.slow

LATE = """
late:
  why: Day 2 comes on day 5.
  reads:
    - {day: 1, outcome: complete, entries: [A, B]}
    - {day: 2, outcome: complete, entries: [A, C], arrives: 5}
    - {day: 3, outcome: unchanged}
    - {day: 4, outcome: complete, entries: [A, C, {track: D, added_at: 2}, {track: E, added_at: 3}]}
  rows: []
"""


def history(text: str) -> History:
    (only,) = read_text(text)
    return only


def row_of(track: str, rows: list[Stay]) -> Stay:
    (row,) = [row for row in rows if row.track_id == track]
    return row


def test_unchanged_has_the_content_of_the_previous_complete_read() -> None:
    rows = stays(history(LATE))
    assert (row_of("C", rows).first_seen, row_of("C", rows).days_seen) == (day_number(2), 3)
    assert row_of("B", rows).first_absent == day_number(2)


def test_unchanged_proves_presence() -> None:
    assert row_of("A", stays(history(LATE))).days_seen == 4


def test_unchanged_proves_absence() -> None:
    rows = stays(history(LATE))
    assert (row_of("D", rows).added_at, row_of("D", rows).added_at_source) == (day_number(4), "observed")
    assert (row_of("E", rows).added_at, row_of("E", rows).added_at_source) == (day_number(3), "claimed")


def test_unchanged_proves_nothing_until_its_complete_read_has_arrived() -> None:
    rows = stays(history(LATE), day_number(4))
    assert (row_of("A", rows).days_seen, row_of("B", rows).first_absent) == (2, day_number(4))
    assert (row_of("D", rows).added_at, row_of("D", rows).added_at_source) == (day_number(2), "claimed")
    outcomes = [outcome for _, _, outcome, _ in calendar(history(LATE), day_number(4))]
    assert outcomes == ["complete", "not_run", "partial", "complete"]


def test_unchanged_has_the_version_of_the_read_it_refers_to() -> None:
    versions = [version for _, version in history(LATE).versioned()]
    assert versions[1] == versions[2]
    assert len(set(versions)) == 3


def test_unchanged_does_not_refer_to_a_later_complete_read() -> None:
    early = """
early:
  why: The version came back.
  reads:
    - {day: 1, outcome: unchanged, version: v1}
    - {day: 2, outcome: complete, version: v1, entries: [A]}
  rows: []
"""
    assert [read.outcome for read in judged_reads(history(early))] == ["partial", "complete"]
