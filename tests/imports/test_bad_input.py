"""Input that can't be used: it is named with its place and counted, and the rest is imported, or nothing."""

import gzip
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extractor.simulator.identifiers import spotify_id
from tests.imports.conftest import Target
from tests.imports.layouts import write_csv, write_ndjson
from tests.imports.test_table import row
from tests.imports.worlds import landed

PLAYLIST, A, B, C = (spotify_id(name) for name in ("playlist", "A", "B", "C"))


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ({"playlist_id": "nonsense"}, 'playlist_id "nonsense"'),
        ({"playlist_id": ""}, "playlist_id is missing"),
        ({"day": "31.12.2023"}, 'day "31.12.2023"'),
        ({"day": "2024-02-30"}, 'day "2024-02-30"'),
        ({"day": "2999-01-01"}, "day 2999-01-01 can't have been observed"),
        ({"day": "0202-01-01"}, "day 0202-01-01 can't have been observed"),
        ({"observed_at": "yesterday"}, 'observed_at "yesterday"'),
        ({"observed_at": "2031-01-01"}, 'observed_at "2031-01-01" is not on day 2024-05-01'),
        ({"observed_at": "2024-04-29T23:59:59Z"}, 'observed_at "2024-04-29T23:59:59Z" is not on day 2024-05-01'),
        ({"position": "first"}, 'position "first"'),
        ({"position": ""}, "position is missing"),
        ({"position": "2.5"}, 'position "2.5"'),
        ({"position": "-1"}, 'position "-1"'),
        ({"uri": "spotify:track:short"}, 'id "spotify:track:short"'),
        ({"uri": "a name"}, 'id "a name"'),
    ],
)
def test_a_row_of_no_form_makes_its_read_partial(
    target: Target, tmp_path: Path, bad: dict[str, str], problem: str
) -> None:
    good = [row(number, track, "2024-05-01", observed_at="") for number, track in ((1, A), (2, B))]
    other = [row(number, track, "2024-05-03", observed_at="") for number, track in ((1, A), (2, B))]
    rows = [*other, *good, row(3, C, "2024-05-01", observed_at="") | bad]
    path = write_csv(tmp_path / "t.csv", rows)
    exit_code, printed = target.run("import", "table", path, "--complete", "--strict")
    assert (exit_code, f"{path}:6: {problem}" in printed, target.files()) == (2, True, {}), printed
    assert re.search(r": (1 problem|[2-9] problems), nothing was imported", printed), printed
    exit_code, printed = target.run("import", "table", path, "--complete")
    assert (exit_code, f"{path}:6: {problem}" in printed) == (3, True), printed
    assert [read.outcome for read in landed(target.landing)] == ["partial", "complete"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("added_at", "last week"),
        ("popularity", "257"),
        ("popularity", "-1"),
        ("popularity", "57.6"),
        ("duration_ms", "-5"),
        ("followers", "many"),
        ("total", "three"),
        ("streams", "1e3x"),
    ],
)
def test_a_value_of_no_form_is_named_and_not_used(target: Target, tmp_path: Path, name: str, value: str) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1, A, **{name: value})])
    exit_code, printed = target.run("import", "table", path, "--complete")
    assert (exit_code, f'{path}:2: {name} "{value}"' in printed) == (3, True), printed
    [read] = landed(target.landing)
    assert (read.outcome, read.entries[0].added_at) == ("complete", None)
    [file] = target.landing.glob("*/*.gz")
    assert f":{value}".encode() not in gzip.decompress(file.read_bytes())


def test_a_number_of_another_program_is_understood(target: Target, tmp_path: Path) -> None:
    target.read("table", write_csv(tmp_path / "t.csv", [row(1, A, popularity="57.0", total="1.0")]))
    [file] = target.landing.glob("*/*.gz")
    assert b'"popularity":57}' in gzip.decompress(file.read_bytes())


