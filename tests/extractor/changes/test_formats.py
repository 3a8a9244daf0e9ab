"""Changes: as text, Markdown, JSON, CSV and Atom."""

# ruff: noqa: RUF001, S314 (our minus signs and dashes; the XML is ours)

import csv
import io
import json
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from extractor.cli.commands import main
from tests.extractor.changes.world import EVIL, FOUR, ONE, TWO, VISIBLE, A, B, Shown, change_tables


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
