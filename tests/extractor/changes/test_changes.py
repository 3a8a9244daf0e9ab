"""Changes: which are shown, how playlists are named, and what is wrong input."""

# ruff: noqa: RUF001 (our minus signs and dashes)

from collections.abc import Callable
from uuid import UUID

import duckdb
import pytest

from extractor.cli.commands import main
from extractor.outputs.changes.lately import summarize_day, summarize_lately
from extractor.outputs.changes.read import Asked, distinct_names, read_changes
from tests.extractor.changes.world import (
    CHANGES,
    EVIL,
    FOUR,
    IMPORTED_SINCE,
    NEVER,
    OLD,
    ONE,
    THREE,
    TWO,
    VISIBLE,
    A,
    B,
    C,
    Shown,
    change_tables,
    january,
)
from tests.extractor.conftest import Run, told


def expected(after: int, playlist: str | None = None, tracks: tuple[str, ...] | None = None) -> list[tuple[str, ...]]:
    """Return the changes with a plain loop: playlist, track, change and replaced track."""
    found = []
    for each, track, change, day, _, other in CHANGES:
        if day <= after or (playlist and each != playlist) or (other and change == "removed"):
            continue
        if tracks is not None and track not in tracks and other not in tracks:
            continue
        found.append((each, track, "replaced" if other else change, other or ""))
    return sorted(found)


@pytest.mark.parametrize(
    ("arguments", "of"),
    [
        ([], expected(15)),
        (["--days", "1"], expected(15)),
        (["--days", "36500"], expected(0)),
        (["--since", "2026-01-12"], expected(12)),
        (["--since", "0001-01-01"], expected(0)),
        (["--playlist", "morning", "--days", "9"], expected(0, A)),
        (["--playlist", f"spotify:playlist:{B}"], expected(13, B)),
        (["--playlist", "left", "--days", "9"], expected(0, B)),
        (["--days", "9", "--artist", "X"], expected(0, None, (ONE, FOUR))),
        (["--days", "9", "--artist", "y"], expected(0, None, (ONE,))),
        (["--days", "9", "--track", f"https://open.spotify.com/track/{OLD}"], expected(0, None, (OLD,))),
        (["--days", "9", "--track", TWO, "--playlist", A], expected(0, A, (TWO,))),
    ],
)
def test_changes_are_those_of_the_table(shown: Shown, arguments: list[str], of: list[tuple[str, ...]]) -> None:
    found = shown.json(*arguments)
    assert of
    assert (
        sorted((row["playlist_id"], row["track_id"], row["change"], row["replaced_track_id"] or "") for row in found)
        == of
    )


def test_object_has_names_and_both_bounds(shown: Shown) -> None:
    [found] = shown.json("--track", FOUR)
    assert str(UUID(found["id"])) == found.pop("id")
    assert found == {
        "playlist_id": B,
        "playlist": "Same (left)",
        "label": "left",
        "change": "replaced",
        "track_id": FOUR,
        "track": "New id",
        "artists": "X",
        "isrc": f"ZZ{FOUR[:9]}",
        "position": 3,
        "replaced_track_id": OLD,
        "replaced_track": "Old id",
        "date_before": "2026-01-13",
        "date": "2026-01-16",
    }
    [removed] = [row for row in shown.json() if row["change"] == "removed"]
    assert removed["position"] == 7


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--playlist", "nowhere"], "playlist nowhere is not watched: there is none with this id, label or name"),
        (
            ["--playlist", "Same"],
            f"playlist Same is ambiguous: 2 have this label or name; give the id of one: {B}, {C}",
        ),
        (["--artist", "it's"], "artist it's is not known: there is none with this id or name"),
        (["--artist", "Z"], "artist Z is ambiguous: 2 have this name; give the id of one: z, z2"),
        (["--track", ""], "track  is not known: there is none with this id, label or name"),
        (
            ["--track", "Song"],
            f"track Song is ambiguous: 2 have this label or name; give the id of one: {ONE}, {THREE}",
        ),
    ],
)
def test_unknown_or_ambiguous_name_exits_2(shown: Shown, arguments: list[str], sentence: str) -> None:
    assert shown(*arguments, code=2) == f"error: {sentence}\n"


