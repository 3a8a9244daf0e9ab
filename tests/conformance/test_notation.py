"""The notation and coverage of the histories."""

import pytest

from tests.conformance import expected
from tests.conformance.conftest import HISTORIES, WORLDS
from tests.conformance.history import History
from tests.conformance.notation import NotationError, read_text, write_text
from tests.conformance.worlds import generate


def test_histories_are_enough_and_each_has_a_reason() -> None:
    assert len(HISTORIES) >= 28
    assert len({history.why for history in HISTORIES}) == len(HISTORIES)
    assert all(history.why.endswith(".") for history in HISTORIES)


@pytest.mark.parametrize("history", [*HISTORIES, *generate(20)], ids=lambda history: history.name)
def test_notation_round_trips(history: History) -> None:
    (again,) = read_text(write_text(history, expected.stays(history)))
    assert again == history
    assert sorted(again.rows or ()) == expected.stays(history)


def test_random_worlds_are_deterministic() -> None:
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
def test_invalid_notation_is_refused_by_name(read: str) -> None:
    with pytest.raises(NotationError, match="'a slip'"):
        read_text(f"a slip: {{why: it happens, reads: [{read}], rows: []}}")
