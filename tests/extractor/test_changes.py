"""Changes: which are shown, the days between two reads, the formats, and the lines after a daily run."""

# ruff: noqa: RUF001, S314 (our minus signs and dashes; the XML is ours)

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import duckdb
import pytest

from extractor.cli.commands import main
from extractor.config.settings import Config
from extractor.engines.duckdb.files import STORAGE
from extractor.engines.functions import FUNCTIONS, define
from extractor.errors import WarehouseError
from extractor.outputs.changes.lately import summarize_day, summarize_lately
from extractor.outputs.changes.read import Asked, distinct_names, read_changes
from tests.cluster import Database
from tests.extractor.conftest import Run, empty_marts, told
from tests.functions.conftest import copy_marts

A, B, C, NEVER = (letter * 22 for letter in "ABCN")
"""Playlists: A is read every day, B not on the 14th and 15th, C for the first time on the 16th, NEVER never."""

ONE, TWO, THREE, FOUR, OLD = (f"{number}" * 22 for number in range(1, 6))
EVIL = "Ev\x1b[31mil\u202e *& <i>\n\u061c\u200b\u2060\ufeff, \ud7ff"

PLAYLISTS = [(A, "Morning", "first"), (B, "Same", "left"), (C, "Same", "right"), (NEVER, None, "wished")]
TRACKS = [(ONE, "Song", "X, Y"), (TWO, EVIL, "Z"), (THREE, "Song", "Z"), (FOUR, "New id", "X"), (OLD, "Old id", "X")]
ARTISTS = [(ONE, "x", "X"), (ONE, "y", "Y"), (TWO, "z", "Z"), (THREE, "z2", "Z"), (FOUR, "x", "X"), (OLD, "x", "X")]
DAYS = {
    A: dict.fromkeys((12, 13, 14, 15, 16), "complete"),
    B: {12: "complete", 13: "complete", 14: "unavailable", 15: "not_run", 16: "complete"},
    C: {16: "complete"},
    NEVER: {16: "unavailable"},
}
CHANGES = [
    (A, ONE, "added", 13, 12, None),
    (A, ONE, "removed", 16, 15, None),
    (A, TWO, "returned", 16, 15, None),
    (B, TWO, "added", 16, 13, None),
    (B, FOUR, "added", 16, 13, OLD),
    (B, OLD, "removed", 16, 13, FOUR),
    (B, THREE, "removed", 13, 12, None),
]
"""Playlist, track, change, date, date_before, and the other id of a replacement."""


def january(number: int) -> date:
    return date(2026, 1, number)