def test_lines_are_counted_with_those_that_are_refused(target: Target, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1, A, total=1), row(1, A, "bad", total=1)])
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], "only,two", lines[1], "a", lines[2]]) + "\n")
    exit_code, printed = target.run("import", "table", path)
    assert exit_code == 3
    for problem in (":2: Expected Number of Columns", ":4: Expected Number of Columns", ':5: day "bad"'):
        assert f"{path}{problem}" in printed, printed
    assert [read.outcome for read in landed(target.landing)] == ["complete"]


def test_lines_of_a_file_with_wildcards_in_its_name_are_counted(target: Target, tmp_path: Path) -> None:
    write_csv(tmp_path / "t1.csv", [row(1, A)])
    path = write_csv(tmp_path / "t[1].csv", [row(1, A), row(1, A, "2024-05-02")])
    path.write_text(path.read_text() + "only,two\n")
    exit_code, printed = target.run("import", "table", path, "--complete")
    assert (exit_code, f"{path}:4: Expected Number of Columns" in printed) == (3, True), printed
    assert [read.outcome for read in landed(target.landing)] == ["complete", "partial"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_line_with_too_many_fields_is_named_like_one_with_too_few(
    target: Target, tmp_path: Path, newline: str
) -> None:
    """An unquoted comma would move the values after it."""
    rows = [row(1, A, f"2024-05-0{day}", track_name=f'T, "x";\n{day}') for day in (1, 2, 3, 4)]
    path = write_csv(tmp_path / "t.csv", rows)
    lines = path.read_bytes().decode().removesuffix("\r\n").split("\r\n")
    lines[2] = lines[2].replace('"T, ""x"";\n2"', "Tyler, The Creator, and others")
    path.write_bytes(newline.join([*lines, "a,b"]).encode())
    exit_code, printed = target.run("import", "table", path, "--complete")
    assert exit_code == 3
    for problem in (":3: Expected Number of Columns: 7 Found: 9", ":6: Expected Number of Columns: 7 Found: 2"):
        assert f"{path}{problem}" in printed, printed
    # The lost line may have been an entry of the read before it, or of the one after it; the last of the one before.
    assert [(str(read.day), read.outcome) for read in landed(target.landing)] == [
        ("2024-05-01", "partial"),
        ("2024-05-03", "partial"),
        ("2024-05-04", "partial"),
    ]


@pytest.mark.parametrize(("newline", "packed"), [("\n", False), ("\r\n", True), ("\r", False)])
def test_blank_lines_hide_no_read_that_a_lost_line_may_have_belonged_to(
    target: Target, tmp_path: Path, newline: str, packed: bool
) -> None:
    rows = [row(1, A, f"2024-05-0{day}") for day in range(1, 10)]
    header, *lines = write_csv(tmp_path / "t.csv", rows).read_text().splitlines()
    text = newline.join([header, "", *lines[:3], "", "", *lines[3:6], "lost,in", *lines[6:], "", ""])
    path = tmp_path / ("t.csv.gz" if packed else "t.csv")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    exit_code, printed = target.run("import", "table", path, "--complete")
    assert (exit_code, f"{path}:11: Expected Number of Columns" in printed) == (3, True), printed
    outcomes = {read.day.day: read.outcome for read in landed(target.landing)}
    assert len(outcomes) == 9
    assert {day for day, outcome in outcomes.items() if outcome == "partial"} >= {6, 7}
    assert [outcomes[day] for day in (1, 2, 3)] == ["complete"] * 3


def test_lines_may_end_in_different_ways_unless_one_has_too_many_fields(
    make_target: Callable[[str], Target], tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1, A), row(2, B), row(3, C)])
    path.write_bytes(path.read_bytes().replace(f"{A},,\r\n".encode(), f"{A},,\n".encode()))
    [read] = make_target("good").read("table", path, "--complete")
    assert (read.outcome, len(read.entries)) == ("complete", 3)
    path.write_bytes(path.read_bytes() + f"{PLAYLIST},2024-05-01,4,{A},,,more\n".encode())
    target = make_target("bad")
    exit_code, printed = target.run("import", "table", path, "--complete")
    assert (exit_code, f"{path}: its lines end in different ways" in printed, target.files()) == (2, True, {}), printed


