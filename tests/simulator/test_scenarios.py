"""Scenario files: invalid ones are refused with file and key; and the demo scenario is as documented."""

from pathlib import Path

import pytest

from extractor.simulator import generated
from extractor.simulator.failures import Failure
from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.reading import ScenarioError
from extractor.simulator.world import Episode, LocalFile, PlaylistState
from tests.simulator.questions import opened, track_ids

DEMO = Path(generated.__file__).parent / "scenarios" / "demo.yaml"


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        ("playlist: {}", "world.yaml: playlist: unknown key (known here: "),
        ("playlists: {a: {chrun: 0.1}}", "playlists.a.chrun: unknown key"),
        ("playlists: {a: {events: {2026-01-02: {nul: 1}}}}", "playlists.a.events.2026-01-02.nul: unknown key"),
        ("playlists: {a: {events: {2027-01-02: {nulls: 1}}}}", "playlists.a.events.2027-01-02: not one of the days"),
        ("playlists: {a: {events: {2026-01-02: {body: {}}}}}", "events.2026-01-02.body: needs a status"),
        ("playlists: {a: {churn: 2}}", "playlists.a.churn: expected a number from 0 to 1, got 2"),
        ("playlists: {a: {size: many}}", "playlists.a.size: expected a whole number"),
        ("playlists: {a: {size: 500}}", "playlists.a.size: 500 entries from a pool of 200 tracks"),
        ("playlists: {a: {pool: [9, 3]}}", "playlists.a.pool: expected [first, last]"),
        ("playlists: {a: {owner: me}}", "playlists.a.owner: expected one of user, spotify, got 'me'"),
        ("playlists: {a: 3}", "playlists.a: expected a mapping, got 3"),
        ("{playlists: {a: {}}, histories: {a: {days: {2026-01-01: []}}}}", "the playlist 'a' is defined twice"),
        ("playlists: {a: {}, a: {}}", "key 'a' is given twice"),
        ("shape: round", "world.yaml: shape: expected one of tracks, items, both"),
        ("first_day: soon", "first_day: not a day"),
        ("histories: {a: {}}", "histories.a.days: expected at least one day"),
        ("histories: {a: {days: {tomorrow: []}}}", "histories.a.days.tomorrow: not a day"),
        (
            "histories: {a: {days: {2026-01-01: [{trak: A}]}}}",
            "histories.a.days.2026-01-01[0]: expected exactly one of",
        ),
        ("histories: {a: {days: {2026-01-01: [A, {track: B, at: 1}]}}}", "2026-01-01[1].at: unknown key"),
        ("histories: {a: {days: {2026-01-01: [yes]}}}", "2026-01-01[0]: expected a text, got True (quote it"),
        ("histories: {a: {days: {2026-01-01: [{track: A, popularity: 101}]}}}", "[0].popularity: expected a number"),
        ("histories: {a: {days: {2026-01-01: {status: 99}}}}", "2026-01-01.status: expected an HTTP status"),
        ("{first_day: 2026-02-01, histories: {a: {days: {2026-01-01: []}}}}", "2026-01-01 is before first_day"),
        ("faults: {path: x}", "world.yaml: faults: expected a list of rules"),
        ("faults: [{path: '('}]", "faults[0].path: not a regular expression"),
        ("faults: [{path: x, status: 500, time: 1}]", "faults[0].time: unknown key"),
        ("faults: [{status: 500}]", "faults[0].path: missing"),
        ("a: [", "world.yaml: while parsing"),
    ],
)
def test_scenario_errors_are_named(tmp_path: Path, scenario: str, message: str) -> None:
    path = tmp_path / "world.yaml"
    path.write_text(scenario)
    with pytest.raises(ScenarioError) as caught:
        GeneratedWorld.from_file(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_missing_scenario_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"nowhere\.yaml: No such file"):
        GeneratedWorld.from_file(tmp_path / "nowhere.yaml")


def test_demo_is_a_month_of_fourteen_playlists() -> None:
    world = GeneratedWorld.from_file(DEMO)
    states = {
        (world.label(playlist_id), day): world.playlist(playlist_id, day)
        for playlist_id in world.playlist_ids
        for day in world.days
    }
    assert (len(world.playlist_ids), len(world.days)) == (14, 30)
    read = {key: state for key, state in states.items() if isinstance(state, PlaylistState)}
    for day in world.days:
        assert 900 <= sum(len(state.entries) for (_, when), state in read.items() if when == day) <= 1100
    assert len({track_id for state in read.values() for track_id in track_ids(state)}) >= 640
    failing = [key for key, state in states.items() if isinstance(state, Failure)]
    assert [(label, day.day) for label, day in failing] == [("outage of two days", 12), ("outage of two days", 13)]
    contents = [each.content for state in read.values() for each in state.entries if each]
    assert contents.count(None) == 3
    assert any(isinstance(content, LocalFile) for content in contents)
    assert any(isinstance(content, Episode) for content in contents)
    assert [state.entries for state in read.values()].count(()) == 1
    assert sum(len(state.entries) > 100 for (_, day), state in read.items() if day == world.days[0]) == 3
    first = {label: state for (label, day), state in read.items() if day == world.days[0]}
    twins = [first[f"shares tracks with {name}"] for name in ("Kitchen Lamps", "Late Kitchen")]
    assert len(track_ids(twins[0]) & track_ids(twins[1])) > 5
    assert len({state.name for (label, _), state in read.items() if label.startswith("renamed")}) == 2
    assert sum(playlist_id.startswith("37i9dQZF1") for playlist_id in world.playlist_ids) == 1


def test_labels_default_to_keys() -> None:
    world = GeneratedWorld.from_text("playlists: {a: {}, b: {label: other, name: B}}")
    assert [world.label(playlist_id) for playlist_id in world.playlist_ids] == ["a", "other"]
    assert opened(world, world.playlist_ids[1], world.days[0]).name == "B"
