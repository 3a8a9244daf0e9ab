"""The watch-list: parsing of the seeds, and the slices of workers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extractor.config.settings import Config
from extractor.config.watch_list import WatchList, read_watch_list
from extractor.errors import ConfigError
from extractor.simulator.identifiers import spotify_id

A, B, C = (spotify_id(name) for name in "ABC")


def watched(folder: Path, playlists: str | bytes | None = None, tracks: str | None = None, **options: Any) -> WatchList:
    for name, text in (("playlists", playlists), ("tracks", tracks)):
        if text is not None:
            (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_watch_list(replace(Config(), seeds=folder, **options))


def only(folder: Path, cell: str) -> str:
    """Return the id parsed from one cell of playlists.csv."""
    (found,) = watched(folder, f"playlist_id,label\n{cell},x\n").playlists
    return found


def refusal(folder: Path, playlists: str | bytes, **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        watched(folder, playlists, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "cell",
    [
        A,
        f"  {A}  ",
        f'" {A} "',
        f"https://open.spotify.com/playlist/{A}",
        f"https://open.spotify.com/playlist/{A}/",
        f"https://open.spotify.com/playlist/{A}?si=0123456789abcdef",
        f"https://open.spotify.com/playlist/{A}?si=0123&pt=1#top",
        f"http://open.spotify.com/playlist/{A}",
        f"open.spotify.com/playlist/{A}",
        f"https://open.spotify.com/intl-de/playlist/{A}?si=0123",
        f"https://open.spotify.com/user/some.one/playlist/{A}",
        f"spotify:playlist:{A}",
        f"spotify:user:some.one-1:playlist:{A}",
    ],
)
def test_every_id_format_is_accepted(tmp_path: Path, cell: str) -> None:
    assert only(tmp_path, cell) == A


def test_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    assert watched(tmp_path, f"\ufeffplaylist_id,label\n{A},x\n").playlists == {A: "x"}


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_any_line_ending_is_accepted(tmp_path: Path, end: str) -> None:
    rows = ["playlist_id,label", f"{A},x", f"{B},y", ""]
    assert watched(tmp_path, end.join(rows)).playlists == {A: "x", B: "y"}


def test_last_line_needs_no_newline(tmp_path: Path) -> None:
    assert watched(tmp_path, f"playlist_id,label\n{A},x").playlists == {A: "x"}


def test_quoted_label_keeps_commas_and_quotes(tmp_path: Path) -> None:
    assert watched(tmp_path, f'playlist_id,label\n{A},"Rock, ""hard"""\n').playlists == {A: 'Rock, "hard"'}


def test_quoted_label_keeps_newlines(tmp_path: Path) -> None:
    text = f'playlist_id,label\n{A},"two\nlines"\n{B},y\n'
    assert watched(tmp_path, text).playlists == {A: "two\nlines", B: "y"}


@pytest.mark.parametrize("character", ["\u2028", "\x0b", "\x0c", "\x85"])
def test_only_csv_line_endings_end_a_line(tmp_path: Path, character: str) -> None:
    assert set(watched(tmp_path, f"playlist_id,label\n{A},pasted{character}label\n{B},y\n").playlists) == {A, B}


def test_unclosed_quote_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, f'playlist_id,label\n{A},"oops\n{B},y\n{C},z\n')
    assert "playlists.csv" in message


def test_label_of_any_length_is_accepted_or_refused_with_a_message(tmp_path: Path) -> None:
    label = "x" * 140_000  # csv's own limit is 131072
    try:
        assert watched(tmp_path, f"playlist_id,label\n{A},{label}\n").playlists == {A: label}
    except ConfigError as error:
        assert "playlists.csv" in str(error)


def test_labels_can_use_any_script(tmp_path: Path) -> None:
    assert watched(tmp_path, f"playlist_id,label\n{A},Müde 🎧 音楽\n").playlists == {A: "Müde 🎧 音楽"}


def test_blank_lines_and_rows_without_an_id_are_skipped(tmp_path: Path) -> None:
    assert watched(tmp_path, f"playlist_id,label\n\n{A},x\n   \n,a label alone\n{B},y\n\n").playlists == {
        A: "x",
        B: "y",
    }


def test_label_is_optional_and_other_columns_are_ignored(tmp_path: Path) -> None:
    assert watched(tmp_path, f"note,playlist_id\nhi,{A}\nho,{B},more\n").playlists == {A: "", B: ""}


@pytest.mark.parametrize("text", ["", f"{A},x\n", "id,label\n", f"\n{A},x\n"])
def test_missing_header_is_refused_with_the_expected_header(tmp_path: Path, text: str) -> None:
    message = refusal(tmp_path, text)
    assert "playlists.csv:1" in message
    assert "playlist_id,label" in message


@pytest.mark.parametrize(
    "cell", ["nonsense", A[:-1], A + "x", A[:-1] + "-", "https://example.com/playlist/" + A, f"spotify:{A}"]
)
def test_invalid_id_is_refused_with_file_and_line(tmp_path: Path, cell: str) -> None:
    message = refusal(tmp_path, f"playlist_id,label\n{A},x\n\n{cell},y\n")
    assert "playlists.csv:4" in message
    assert cell in message


def test_line_number_is_right_after_a_multiline_label(tmp_path: Path) -> None:
    assert "playlists.csv:4" in refusal(tmp_path, f'playlist_id,label\n{A},"two\nlines"\nnonsense,y\n')