def test_lines_may_end_with_a_carriage_return(target: Target, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1, A), row(2, B)])
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\r"))
    [read] = target.read("table", path, "--complete")
    assert (read.outcome, len(read.entries)) == ("complete", 2)


@pytest.mark.parametrize(("first", "second"), [("name", "name"), ("note", "Note "), ("total", "total")])
def test_two_columns_of_one_name_are_refused(target: Target, tmp_path: Path, first: str, second: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"playlist_id,day,position,uri,{first},{second},popularity\n{PLAYLIST},2024-05-01,1,{A},1,2,55\n")
    exit_code, printed = target.run("import", "table", path)
    assert (exit_code, f"{path}: has two columns {second.strip()}" in printed) == (2, True), printed
    assert target.files() == {}


def test_two_keys_that_differ_in_case_are_refused(target: Target, tmp_path: Path) -> None:
    path = write_ndjson(tmp_path / "t.ndjson", [row(1, A, total=1), row(2, B, Total=2)])
    exit_code, printed = target.run("import", "table", path)
    assert (exit_code, f"{path}: has two columns total" in printed, target.files()) == (2, True, {}), printed


def test_columns_without_a_name_keep_their_places(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f",playlist_id,,day,position,uri,total\n7,{PLAYLIST},8,2024-05-01,1,{A},1\n")
    [read] = target.read("table", path)
    assert (read.outcome, read.entries[0].track_id) == ("complete", A)


def test_a_lost_line_makes_the_reads_around_it_partial(target: Target, tmp_path: Path) -> None:
    """What the line held can't be known: it may have been an entry of either."""
    rows = [row(1, A, f"2024-05-0{day}") for day in (1, 2, 3, 4)]
    path = write_csv(tmp_path / "t.csv", rows)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], "lost", *lines[3:]]) + "\n")
    assert target.run("import", "table", path, "--complete")[0] == 3
    assert [read.outcome for read in landed(target.landing)] == ["complete", "partial", "partial", "complete"]


def test_a_lost_row_says_nothing_of_reads_in_other_files(target: Target, tmp_path: Path) -> None:
    for day, rows in (("01", [row(1, A)]), ("02", [row(1, A, "bad"), row(2, A, "2024-05-02")]), ("03", [])):
        write_csv(tmp_path / "t" / f"{day}.csv", [*rows, row(3, B, f"2024-05-{day}")][: 1 if day == "01" else 9])
    assert target.run("import", "table", tmp_path / "t", "--complete")[0] == 3
    assert [read.outcome for read in landed(target.landing)] == ["complete", "partial", "partial"]


OTHERS = [spotify_id(name) for name in ("Q", "R", "S")]
BY_POSITION = [
    row(position, track, day, playlist_id=playlist)
    for day in ("2024-05-01", "2024-05-02", "2024-05-03")
    for position, track in ((1, A), (2, B), (3, C))
    for playlist in (PLAYLIST, *OTHERS)
]
"""Four playlists on three days: of each day first the entries at position 1, then those at 2, then those at 3."""


