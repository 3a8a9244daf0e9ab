"""The histories themselves: enough of them, about what they must be about, and written so that they can be read."""

import pytest

from tests.conformance import expected
from tests.conformance.conftest import HISTORIES, WORLDS
from tests.conformance.history import History
from tests.conformance.notation import NotationError, read_text, write_text
from tests.conformance.worlds import generate


def test_there_are_enough_histories_and_each_says_why() -> None:
    assert len(HISTORIES) >= 28
    assert len({history.why for history in HISTORIES}) == len(HISTORIES)
    assert all(history.why.endswith(".") for history in HISTORIES)


@pytest.mark.parametrize("history", [*HISTORIES, *generate(20)], ids=lambda history: history.name)
def test_what_is_written_reads_as_it_was(history: History) -> None:
    (again,) = read_text(write_text(history, expected.stays(history)))
    assert again == history
    assert sorted(again.rows or ()) == expected.stays(history)


def test_the_same_worlds_come_every_time() -> None:
    assert generate(WORLDS) == generate(WORLDS)


@pytest.mark.parametrize(
    "read",
    [
        "{day: 1, outcome: completed, entries: []}",
        "{day: 1, outcome: complete}",
        "{day: first, outcome: failed}",
        "{day: 1, outcome: complete, entries: [{track: A, added: 1}]}",
        "{day: 1, outcome: complete, entries: [{track: A, episode: E}]}",
        "{day: 1, outcome: failed, arrived: 2}",
    ],
)
def test_what_is_not_in_the_format_is_refused_by_name(read: str) -> None:
    with pytest.raises(NotationError, match="'a slip'"):
        read_text(f"a slip: {{why: it happens, reads: [{read}], rows: []}}")