def test_nothing_published_exits_1(make: Callable[..., Shown]) -> None:
    shown = make()
    shown.config.database.unlink()
    assert "nothing is published yet" in shown(code=1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--since", "2026-13-01"],
        ["--since", "2026-W01-1"],
        ["--since", "20260101"],
        ["--days", "0"],
        ["--days", "\N{ARABIC-INDIC DIGIT SEVEN}"],
        ["--days", "1", "--since", "2026-01-01"],
    ],
)
def test_invalid_period_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["changes", *arguments])
    assert ended.value.code == 2
    assert "error: argument --" in capsys.readouterr().err


def test_playlist_that_was_read_for_the_first_time_may_have_changes_since(shown: Shown) -> None:
    day = "2026-01-17"
    change_tables(
        shown,
        f"""
        insert into playlist_days (playlist_id, date, outcome) values ('{C}', '{day}', 'complete');
        insert into playlist_changes (playlist_id, track_id, change, date, date_before, is_replacement)
        values ('{C}', '{ONE}', 'added', '{day}', '2026-01-16', false);
        """,
    )
    lines = shown("--since", "2026-01-15").splitlines()
    assert "Same (right)  +1 −0" in lines
    assert lines[-1] == "Read for the first time, so earlier changes are unknown: Same (right) (16 Jan)"


@pytest.mark.parametrize("names", [
    [("Hits", "pop"), ("Hits", "pop"), ("Hits", "rock"), ("Hits", None), ("Hits (rock)", None), ("Other", "pop")],
    [("Hits", None), ("Hits", None), (f"Hits ({A})", None), (f"Hits ({A}) ({C})", None)],
    [("Hits", None), ("Hits ", None), ("Hits\n", None), (None, "Hits"), (None, None), (None, None)],
])  # fmt: skip
def test_no_two_playlists_have_the_same_name(names: list[tuple[str | None, str | None]]) -> None:
    ids = [A, B, C, NEVER, "E" * 22, "F" * 22]
    rows = [
        {"playlist_id": each, "playlist_name": name, "label": label}
        for each, (name, label) in zip(ids, names, strict=False)
    ]
    found = distinct_names(rows)
    assert list(found) == ids[: len(rows)]
    assert len({" ".join(name.split()) for name in found.values()}) == len(rows)


def test_playlists_that_share_name_and_label_are_told_apart_everywhere(shown: Shown) -> None:
    change_tables(
        shown,
        f"""
        update playlists set playlist_name = 'Hits', label = 'pop' where playlist_id in ('{B}', '{C}', '{NEVER}');
        insert into playlists (playlist_id, playlist_name, label, is_watched)
        values ('{"M" * 22}', 'Hits', 'pop', true);
        insert into playlist_days (playlist_id, date, outcome) values ('{C}', '2026-01-15', 'complete');
        insert into playlist_changes (playlist_id, track_id, change, date, date_before, is_replacement)
        values ('{C}', '{ONE}', 'added', '2026-01-16', '2026-01-15', false);
        """,
    )
    assert [line for line in shown().splitlines()[1:] if "Morning" not in line and "returned" not in line][1:] == [
        f"Hits ({B})  +1 −0, 1 replaced",
        f"  + {VISIBLE} – Z (between 13 and 16 Jan)",
        "  = New id – X, a new id of Old id (between 13 and 16 Jan)",
        "",
        f"Hits ({C})  +1 −0",
        "  + Song – X, Y (between 15 and 16 Jan)",
        "",
        "  − Song – X, Y (between 15 and 16 Jan)",
        "",
        f"Perhaps before 15 Jan 2026: changes of Hits ({B}) (since 13 Jan)",
        f"Not observed: Hits ({'M' * 22}) (not run); Hits ({NEVER}) (unavailable)",
    ]
    text, _ = summarize_day(shown.config, january(16))
    assert f"perhaps before 15 Jan: changes of Hits ({B}) (since 13 Jan)" in text.splitlines()