@pytest.mark.parametrize(
    ("lost", "partial"),
    [
        (f"{PLAYLIST},2024-05-02,3", {(0, 2), (1, 2), (3, 2)}),
        (f"{PLAYLIST},20240502,3,{C},,,too,many", {(0, 2), (1, 2), (3, 2)}),
        (f"https://open.spotify.com/playlist/{PLAYLIST}?si=1,2024-05-02,3", {(0, 2), (1, 2), (3, 2)}),
        (f"{PLAYLIST},2024-", {(0, 2), (1, 2), (3, 2)}),
        (f"{PLAYLIST},2024-05-,3,{C},,", {(0, 2), (1, 2), (3, 2)}),
        (f"{PLAYLIST},2024-05-03,3,{C}", {(0, 2), (0, 3), (1, 2), (3, 2)}),
        (f",2024-05-02,3,{C},,", {(0, 2), (1, 2), (2, 2), (3, 2)}),
        ("lost", {(0, 2), (1, 2), (2, 2), (3, 2)}),
        (f"liked,2024-05-02,3,{C},,", {(1, 2), (3, 2)}),
    ],
)
def test_a_lost_line_may_belong_to_any_read_that_it_names(
    target: Target, tmp_path: Path, lost: str, partial: set[tuple[int, int]]
) -> None:
    """In place of the last entry of the first playlist on the second day, after the fourth and before the second."""
    path = write_csv(tmp_path / "t.csv", BY_POSITION)
    lines = path.read_text().splitlines()
    assert lines[21].startswith(f"{PLAYLIST},2024-05-02,3,")
    lines[21] = lost
    path.write_text("\n".join(lines) + "\n")
    exit_code, printed = target.run("import", "table", path, "--complete")
    assert (exit_code, f"{path}:22: " in printed) == (3, True), printed
    number = {playlist: place for place, playlist in enumerate((PLAYLIST, *OTHERS))}
    reads = landed(target.landing)
    assert len(reads) == 12
    assert {(number[read.playlist_id], read.day.day) for read in reads if read.outcome == "partial"} == partial


HEADER = "playlist_id,day,position,uri,added_at,total"


@pytest.mark.parametrize(
    ("name", "content", "partial"),
    [
        ("2.csv", f"{HEADER}\n{PLAYLIST},2024-05-01,3\n".encode(), {"P1", "P2", "Q1"}),
        ("2.csv", f"{HEADER}\nlost\n".encode(), {"P1", "P2", "Q1"}),
        ("2.csv", f"{HEADER}\n{PLAYLIST},2024-05-01,3,{C},,\n".encode("utf-16"), {"P1", "P2", "Q1"}),
        ("2.csv", f"list,day,position,uri\n{PLAYLIST},2024-05-01,3,{C}\n".encode(), {"P1", "P2", "Q1"}),
        ("2.csv.gz", gzip.compress(f"{HEADER}\n{PLAYLIST},2024-05-01,3,{C},,\n".encode())[:-9], {"P1", "P2", "Q1"}),
        ("2.csv", b"", {"P1", "P2", "Q1"}),
        ("2.csv", f"{HEADER}\n{PLAYLIST},2024-05-1st,3,{C},,\n".encode(), {"P1", "P2"}),
        ("2.csv", f"{HEADER},observed_at\n{PLAYLIST},2024-05-01,3,{C},,,noon\n".encode(), {"P1"}),
        ("2.csv", f"{HEADER}\n,2024-05-01,3,{C},,\n".encode(), {"P1", "Q1"}),
        ("2.csv", f"{HEADER}\n,1st,3,{C},,\n".encode(), {"P1", "P2", "Q1"}),
        ("2.csv", f"{HEADER}\nliked,2024-05-01,3,{C},,\n".encode(), set()),
    ],
)
def test_what_a_lost_file_held_may_belong_to_any_read_that_only_the_user_vouches_for(
    target: Target, tmp_path: Path, name: str, content: bytes, partial: set[str]
) -> None:
    kept = {
        "P1": [row(1, A), row(2, B)],
        "P2": [row(1, A, "2024-05-02")],
        "Q1": [row(1, A, playlist_id=OTHERS[0])],
        "has a total": [row(1, A, playlist_id=OTHERS[1], total=1)],
    }
    write_csv(tmp_path / "t" / "1.csv", [each for rows in kept.values() for each in rows])
    (tmp_path / "t" / name).write_bytes(content)
    exit_code, printed = target.run("import", "table", tmp_path / "t", "--complete")
    assert (exit_code, f"{tmp_path}/t/{name}:" in printed) == (3, True), printed
    found = {(read.playlist_id, read.day.day): read.outcome for read in landed(target.landing)}
    outcomes = {key: found[rows[0]["playlist_id"], int(rows[0]["day"][-1])] for key, rows in kept.items()}
    assert {key for key, outcome in outcomes.items() if outcome == "partial"} == partial