def publish(file: Path, through: int) -> None:
    """Publish the tables, as if the last day were `through`."""
    with duckdb.connect(str(file), config=STORAGE) as connection:
        connection.execute("".join(empty_marts()))
        for name in FUNCTIONS:
            define(connection, name)

        def insert(table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
            signs = ", ".join("?" for _ in columns.split(","))
            for row in rows:
                connection.execute(f"insert into {table} ({columns}) values ({signs})", row)

        insert("playlists", "playlist_id, playlist_name, label, is_watched", [(*row, True) for row in PLAYLISTS])
        insert("track_info", "track_id, track_name, artists, isrc", [(*row, f"ZZ{row[0][:9]}") for row in TRACKS])
        insert("track_artists", "track_id, artist_id, artist_name", ARTISTS)
        insert("artists", "artist_id, artist_name", sorted({row[1:] for row in ARTISTS}))
        days = [(each, january(day), outcome) for each, days in DAYS.items() for day, outcome in days.items()]
        insert("playlist_days", "playlist_id, date, outcome", [row for row in days if row[1] <= january(through)])
        for playlist, track, change, day, before, other in CHANGES:
            if day > through:
                continue
            row = (playlist, track, change, january(day), january(before), other is not None, other)
            names = "playlist_id, track_id, change, date, date_before, is_replacement, other_track_id"
            insert("playlist_changes", names, [row])
            is_end = change == "removed"
            stay = (playlist, track, january(before if is_end else day), january(day) if is_end else None, 3, 7)
            names = "playlist_id, track_id, first_seen, first_absent, entry_position, last_position"
            insert("tracks_in_playlist", names, [stay])


IMPORTED_SINCE = f"""
insert into playlists (playlist_id, playlist_name, is_watched) values ('{"I" * 22}', 'Imported', false);
insert into playlist_days (playlist_id, date, outcome, source) values
    ('{"I" * 22}', '2026-01-18', 'complete', 'archive'), ('{"I" * 22}', '2026-01-20', 'complete', 'archive');
insert into playlist_changes (playlist_id, track_id, change, date, date_before, is_replacement, is_imported) values
    ('{"I" * 22}', '{ONE}', 'added', '2026-01-20', '2026-01-18', false, true);
"""


@dataclass(frozen=True)
class Shown:
    """Runs ./run.sh changes on a published file."""

    config: Config
    path: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str, code: int = 0) -> str:
        assert main(["changes", *arguments, "--config", str(self.path)]) == code
        captured = self.capsys.readouterr()
        return captured.err if code else captured.out

    def json(self, *arguments: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self("--format", "json", *arguments))
        return found


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Return a function that returns a published file whose last day is given; it is made once."""
    folder = tmp_path_factory.mktemp("published")

    def file(through: int) -> Path:
        path = folder / f"{through}.duckdb"
        if not path.exists():
            publish(path, through)
        return path

    return file


@pytest.fixture
def make(published: Callable[[int], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Shown]:
    def shown(through: int = 16) -> Shown:
        shutil.copy(published(through), tmp_path / "s.duckdb")
        path = tmp_path / "config.yaml"
        path.write_text("{landing: landing, warehouse: w.duckdb, database: s.duckdb}")
        config = Config(landing=tmp_path / "l", warehouse=tmp_path / "w.duckdb", database=tmp_path / "s.duckdb")
        return Shown(config, path, capsys)

    return shown


@pytest.fixture
def shown(make: Callable[..., Shown]) -> Shown:
    return make()


# Which changes


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


# The text

VISIBLE = "Ev\\u001b[31mil\\u202e *& <i> \\u061c\\u200b\\u2060\\ufeff, \ud7ff"


def test_text_groups_changes_by_playlist_with_their_bounds(shown: Shown) -> None:
    assert shown() == (
        "Between 15 and 16 Jan 2026: +2 −1, 1 replaced in 2 of 3 playlists\n"
        "\n"
        "Morning  +1 −1\n"
        f"  + {VISIBLE} – Z, returned (between 15 and 16 Jan)\n"
        "  − Song – X, Y (between 15 and 16 Jan)\n"
        "\n"
        "Same (left)  +1 −0, 1 replaced\n"
        f"  + {VISIBLE} – Z (between 13 and 16 Jan)\n"
        "  = New id – X, a new id of Old id (between 13 and 16 Jan)\n"
        "\n"
        "Perhaps before 15 Jan 2026: changes of Same (left) (since 13 Jan)\n"
        "Not observed: wished (unavailable)\n"
        "Read for the first time, so earlier changes are unknown: Same (right) (16 Jan)\n"
    )


def test_bounds_of_all_changes_are_in_the_heading(shown: Shown) -> None:
    assert shown("--playlist", "first").splitlines() == [
        "Morning, between 15 and 16 Jan 2026: +1 −1",
        "",
        "Morning  +1 −1",
        f"  + {VISIBLE} – Z, returned",
        "  − Song – X, Y",
    ]


@pytest.mark.parametrize(
    ("through", "arguments", "line"),
    [
        (16, ["--since", "2026-01-16"], "Nothing was observed after 16 Jan 2026; the last observed day is 16 Jan 2026"),
        (
            15,
            ["--since", "2026-01-13", "--playlist", "left"],
            "Same (left), nothing was observed after 13 Jan 2026; the last observed day is 13 Jan 2026. Not observed: "
            "Same (left) (not run)",
        ),
        (
            16,
            ["--playlist", "wished"],
            "wished, not observed yet: ./run.sh status shows why",
        ),
        (
            12,
            [],
            "Changes need two reads of a playlist; 2 playlists read for the first time by 12 Jan 2026",
        ),
        (14, [], "Between 13 and 14 Jan 2026: no changes in 1 playlist"),
        (11, [], "No playlist has been observed yet: ./run.sh status shows why"),
    ],
)
def test_period_without_changes_says_why(
    make: Callable[..., Shown], through: int, arguments: list[str], line: str
) -> None:
    shown = make(through)
    assert shown(*arguments).splitlines()[0] == line
    assert shown.json(*arguments) == []
    assert shown("--format", "csv", *arguments).count("\n") == 1
    ET.fromstring(shown("--format", "atom", *arguments))


def change_tables(shown: Shown, sql: str) -> Shown:
    with duckdb.connect(str(shown.config.database)) as connection:
        connection.execute(sql)
    return shown


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
    summary = summarize_day(shown.config, january(16))
    assert summary
    assert f"perhaps before 15 Jan: changes of Hits ({B}) (since 13 Jan)" in summary[0].splitlines()


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
    summary = summarize_day(shown.config, january(16))
    assert summary
    biggest = "biggest: Slow, Long; biggest: x +1 −1; Up, 1 replaced 1 replaced"
    assert summary[0].splitlines()[0] == f"+1 −1, 1 replaced in 2 playlists since 15 Jan; {biggest}"
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
    summary = summarize_day(shown.config, january(16))
    assert summary
    title = EVIL.replace("\n", " ")
    assert summary[0].splitlines()[1:] == [f"entered several playlists: {title} – Z (3)"]


# The other formats


def test_csv_has_a_header_and_the_same_values_as_json(shown: Shown) -> None:
    rows = list(csv.DictReader(io.StringIO(shown("--format", "csv", "--days", "9"))))
    objects = shown.json("--days", "9")
    assert [row.keys() for row in rows] == [each.keys() for each in objects]
    assert [row["track_id"] for row in rows] == [each["track_id"] for each in objects]
    assert {each["track"] for each in objects} == {"Song", EVIL, "New id"}


@pytest.mark.parametrize("result_format", ["text", "md", "json", "csv", "atom"])
def test_no_format_has_raw_control_characters(shown: Shown, result_format: str) -> None:
    text = shown("--format", result_format, "--days", "9")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u202e\u2060\ufeff]", text)
    assert shown("--format", result_format, "--days", "9") == text


def test_markdown_is_a_list_with_links(shown: Shown) -> None:
    lines = shown("--format", "md").splitlines()
    assert lines[:3] == [
        "**Between 15 and 16 Jan 2026: +2 −1, 1 replaced in 2 of 3 playlists**",
        "",
        f"- [Morning](https://open.spotify.com/playlist/{A}): +1 −1",
    ]
    assert lines[3].startswith("  - returned: [Ev\\\\u001b\\[31mil\\\\u202e \\*\\& \\<i\\> \\\\u061c")
    assert lines[3].endswith(f"](https://open.spotify.com/track/{TWO}) – Z (between 15 and 16 Jan)")
    assert lines[4] == f"  - removed: [Song](https://open.spotify.com/track/{ONE}) – X, Y (between 15 and 16 Jan)"


def test_markdown_keeps_titles_and_says_once_that_a_track_returned(shown: Shown) -> None:
    change_tables(shown, "update track_info set track_name = 'Home, returned home'")
    lines = shown("--format", "md", "--days", "9").splitlines()
    link = "[Home, returned home](https://open.spotify.com/track/{})".format
    assert [line for line in lines if line.startswith("  - returned")] == [
        f"  - returned: {link(TWO)} – Z (between 15 and 16 Jan)"
    ]
    assert f"  - removed: {link(ONE)} – X, Y (between 15 and 16 Jan)" in lines
    assert f"  - added: {link(TWO)} – Z (between 13 and 16 Jan)" in lines
    assert f"  - replaced: {link(FOUR)} – X, a new id of Home, returned home (between 13 and 16 Jan)" in lines


@pytest.mark.parametrize("power", ["https://evil.example/x", "www.evil.example", "@octocat", "$x$", "~x~", "<b>"])
def test_no_title_has_power_in_markdown(shown: Shown, power: str) -> None:
    change_tables(shown, f"update track_info set artists = '{power}'")
    text = shown("--format", "md")
    assert not re.search(r"(?<!\\)" + re.escape(power), text)
    assert power in text.replace("\\", "")


CHART = "chart:top-50:de"


@pytest.mark.parametrize("arguments", [["--format", "md"], ["--format", "atom"], ["--digest", "week"],
                                       ["--digest", "week", "--format", "html"]])  # fmt: skip
def test_only_what_has_an_id_of_spotify_has_a_link(shown: Shown, arguments: list[str]) -> None:
    tables = ("playlists", "playlist_days", "playlist_changes", "tracks_in_playlist")
    change_tables(
        shown,
        "".join(f"update {table} set playlist_id = '{CHART}' where playlist_id = '{A}';" for table in tables)
        + f"update playlists set playlist_name = '1. Top' where playlist_id = '{CHART}'",
    )
    text = shown(*arguments)
    assert f"https://open.spotify.com/playlist/{B}" in text
    assert "https://open.spotify.com/playlist/chart" not in text
    assert "chart:" not in text
    if arguments[-1] in ("md", "week"):
        assert next(line for line in text.splitlines() if "Top" in line).startswith("- 1\\. Top: +")
    else:
        assert "1. Top" in text


NAMES = {"a": "http://www.w3.org/2005/Atom"}


def test_atom_feed_has_what_the_format_requires_and_stable_ids(shown: Shown) -> None:
    feed = ET.fromstring(shown("--format", "atom", "--days", "9"))
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    for name in ("title", "id", "updated", "author/a:name"):
        assert feed.findtext(f"a:{name}", namespaces=NAMES), name
    entries = feed.findall("a:entry", NAMES)
    found = [[entry.findtext(f"a:{name}", namespaces=NAMES) for name in ("title", "updated")] for entry in entries]
    assert found == [
        ["Morning: +1 −1", "2026-01-16T00:00:00Z"],
        ["Same (left): +1 −0, 1 replaced", "2026-01-16T00:00:00Z"],
        ["Morning: +1 −0", "2026-01-13T00:00:00Z"],
        ["Same (left): +0 −1", "2026-01-13T00:00:00Z"],
    ]
    content = entries[1].findtext("a:content", namespaces=NAMES)
    assert content
    items = ET.fromstring(content).findall("li")
    assert ["".join(item.itertext()) for item in items][1] == (
        "= New id – X, a new id of Old id (between 13 and 16 Jan 2026)"
    )
    ids = [entry.findtext("a:id", namespaces=NAMES) for entry in entries]
    assert len(set(ids)) == 4
    later = ET.fromstring(shown("--format", "atom"))
    assert [entry.findtext("a:id", namespaces=NAMES) for entry in later.findall("a:entry", NAMES)] == ids[:2]
    assert feed.findtext("a:updated", namespaces=NAMES) == later.findtext("a:updated", namespaces=NAMES)
    assert feed.findtext("a:id", namespaces=NAMES) == later.findtext("a:id", namespaces=NAMES)


@pytest.mark.parametrize("result_format", ["text", "md", "json", "csv", "atom"])
def test_output_that_lacks_characters_is_valid(
    shown: Shown, result_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = shown("--format", result_format)
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    main(["changes", "--format", result_format, "--config", str(shown.path)])
    text = raw.getvalue().decode("ascii")
    if result_format == "json":
        assert json.loads(text) == json.loads(whole)
    elif result_format == "atom":
        assert ET.canonicalize(text) == ET.canonicalize(whole)
    else:
        assert text == whole.replace("−", "-").replace("–", "-").replace("\ud7ff", "?")


# The lines after a daily run

SUMMARY = (
    "+2 −1, 1 replaced in 2 playlists since 15 Jan; biggest: Morning +1 −1; Same (left) +1 −0, 1 replaced\n"
    "perhaps before 15 Jan: changes of Same (left) (since 13 Jan)\n"
    f"entered several playlists: {EVIL.replace(chr(10), ' ')} – Z (2)"
)


def test_day_is_summarized_in_three_lines(shown: Shown) -> None:
    summary = summarize_day(shown.config, january(16))
    assert summary
    text, facts = summary
    assert text == SUMMARY
    assert facts == {
        "since": january(15),
        "added": 2,
        "removed": 1,
        "replaced": 1,
        "compared": 2,
        "perhaps_before": ["Same (left) (since 13 Jan)"],
        "playlists": [
            {"playlist": "Morning", "added": 1, "removed": 1},
            {"playlist": "Same (left)", "added": 1, "removed": 0},
        ],
    }


def test_day_in_the_middle_is_summarized_without_later_ones(shown: Shown) -> None:
    summary = summarize_day(shown.config, january(13))
    assert summary
    assert summary[0] == "+1 −1 in 2 playlists since 12 Jan; biggest: Morning +1 −0; Same (left) +0 −1"


@pytest.mark.parametrize(("day", "since"), [(14, 13), (15, 14)])
def test_day_without_changes_says_so(shown: Shown, day: int, since: int) -> None:
    text, facts = summarize_day(shown.config, january(day)) or ("", {})
    assert text == f"no changes in 1 playlist since {since} Jan"
    assert (facts["since"], facts["added"], facts["compared"], facts["playlists"]) == (january(since), 0, 1, [])


def test_day_of_first_reads_has_no_changes_to_tell(shown: Shown) -> None:
    change_tables(
        shown,
        f"""
        delete from playlist_changes;
        delete from playlist_days where date = '2026-01-15' or date = '2026-01-16' and playlist_id <> '{A}';
        delete from playlist_days where date < '2026-01-16' and playlist_id = '{A}';
        """,
    )
    text, _ = summarize_day(shown.config, january(16)) or ("", {})
    assert text == "changes need two reads of a playlist"
    assert summarize_lately(shown.config)[0] == "16 Jan: changes need two reads of a playlist"


@pytest.mark.parametrize("day", [11, 12, 17])
def test_day_that_is_not_the_last_of_two_has_no_summary(shown: Shown, day: int) -> None:
    assert summarize_day(shown.config, january(day)) is None


def test_summary_of_a_server_is_that_of_the_file(
    shown: Shown, server: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_marts(shown.config.database, server)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    on_server = Config(target="postgres", database=shown.config.database)
    assert summarize_day(on_server, january(16)) == summarize_day(shown.config, january(16))
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("drop function spotify.changes_since")
        connection.commit()
    with pytest.raises(WarehouseError, match="changes_since"):
        summarize_day(on_server, january(16))


@pytest.mark.usefixtures("fake_dbt")
@pytest.mark.parametrize(
    ("summary", "line"),
    [
        (("+1 −0 in One since 1 Jan", {"added": 1}), "+1 −0 in One since 1 Jan"),
        (None, None),
        (WarehouseError("no such file"), "warning: the changes of 2026-01-02 can't be shown: no such file"),
        (KeyError("secret"), "warning: the changes of 2026-01-02 can't be shown: KeyError"),
    ],
)
def test_daily_run_ends_with_the_summary(
    run: Callable[..., Run],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    summary: object,
    line: str | None,
) -> None:
    def summarize(*_: object) -> object:
        if isinstance(summary, Exception):
            raise summary
        return summary

    monkeypatch.setattr("extractor.cli.commands.summarize_day", summarize)
    command = run()
    assert command("daily") == 0
    captured = capsys.readouterr()
    lines = (captured.err if isinstance(summary, Exception) else captured.out).splitlines()
    assert (lines[-1] == line) if line else lines[-1].startswith("published ")


@pytest.mark.usefixtures("fake_dbt")
def test_alarms_that_cannot_be_read_are_a_warning_after_publishing(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Config) -> list[str]:
        raise WarehouseError("no such file")

    monkeypatch.setattr("extractor.cli.commands.read_alarms", fail)
    assert run()("daily") == 0
    captured = capsys.readouterr()
    assert "published " in captured.out
    assert captured.err.splitlines()[-1] == "warning: the changes of 2026-01-02 can't be shown: no such file"


@pytest.mark.usefixtures("fake_dbt")
def test_summary_is_in_the_json_log_and_for_on_failure(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    summary = ("+1 −0 in One since 1 Jan", {"since": january(1), "added": 1})
    monkeypatch.setattr("extractor.cli.commands.summarize_day", lambda *_: summary)
    monkeypatch.setattr("extractor.cli.commands._check_slices", lambda *_: 3)
    command = run()
    text = command.config.read_text().removesuffix("}")
    command.config.write_text(text + ", on_failure: [cp, /dev/stdin, alert.json]}")
    assert command("daily", "--log-format", "json") == 3
    event = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (event["event"], event["since"], event["added"]) == ("changes", "2026-01-01", 1)
    alert = json.loads((tmp_path / "alert.json").read_text())
    assert "+1 −0 in One since 1 Jan" in alert["text"].splitlines()
    assert alert["events"][-1]["event"] == "changes"


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
    assert summarize_day(show.config, january(20)) is None
    assert [change["date"] for change in show.json("--playlist", "Imported")] == ["2026-01-20"]


def test_days_of_imports_are_shown_if_nothing_is_live(make: Callable[..., Shown]) -> None:
    show = make()
    with duckdb.connect(str(show.config.database)) as connection:
        connection.execute("delete from playlist_days; delete from playlist_changes;" + IMPORTED_SINCE)
    assert [change["date"] for change in show.json()] == ["2026-01-20"]
