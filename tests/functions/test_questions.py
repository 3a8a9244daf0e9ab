"""Every statement of docs/questions.md answers on the demo's file and on a history of 116 days with gaps.

Most answers are compared with plain loops over the published tables.
"""

import re
from datetime import date

import duckdb
import pytest

from tests.conftest import Demo
from tests.functions.answers import IN_THE_LONG_HISTORY, LOOPS, PAGE, QUESTIONS, History, recordings
from tests.functions.invented import invent
from tests.functions.published import Published
from tests.pipeline.docs_pages import LINK, anchors, blocks, prose
from tests.pipeline.harness import Project

pytestmark = pytest.mark.slow

MAX_LINES = 12
MAX_WIDTH = 100
MAX_OUTPUT_LINES = 8
MAX_OUTPUT_WIDTH = 118


@pytest.fixture(scope="module")
def histories(demo: Demo, long_history: Project, published: Published) -> dict[str, History]:
    """Return the demo and the long history."""
    return {
        "demo": History(demo.database, Published.of(demo.database), {}),
        "long": History(long_history.database, published, IN_THE_LONG_HISTORY),
    }


# The page


def test_page_has_28_questions_with_short_statements_and_outputs() -> None:
    assert len(QUESTIONS) == 28
    for question, sql in QUESTIONS.items():
        lines = sql.splitlines()
        assert len(lines) <= MAX_LINES, question
        assert max(map(len, lines)) <= MAX_WIDTH, question
        assert len(duckdb.extract_statements(sql)) == 1, question
    outputs = [block.output for block in blocks(PAGE) if block.language == "sql"]
    assert len(outputs) == 28
    for output in outputs:
        assert output
        assert len(output.splitlines()) <= MAX_OUTPUT_LINES
        assert max(map(len, output.splitlines())) <= MAX_OUTPUT_WIDTH, output


def test_table_lists_every_question_in_the_order_of_the_page() -> None:
    rows = re.findall(r"^\| [a-z ]*\| \[(.*?)\]\((#\S*)\) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [question for question, _ in rows] == list(QUESTIONS)
    assert len({link for _, link in rows}) == len(QUESTIONS)
    assert {link.removeprefix("#") for link in LINK.findall(prose(PAGE)) if link.startswith("#")} <= anchors(PAGE)


def test_every_name_and_day_of_the_page_has_one_in_the_long_history() -> None:
    literals = {literal for sql in QUESTIONS.values() for literal in re.findall(r"'([^']*)'", sql)}
    assert literals >= IN_THE_LONG_HISTORY.keys()
    assert {name for name in literals if re.match(r"[A-Z]", name)} <= IN_THE_LONG_HISTORY.keys()


def test_every_question_is_answered_in_both_histories(histories: dict[str, History]) -> None:
    counted = []
    for number, (question, sql) in enumerate(QUESTIONS.items(), 1):
        rows = {name: len(history.ask(question)) for name, history in histories.items()}
        counted.append((number, question, sql.count("\n"), rows))
    print(f"\n {'question':<66} lines   demo   long")
    for number, question, lines, rows in counted:
        print(f"{number:2} {question:<64} {lines:>5} {rows['demo']:>6} {rows['long']:>6}")
    assert [question for _, question, _, rows in counted if not all(rows.values())] == []


@pytest.mark.parametrize("name", ["demo", "long"])
@pytest.mark.parametrize("question", LOOPS)
def test_answer_is_that_of_loops_over_the_tables(histories: dict[str, History], question: str, name: str) -> None:
    limit = re.search(r"\blimit (\d+)", QUESTIONS[question])
    expected = LOOPS[question](histories[name])
    assert expected
    rows = histories[name].ask(question)
    assert len(rows) == (min(len(expected), int(limit[1])) if limit else len(expected))
    for row, wanted in zip(rows, expected, strict=False):
        assert row == tuple(pytest.approx(each, abs=1e-9) if isinstance(each, float) else each for each in wanted)


def test_lifts_are_of_every_observed_add_and_removal(histories: dict[str, History]) -> None:
    for history in histories.values():
        added = sum(not stay["starts_before_watch"] for stay in history.stays())
        removed = sum(stay["first_absent"] is not None for stay in history.stays())
        for question, number in (("rise after an add", added), ("fall after a removal", removed)):
            everything, *others = history.ask(f"Does popularity {question}?")
            assert everything[0] == "(all)"
            assert everything[1] + everything[2] == number
            assert everything[1] > 100
            assert len(others) == 3


# What neither history has


@pytest.fixture(scope="module")
def described(long_history: Project, tmp_path_factory: pytest.TempPathFactory) -> History:
    """Return the long history with users, labels of tracks, two ids of a recording, and a new owner."""

    def change(connection: duckdb.DuckDBPyConnection) -> None:
        of = "playlist_id = playlist_id_of('Evening Ferry')"
        for statement in (
            f"update tracklists set added_by = case when position <= 3 then 'ada' else 'bob' end where {of}",
            "update track_info set label = 'single', is_watched = true where track_id = track_id_of('Slow Junction')",
            "update track_info set isrc = lower((select isrc from track_info where track_name = 'Slow Junction')) "
            "where track_id = track_id_of('Kitchen Junction')",
            f"update playlist_history set valid_to = '2026-02-01' where {of}",
            "insert into playlist_history by name select * exclude (valid_from, valid_to, owner_id, description), "
            "date '2026-02-02' as valid_from, null as valid_to, 'new' as owner_id, 'words' as description "
            f"from playlist_history where {of}",
        ):
            connection.execute(statement)

    file = tmp_path_factory.mktemp("described") / "described.duckdb"
    return History(file, invent(long_history.database, file, change), IN_THE_LONG_HISTORY)


def test_users_are_counted_where_they_are_kept(described: History) -> None:
    rows = [row for row in described.ask("Who added the tracks?") if row[0] == "Evening Ferry"]
    assert [row[1:4] for row in rows] == [(22, 22, "bob"), (3, 3, "ada")]


def test_watched_tracks_come_with_their_labels(described: History) -> None:
    first = described.ask("Which labels do the watched playlists and tracks have?")[0]
    assert first == ("track", "single", "Slow Junction", described.track("Slow Junction"), True)


def test_ids_of_a_recording_are_counted_without_regard_to_case(described: History) -> None:
    first, second, *_ = described.ask("Which track ids are the same recording?")
    assert first[1:3] == (2, "Kitchen Junction")
    assert second[1] == 1
    assert described.ask("Which track ids are the same recording?")[:2] == recordings(described)[:2]


def test_new_owner_and_description_are_shown(described: History) -> None:
    first, second, *_ = described.ask("Which playlists changed their name, description or owner?")
    assert first[0] == second[0] == "Evening Ferry"
    assert first[2:] == (date(2026, 1, 1), date(2026, 2, 1), None, None, None)
    assert second[2:] == (date(2026, 2, 2), None, False, True, True)