@pytest.mark.parametrize("offset", [2, 1, -1])
def test_a_page_that_is_not_within_its_total_proves_nothing(target: Target, tmp_path: Path, offset: int) -> None:
    entries = [{"added_at": None, "item": {"id": track, "uri": f"spotify:track:{track}"}} for track in (A, B)]
    page = {"offset": offset, "total": 2, "items": entries}
    path = tmp_path / "2024-05-01" / f"{PLAYLIST}.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"id": PLAYLIST, "snapshot_id": "x", "tracks": page}))
    assert target.run("import", "api", path.parent.parent, "--complete")[0] in (0, 3)
    assert [read.outcome for read in landed(target.landing)] == ["partial"]


@pytest.mark.parametrize(
    "rows",
    [
        [row(1, A), row(2, B), row(1, A)],
        [row(1, A), row(2, B), row(3, C), row(4, C), row(1, A), row(2, B), row(1, A), row(2, B)],
        [row(1, A), row(None, None)],
        [row(1, A, total=1), row(2, B, total=2)],
        [row(1, A, snapshot_id="x"), row(2, B, snapshot_id="y")],
    ],
)
def test_rows_of_two_reads_that_differ_are_named(target: Target, tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    path = write_csv(tmp_path / "t.csv", rows)
    exit_code, printed = target.run("import", "table", path, "--complete")
    assert (exit_code, "two reads of one instant that differ" in printed) == (3, True), printed
    assert [read.outcome for read in landed(target.landing)] == ["partial"]


@pytest.mark.parametrize(
    ("rows", "total", "reason"),
    [
        ([(1, A), (2, B), (3, "bad")], 2, "an entry can't be read"),
        ([(1, A), (2, B), (3, "bad")], 3, "an entry can't be read"),
        ([(1, A), (2, B), ("third", C)], 2, "an entry can't be read"),
        ([(1, A), (3, B)], 2, "its positions are not those of 2 entries"),
        ([(2, A)], 1, "its positions are not those of 1 entry"),
        ([(0, A), (2, B)], 2, "its positions are not those of 2 entries"),
        ([(2, A), (3, B)], 2, "its positions are not those of 2 entries"),
    ],
)
def test_a_total_that_the_rows_contradict_proves_nothing(
    target: Target, tmp_path: Path, rows: list[tuple[Any, str]], total: int, reason: str
) -> None:
    good = [row(position, track, "2024-05-02", total=2) for position, track in ((1, A), (2, B))]
    path = write_csv(tmp_path / "t.csv", [*(row(*each, total=total) for each in rows), *good])
    exit_code, printed = target.run("import", "table", path, "--complete")
    assert (exit_code, f"  partial: 1: {reason}\n" in printed) == (3, True), printed
    assert [read.outcome for read in landed(target.landing)] == ["partial", "complete"]


@pytest.mark.parametrize(
    ("first", "second", "outcomes"),
    [
        ("2024-05-02T09:00:00Z", "2024-05-02T08:00:00Z", ["partial", "partial"]),
        ("2024-05-02T09:00:00Z", "", ["partial", "partial"]),
        ("2024-05-02T09:00:00Z", "2024-05-02T09:00:00Z", ["partial", "partial"]),
        ("2024-05-02T09:00:00Z", "2024-05-03T08:00:00Z", ["complete", "complete"]),
        ("2024-04-30T09:00:00Z", "2024-05-01T08:00:00Z", ["complete", "complete"]),
    ],
)
def test_days_and_instants_in_opposite_order_prove_nothing(
    target: Target, tmp_path: Path, first: str, second: str, outcomes: list[str]
) -> None:
    """A day may be another than that of the instant, in UTC, but not so that of two reads each is before the other."""
    rows = [row(1, A, observed_at=first), row(1, B, "2024-05-02", observed_at=second)]
    others = [row(1, A, "2024-04-30", observed_at="2024-04-30T08:00:00Z"), row(1, A, "2024-05-05", observed_at="")]
    other = spotify_id("other")
    path = write_csv(tmp_path / "t.csv", [*others, *rows, row(1, A, playlist_id=other, observed_at="")])
    exit_code, printed = target.run("import", "table", path, "--complete")
    is_named = f"{path}:4: playlist {PLAYLIST} on 2024-05-01: its day and its observed_at" in printed
    assert (exit_code, is_named) == ((3, True) if "partial" in outcomes else (0, False)), printed
    found = {(read.playlist_id, str(read.day)): read.outcome for read in landed(target.landing)}
    assert [found.pop((PLAYLIST, f"2024-05-0{day}")) for day in (1, 2)] == outcomes
    assert set(found.values()) == {"complete"}


@pytest.mark.parametrize(
    ("day", "playlist_id", "position", "outcome"),
    [
        ("2024-05-01", PLAYLIST, 3, "partial"),
        ("2024-05-01", PLAYLIST, 4, "complete"),
        ("2024-05-02", PLAYLIST, 3, "complete"),
        ("2024-05-01", spotify_id("other"), 3, "complete"),
    ],
)
def test_pages_with_an_instant_each_prove_nothing(
    target: Target, tmp_path: Path, day: str, playlist_id: str, position: int, outcome: str
) -> None:
    """As a complete read, the first would say that the tracks of the second have left."""
    rows = [row(number, track, observed_at="2024-05-01T08:00:00Z") for number, track in ((1, A), (2, B))]
    second = row(position, C, day, playlist_id=playlist_id, observed_at=f"{day}T08:00:01Z")
    path = write_csv(tmp_path / "t.csv", [*rows, second])
    exit_code, printed = target.run("import", "table", path, "--complete")
    problem = f"{path}:2: playlist {PLAYLIST} on 2024-05-01: another read of the day begins where it ends"
    assert (exit_code, problem in printed) == (3, outcome == "partial"), printed
    assert {len(read.entries): read.outcome for read in landed(target.landing)} == {2: outcome, 1: "partial"}


def test_a_read_that_is_there_twice_is_one(target: Target, tmp_path: Path) -> None:
    rows = [row(position, track) for position, track in ((1, A), (2, B), (3, A))]
    assert [read.outcome for read in target.read("table", write_csv(tmp_path / "t.csv", rows * 3), "--complete")] == [
        "complete"
    ]


def test_two_reads_of_one_instant_that_differ_prove_nothing(target: Target, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1, A), row(1, B), row(1, A, "2024-05-02"), row(1, A, "2024-05-02")])
    exit_code, printed = target.run("import", "table", path, "--complete")
    problem = f"{path}:2: playlist {PLAYLIST} on 2024-05-01: two reads of one instant that differ"
    assert (exit_code, problem in printed) == (3, True), printed
    reads = landed(target.landing)
    assert [(read.outcome, len(read.entries)) for read in reads] == [("partial", 2), ("complete", 1)]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("t.csv", b"a,b\n1,2\n", "table has no column playlist_id, day, position, track_id or uri; it has a, b"),
        ("t.csv", b"playlist_id,day,position\n1,2,3\n", "no column track_id or uri"),
        ("t.csv", b"", "its first line is empty"),
        ("t.csv.gz", b"no gzip", "can't be read as a table"),
        ("t.parquet", b"PAR1", "can't be read"),
        ("t.ndjson", b"[1, 2]\n", "expected one JSON object a line"),
        (
            "t.ndjson",
            b'\xef\xbb\xbf{"day": 1}\n',
            "it begins with a byte order mark, which JSON must not; save it without",
        ),
        ("t.ndjson", b"{]\n", "can't be read as a table"),
        ("t.xlsx", b"PK", "expected a file that ends with .csv"),
        ("t.csv", b"playlist_id,day,position,uri\n\xff\xfe,\xff,1,x\n", "not utf-8 encoded"),
    ],
)
def test_a_file_of_another_kind_is_refused(
    target: Target, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    exit_code, printed = target.run("import", "table", path)
    assert (exit_code, str(path) in printed, reason in printed, target.files()) == (2, True, True, {}), printed


def test_a_file_of_another_kind_among_others_is_named(target: Target, tmp_path: Path) -> None:
    write_csv(tmp_path / "t" / "good.csv", [row(1, A, total=1)])
    (tmp_path / "t" / "bad.csv").write_text("a,b\n1,2\n")
    (tmp_path / "t" / ".hidden.csv").write_text("a,b\n1,2\n")
    exit_code, printed = target.run("import", "table", tmp_path / "t")
    assert (exit_code, f"{tmp_path}/t/bad.csv: table has no column" in printed) == (3, True), printed
    assert "hidden" not in printed
    assert [read.outcome for read in landed(target.landing)] == ["complete"]


def test_a_file_with_a_name_of_another_encoding_is_named(target: Target, tmp_path: Path) -> None:
    write_csv(tmp_path / "t" / "good.csv", [row(1, A, total=1)])
    other = tmp_path / "t" / os.fsdecode(b"b\xe4d.csv")
    write_csv(other, [row(1, A, "2024-05-02", total=1)])
    for path, code in ((tmp_path / "t", 3), (other, 2)):
        exit_code, printed = target.run("import", "table", path)
        assert (exit_code, f"{tmp_path}/t/b\N{REPLACEMENT CHARACTER}d.csv: can't be read" in printed) == (code, True), (
            printed
        )
        assert "its name is not in UTF-8; rename it" in printed, printed
    assert [str(read.day) for read in landed(target.landing)] == ["2024-05-01"]


@pytest.mark.parametrize("name", ["bad.csv.gz", "bad.ndjson.gz"])
@pytest.mark.parametrize("kept", [0.5, 0.999])
def test_a_packed_file_that_is_cut_off_is_named(target: Target, tmp_path: Path, name: str, kept: float) -> None:
    """DuckDB takes it as whole."""
    write = write_csv if name == "bad.csv.gz" else write_ndjson
    rows = [row(number, spotify_id(str(number)), "2024-05-02", total=9000) for number in range(9000)]
    cut = write(tmp_path / "t" / name, rows)
    cut.write_bytes(cut.read_bytes()[: int(cut.stat().st_size * kept)])
    exit_code, printed = target.run("import", "table", cut)
    assert (exit_code, f"{cut}: can't be read as a table" in printed, target.files()) == (2, True, {}), printed
    write_csv(tmp_path / "t" / "good.csv", [row(1, A, total=1)])
    exit_code, printed = target.run("import", "table", tmp_path / "t")
    assert (exit_code, f"{cut}: can't be read as a table" in printed) == (3, True), printed
    assert [str(read.day) for read in landed(target.landing)] == ["2024-05-01"]


def test_a_file_that_can_t_be_read_is_named_alone(target: Target, tmp_path: Path) -> None:
    """Files with one header are read by one query."""
    for day in (1, 2, 3):
        write_csv(tmp_path / "t" / f"{day}.csv", [row(1, A, f"2024-05-0{day}", total=1)])
    bad = tmp_path / "t" / "2.csv"
    bad.write_bytes(bad.read_bytes() + f"{PLAYLIST},2024-05-02,2,{B},,1,more\n".encode())
    exit_code, printed = target.run("import", "table", tmp_path / "t")
    assert (exit_code, f"{bad}: its lines end" in printed, printed.count("not usable")) == (3, True, 1), printed
    assert [(read.day.day, read.outcome) for read in landed(target.landing)] == [(1, "complete"), (3, "complete")]


def test_only_the_first_problems_are_named_and_all_are_counted(target: Target, tmp_path: Path) -> None:
    rows = [row(1, A, f"bad {number % 1000}", total=1) for number in range(1001)]
    path = write_csv(tmp_path / "t.csv", [row(1, A, total=1), *rows])
    exit_code, printed = target.run("import", "table", path)
    assert (exit_code, printed.count('day "bad'), "… and 990 more" in printed) == (3, 10, True), printed
    assert f'{path}:3: day "bad 0" (2 times)\n' in printed and f'{path}:4: day "bad 1"\n' in printed, printed


def test_input_without_a_usable_row_is_refused(target: Target, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1, A, "bad")])
    exit_code, printed = target.run("import", "table", path)
    assert (exit_code, "nothing of it is usable" in printed, target.files()) == (2, True, {}), printed
    path.write_text(path.read_text().splitlines()[0] + "\n")
    exit_code, printed = target.run("import", "table", path)
    assert (exit_code, "it has no rows" in printed, target.files()) == (2, True, {}), printed