@pytest.mark.parametrize("link", [f"https://open.spotify.com/album/{A}?si=1", f"spotify:album:{A}"])
def test_album_in_the_playlists_seed_is_refused(tmp_path: Path, link: str) -> None:
    message = refusal(tmp_path, f"playlist_id,label\n{link},x\n")
    assert "playlists.csv:2" in message
    assert "link to a album" in message or "link to an album" in message


def test_track_in_the_playlists_seed_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, f"playlist_id,label\nspotify:track:{A},x\n")
    assert "link to a track; a playlist is expected" in message


def test_playlist_in_the_tracks_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tracks\.csv:2: .*link to a playlist; a track is expected"):
        watched(tmp_path, None, f"track_id,label\nspotify:playlist:{A},x\n")


def test_first_of_duplicate_ids_is_kept(tmp_path: Path) -> None:
    text = f"playlist_id,label\n{A},first\n{B},y\nspotify:playlist:{A},second\n"
    assert list(watched(tmp_path, text).playlists.items()) == [(A, "first"), (B, "y")]


def test_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    assert "playlists.csv" in refusal(tmp_path, f"playlist_id,label\n{A},caf\xe9\n".encode("latin-1"))


@pytest.mark.parametrize("text", [None, "playlist_id,label\n"])
def test_empty_watch_list_is_refused_with_a_hint(tmp_path: Path, text: str | None) -> None:
    with pytest.raises(ConfigError, match=r"nothing to watch yet: .*playlists\.csv.*tracks\.csv"):
        watched(tmp_path, text)


def test_one_seed_is_enough(tmp_path: Path) -> None:
    found = watched(tmp_path, None, f"track_id,label\n{A},x\n")
    assert (found.playlists, found.tracks) == ({}, {A: "x"})


def test_tracks_file_has_one_id_per_line_and_adds_to_the_seed(tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text(f"\ufeff{A}\r\n\r\n https://open.spotify.com/track/{B}?si=1 \r\n{A}\r\n", "utf-8")
    found = watched(tmp_path, None, f"track_id,label\n{B},labelled\n{C},x\n", tracks_file=ids)
    assert found.tracks == {A: "", B: "labelled", C: "x"}


def test_tracks_file_alone_is_enough(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text(A)
    assert watched(tmp_path, tracks_file=tmp_path / "ids.txt").tracks == {A: ""}


def test_invalid_line_of_a_tracks_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text(f"{A}\n\nnonsense\n")
    with pytest.raises(ConfigError, match=r"ids\.txt:3: 'nonsense'"):
        watched(tmp_path, tracks_file=tmp_path / "ids.txt")


def test_missing_tracks_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ids\.txt"):
        watched(tmp_path, tracks_file=tmp_path / "ids.txt")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10, 50])
def test_slices_cover_everything_without_overlap(tmp_path: Path, size: int) -> None:
    ids = [spotify_id(f"slice {number}") for number in range(10)]
    playlists = "playlist_id,label\n" + "".join(f"{each},\n" for each in ids[:7])
    tracks = "track_id,label\n" + "".join(f"{each},\n" for each in ids)
    slices = [watched(tmp_path, playlists, tracks, batch_number=n, batch_size=size) for n in range(1, 11)]
    assert [each for found in slices for each in found.playlists] == ids[:7]
    assert [each for found in slices for each in found.tracks] == ids
    assert all(len(found.playlists) <= size and len(found.tracks) <= size for found in slices)
    assert {(found.all_playlists, found.all_tracks) for found in slices} == {(7, 10)}


def test_slice_beyond_the_end_is_empty(tmp_path: Path) -> None:
    found = watched(tmp_path, f"playlist_id,label\n{A},x\n", batch_number=9, batch_size=5)
    assert (found.playlists, found.tracks, found.all_playlists) == ({}, {}, 1)


def test_header_may_have_blanks_and_capitals(tmp_path: Path) -> None:
    assert watched(tmp_path, f"playlist_id, Label\n{A},x\n").playlists == {A: "x"}


def test_unquoted_comma_belongs_to_the_label(tmp_path: Path) -> None:
    assert watched(tmp_path, f"playlist_id,label\n{A},Rock, hard\n{B},\n").playlists == {A: "Rock, hard", B: ""}


@pytest.mark.parametrize("around", ["\u201c{}\u201d", "\u200b{}", "\ufeff{}\u00a0", "'{}'"])
def test_quotes_and_invisible_blanks_around_an_id_are_ignored(tmp_path: Path, around: str) -> None:
    assert only(tmp_path, around.format(A)) == A


def test_dead_link_to_a_seed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "playlists.csv").symlink_to("moved/playlists.csv")
    with pytest.raises(ConfigError, match=r"playlists\.csv: is a link to moved/playlists\.csv, which does not exist"):
        watched(tmp_path, None, f"track_id,label\n{A},x\n")


@pytest.mark.parametrize("name", ["playlist.csv", "Playlists.csv", "playlists.CSV", "playlsts.csv"])
def test_mistyped_name_of_a_seed_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(f"playlist_id,label\n{A},x\n")
    with pytest.raises(ConfigError, match=rf"{name}: is not read; the name must be playlists\.csv"):
        watched(tmp_path, None, f"track_id,label\n{A},x\n")


def test_other_files_beside_the_seeds_are_ignored(tmp_path: Path) -> None:
    for name in ("README.md", "playlists.csv.bak", "playlists-old.csv", ".DS_Store"):
        (tmp_path / name).write_text("?")
    assert only(tmp_path, A) == A


def test_missing_seeds_folder_beside_a_tracks_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text(A)
    with pytest.raises(ConfigError, match=r"seeds: .*/sedes: no such folder"):
        read_watch_list(replace(Config(), seeds=tmp_path / "sedes", tracks_file=tmp_path / "ids.txt"))
