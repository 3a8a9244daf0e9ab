"""Tests of the oracle: the table of section 4 of the design and its rules, as explicit rows."""

from collections.abc import Sequence
from datetime import date

import pytest

from tests.pipeline.oracle import Entry, Read, Stay, counted_reads, tracks_in_playlist

CLAIM = "2026-01-01T08:00:00Z"
A, OTHER, HIDDEN = Entry("A", CLAIM), Entry("B", "2025-01-01T00:00:00Z"), Entry(None, CLAIM)
REWRITTEN = Entry("A", "2026-01-04T08:00:00Z")
PRESENT, ABSENT = (A, OTHER), (OTHER,)
Day = Sequence[Entry] | None  # None: unavailable


def day(number: int) -> date:
    return date(2026, 1, number)


def rows_of_a(*days: Day) -> list[Stay]:
    reads = [
        Read("list", day(number), "unavailable" if entries is None else "complete", entries or ())
        for number, entries in enumerate(days, 1)
    ]
    return [row for row in tracks_in_playlist(reads) if row.track_id == "A"]


def stay(
    number: int,
    first_seen: int,
    last_seen: int,
    first_absent: int | None,
    days_seen: int,
    source: str = "claimed",
) -> Stay:
    """Return a row; the first stay starts before the watch, and A always claims the first day."""
    return Stay(
        playlist_id="list",
        track_id="A",
        stay_number=number,
        added_at=day(first_seen),
        last_seen=day(last_seen),
        first_seen=day(first_seen),
        first_absent=None if first_absent is None else day(first_absent),
        added_at_source=source,
        starts_before_watch=number == 1,
        is_current=first_absent is None,
        days_seen=days_seen,
    )


@pytest.mark.parametrize(
    ("days", "rows"),
    [
        ((PRESENT, PRESENT, PRESENT, ABSENT, ABSENT, ABSENT), [stay(1, 1, 3, 4, 3)]),
        ((PRESENT, PRESENT, None, PRESENT, PRESENT, PRESENT), [stay(1, 1, 6, None, 5)]),
        (
            (PRESENT, PRESENT, ABSENT, ABSENT, PRESENT, PRESENT),
            [stay(1, 1, 2, 3, 2), stay(2, 5, 6, None, 2, "observed")],
        ),
        (
            (PRESENT, PRESENT, (), PRESENT, PRESENT, PRESENT),
            [stay(1, 1, 2, 3, 2), stay(2, 4, 6, None, 3, "observed")],
        ),
        ((PRESENT, PRESENT, (HIDDEN, OTHER), PRESENT, PRESENT, PRESENT), [stay(1, 1, 6, None, 5)]),
        ((PRESENT, PRESENT, PRESENT, (REWRITTEN,), (REWRITTEN,), (REWRITTEN,)), [stay(1, 1, 6, None, 6)]),
    ],
    ids=["leaves", "outage", "returns", "emptied", "masked", "claim rewritten"],
)
def test_oracle_returns_the_six_rows_of_the_design(days: tuple[Day, ...], rows: list[Stay]) -> None:
    assert rows_of_a(*days) == rows


def test_null_entry_with_another_claim_proves_absence() -> None:
    assert rows_of_a(PRESENT, (Entry(None, "2026-01-01T08:00:01Z"),)) == [stay(1, 1, 1, 2, 1)]


def test_local_file_with_the_same_claim_proves_absence() -> None:
    assert rows_of_a(PRESENT, (Entry(None, CLAIM, other=True),)) == [stay(1, 1, 1, 2, 1)]


def test_null_claim_equals_null_claim() -> None:
    (row,) = rows_of_a((Entry("A", None),), (Entry(None, None),), (Entry("A", None),))
    assert (row.last_seen, row.days_seen, row.added_at_source) == (day(3), 2, "observed")


def test_unchanged_read_has_the_content_of_the_last_complete_read() -> None:
    reads = [Read("list", day(1), "complete", (A,)), Read("list", day(3), "unchanged")]
    assert tracks_in_playlist(reads) == [stay(1, 1, 3, None, 2)]


@pytest.mark.parametrize("outcome", ["partial", "unavailable", "failed"])
def test_unusable_reads_prove_neither_presence_nor_absence(outcome: str) -> None:
    new = Entry("B", CLAIM)
    reads = [Read("list", day(1), "complete", (A,)), Read("list", day(2), outcome, (new,))]
    assert tracks_in_playlist(reads) == [stay(1, 1, 1, None, 1)]


def test_best_then_latest_read_of_a_day_counts() -> None:
    outcomes = ["failed", "complete", "complete", "unchanged", "partial"]
    reads = [Read("list", day(1), outcome, (A,) * number) for number, outcome in enumerate(outcomes)]
    assert counted_reads(reads) == [reads[2]]


@pytest.mark.parametrize(
    ("claim", "added_at", "source"),
    [
        ("2026-01-02T00:00:00Z", 2, "claimed"),  # the day of the last read without it
        ("2026-01-01T23:59:59Z", 5, "observed"),  # before it: then the track would have been present
        ("2026-01-05T23:59:59Z", 5, "claimed"),
        ("2026-01-06T00:00:00Z", 5, "observed"),
        ("1970-01-01T00:00:00Z", 5, "observed"),
        (None, 5, "observed"),
    ],
)
def test_claim_is_accepted_between_the_previous_read_and_the_first_day(
    claim: str | None, added_at: int, source: str
) -> None:
    (row,) = rows_of_a(ABSENT, ABSENT, None, None, (Entry("A", claim),))
    assert (row.added_at, row.added_at_source, row.starts_before_watch) == (day(added_at), source, False)


def test_old_claim_is_accepted_without_a_previous_read() -> None:
    (row,) = rows_of_a(None, (Entry("A", "2009-12-31T23:59:59Z"), Entry("A", "2011-01-01T00:00:00Z"), Entry("A", None)))
    assert (row.added_at, row.added_at_source, row.starts_before_watch) == (date(2009, 12, 31), "claimed", True)