def test_an_unknown_source_and_a_bad_name_are_refused(target: Target, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1, A, total=1)])
    exit_code, printed = target.run("import", "tables", path)
    assert (exit_code, "did you mean 'table'" in printed) == (2, True), printed
    for name in ("../x", "a b", ""):
        assert target.run("import", "table", path, "--name", name)[0] == 2
    assert target.files() == {}


def test_a_dry_run_writes_nothing(target: Target, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1, A, total=1)])
    before = sorted(target.folder.rglob("*"))
    exit_code, printed = target.run("import", "table", path, "--dry-run", "--watch")
    assert (exit_code, "reads: 1 complete" in printed, sorted(target.folder.rglob("*"))) == (0, True, before), printed
    assert f"--watch: 1 playlist not yet in {target.seed}" in printed and not target.seed.exists()


def test_watching_asks_and_keeps_what_is_there(make_target: Callable[[str], Target], tmp_path: Path) -> None:
    target = make_target("watching")
    path = write_csv(tmp_path / "t.csv", [row(1, A, total=1, playlist_name="A, b")])
    target.seed.write_bytes(f'label,playlist_id\r\n"x, y",{spotify_id("other")}'.encode())
    before = target.seed.read_bytes()
    exit_code, printed = target.run("import", "table", path, "--watch")
    assert (exit_code, "--yes" in printed, target.files()) == (2, True, {}), printed
    for _ in range(2):
        exit_code, printed = target.run("import", "table", path, "--watch", "--yes")
        assert (exit_code, "playlists to" in printed) == (0, False), printed
        assert target.seed.read_bytes() == before + f'\r\n"A, b",{PLAYLIST}\r\n'.encode()
    assert target.run("import", "table", path)[1].startswith("table: wrote 0 landing files (0.0 MB); 1 already there")
    target.seed.unlink()
    assert target.run("import", "table", path, "--watch", "--yes")[0] == 0
    assert target.seed.read_text() == f'playlist_id,label\n{PLAYLIST},"A, b"\n'


def test_watching_keeps_a_link_and_its_mode(make_target: Callable[[str], Target], tmp_path: Path) -> None:
    target = make_target("linked")
    place = tmp_path / "kept.csv"
    place.write_text(f"playlist_id,label\n{spotify_id('other')},x\n")
    place.chmod(0o640)
    target.seed.unlink(missing_ok=True)
    target.seed.symlink_to(place)
    path = write_csv(tmp_path / "t.csv", [row(1, A, total=1, playlist_name="A")])
    assert target.run("import", "table", path, "--watch", "--yes")[0] == 0
    assert (target.seed.is_symlink(), place.stat().st_mode & 0o777) == (True, 0o640)
    assert place.read_text().endswith(f"{PLAYLIST},A\n")