def test_names_with_commas_cannot_be_taken_for_several(shown: Shown) -> None:
    change_tables(
        shown,
        f"""
        update playlists set playlist_name = 'Slow, Long; biggest: x' where playlist_id = '{A}';
        update playlists set playlist_name = 'Up, 1 replaced' where playlist_id = '{B}';
        update playlist_days set outcome = 'failed' where playlist_id = '{C}';
        delete from playlist_changes where playlist_id = '{B}' and track_id = '{TWO}';
        """,
    )
    assert (
        shown("--track", FOUR).splitlines()[0]
        == "New id – X, between 15 and 16 Jan 2026: 1 replaced in 1 of 2 playlists"
    )
    assert shown("--track", FOUR, "--playlist", B).startswith("Up, 1 replaced; New id – X, between 13 and 16 Jan")
    assert shown().splitlines()[-1] == "Not observed: Same (failed); wished (unavailable)"
    text, _ = summarize_day(shown.config, january(16))
    biggest = "biggest: Slow, Long; biggest: x +1 −1; Up, 1 replaced 1 replaced"
    assert text.splitlines()[0] == f"+1 −1, 1 replaced in 2 playlists since 15 Jan; {biggest}"
    assert summarize_lately(shown.config)[:2] == ["16 Jan: +1 −1, 1 replaced in 2 playlists since 15 Jan", biggest]


def test_recording_with_two_ids_enters_several_playlists_once(shown: Shown) -> None:
    change_tables(
        shown,
        f"""
        update track_info set isrc = 'zzrecording01' where track_id = '{THREE}';
        update track_info set isrc = 'ZZRECORDING01' where track_id = '{TWO}';
        delete from playlist_changes where date = '2026-01-16';
        insert into playlist_changes (playlist_id, track_id, change, date, date_before, is_replacement) values
            ('{A}', '{TWO}', 'added', '2026-01-16', '2026-01-15', false),
            ('{B}', '{TWO}', 'added', '2026-01-16', '2026-01-15', false),
            ('{B}', '{THREE}', 'added', '2026-01-16', '2026-01-15', false),
            ('{C}', '{THREE}', 'added', '2026-01-16', '2026-01-15', false);
        """,
    )
    text, _ = summarize_day(shown.config, january(16))
    title = EVIL.replace("\n", " ")
    assert text.splitlines()[1:] == [f"entered several playlists: {title} – Z (3)"]


def test_changes_needs_a_published_file(run: Callable[..., Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert run()("changes", "--target", "postgres") == 2
    assert "changes: works on DuckDB's files" in told(capsys)


def test_read_changes_takes_what_is_asked(shown: Shown) -> None:
    found = read_changes(shown.config, Asked(playlist="first"))
    assert (found.since, found.through) == (january(15), january(16))
    assert [name for name, _ in found.biggest()] == ["Morning"]


def test_imported_days_are_not_the_last_observed_ones(make: Callable[..., Shown]) -> None:
    show = make()
    before = show.json()
    lines = summarize_day(show.config, january(16))
    with duckdb.connect(str(show.config.database)) as connection:
        connection.execute(IMPORTED_SINCE)
    assert before and show.json() == before
    assert summarize_day(show.config, january(16)) == lines
    text, _ = summarize_day(show.config, january(20))
    assert text == "no playlist was observed on 20 Jan; the last observed day is 16 Jan"
    assert [change["date"] for change in show.json("--playlist", "Imported")] == ["2026-01-20"]


def test_days_of_imports_are_shown_if_nothing_is_live(make: Callable[..., Shown]) -> None:
    show = make()
    with duckdb.connect(str(show.config.database)) as connection:
        connection.execute("delete from playlist_days; delete from playlist_changes;" + IMPORTED_SINCE)
    assert [change["date"] for change in show.json()] == ["2026-01-20"]


def test_days_of_imports_are_no_first_observed_day(shown: Shown) -> None:
    """What an import shows of earlier days is shown, so the first live day is not called the first observed one."""
    first = "The first observed day is 12 Jan 2026.\n"
    assert first in shown("--since", "2026-01-01")
    change_tables(
        shown,
        f"""
        insert into playlist_days (playlist_id, date, outcome, source) values
            ('{A}', '2026-01-03', 'complete', 'archive'), ('{A}', '2026-01-05', 'complete', 'archive');
        insert into playlist_changes (playlist_id, track_id, change, date, date_before, is_replacement, is_imported)
        values ('{A}', '{FOUR}', 'added', '2026-01-05', '2026-01-03', false, true);
        """,
    )
    told = shown("--since", "2026-01-01")
    assert "New id – X (between 3 and 5 Jan)" in told
    assert first not in told
