"""The on_change command: each change is handed over once, late days as corrections, whatever fails in between."""

import json
import os
import signal
import time
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from extractor.cli.console import Console
from extractor.cli.on_change import hand_over
from extractor.clock import Clock
from extractor.config.on_change import OnChange, Rule
from extractor.config.settings import Config
from extractor.errors import ConfigError, WarehouseError
from extractor.outputs.changes import handed_over
from extractor.outputs.changes.rules import check_rules
from tests.extractor.changes.histories import ARTISTS, LABELS, PLAYLISTS, TRACKS, History, Receiver, make_empty
from tests.extractor.conftest import told

HEAR = 'cat > "$0.part" && mv "$0.part" "$0/$(ls "$0" | wc -l).json"'
FIRST = date(2026, 1, 1)


def day(number: int) -> date:
    return FIRST + timedelta(number - 1)


@dataclass
class Command:
    """Hands over the changes of a history to a command that keeps what it gets in a folder."""

    config: Config
    folder: Path
    empty: Path
    history: History
    heard: int = 0
    arrays: list[list[dict[str, Any]]] = field(default_factory=list)

    def set(self, *rules: Rule, script: str = HEAR) -> None:
        self.config = replace(self.config, on_change=OnChange(("sh", "-c", script, str(self.folder / "heard")), rules))

    def __call__(self, *, limit: float = 20, publish: bool = True) -> list[dict[str, Any]]:
        """Publish the history, hand over, and return the objects that the command got."""
        if publish:
            self.history.publish(self.empty, self.config.database)
        hand_over(self.config, self.folder, Console(Clock(), FIRST), limit)
        return self.got()

    def got(self) -> list[dict[str, Any]]:
        """Return what the command got since the last look; `arrays` has it by call."""
        files = [self.folder / "heard" / f"{number}.json" for number in range(self.count())]
        self.arrays = [json.loads(file.read_text()) for file in files[self.heard :]]
        self.heard = len(files)
        return [each for array in self.arrays for each in array]

    def count(self) -> int:
        return sum(1 for _ in (self.folder / "heard").glob("*.json"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_empty(tmp_path_factory.mktemp("empty") / "empty.duckdb")


@pytest.fixture
def command(tmp_path: Path, empty: Path) -> Command:
    (tmp_path / "heard").mkdir()
    (tmp_path / "seeds").mkdir()
    rows = "".join(f"{each},{LABELS[each]}\n" for each in PLAYLISTS)
    (tmp_path / "seeds" / "playlists.csv").write_text(f"playlist_id,label\n{rows}")
    made = Command(Config.in_folder(tmp_path), tmp_path, empty, History())
    (tmp_path / "data").mkdir()
    made.set()
    return made


def shown(changes: list[Any], since: date) -> list[tuple[Any, ...]]:
    """Return changes later than a day, as a Receiver has them."""
    return sorted((*each[:-2], each[-2].isoformat(), each[-1].isoformat()) for each in changes if each[-1] > since)


def observed(history: History) -> list[date]:
    return sorted({each for _, each in history.reads})


# Once only


@pytest.mark.parametrize("seed", range(4))
def test_receiver_knows_what_is_published_after_any_sequence(command: Command, seed: int) -> None:
    """Days, late days, withdrawn days, rebuilds and failing commands, in any order."""
    rng, receiver, last = Random(seed), Receiver(), 2
    for number in (1, 2):
        command.history.read(day(number), rng)
    since = observed(command.history)[-2]
    command()
    receiver.take(command.arrays)
    for _ in range(8):
        what = rng.choice(["day", "day", "day", "late", "forget", "rebuild"])
        if what == "day":
            last += rng.choice([1, 1, 2, 4])
            command.history.read(day(last), rng)
        elif what == "late":
            command.history.read(day(rng.randint(1, last)), rng)
        elif what == "forget":
            command.history.forget(rng.choice(observed(command.history)[1:] or [day(last)]))
        command.set(script=rng.choice([HEAR, HEAR, f"{HEAR}; exit 3", "exit 1", "no-such-program"]))
        command()
        receiver.take(command.arrays)
    command.set()
    command()
    receiver.take(command.arrays)
    assert sorted(receiver.changes.values()) == shown(command.history.changes(), since)
    assert command() == []


def killed(command: Command, seconds: float | None) -> None:
    """Hand over in a process that is killed after some time, or once the command has got something."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds or 0)
        command(publish=False)
        os._exit(0)
    while seconds is None and command.count() == command.heard:
        time.sleep(0.01)
    if seconds is None:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    time.sleep(0.05)  # for the command that outlived it


@pytest.mark.parametrize("seed", range(2))
def test_killed_runs_lose_nothing_and_repeat_only_what_is_marked(command: Command, seed: int) -> None:
    rng, receiver = Random(seed), Receiver()
    for number in (1, 2):
        command.history.read(day(number), rng)
    since = observed(command.history)[-2]
    started = time.monotonic()
    command()
    undisturbed = time.monotonic() - started
    receiver.take(command.arrays)
    for number in range(3, 6):
        command.history.read(day(number), rng)
        command.history.publish(command.empty, command.config.database)
        for _ in range(3):
            killed(command, rng.uniform(0.005, 1.2 * undisturbed))
            command.got()
            receiver.take(command.arrays)
    command()
    receiver.take(command.arrays)
    assert sorted(receiver.changes.values()) == shown(command.history.changes(), since)
    plain = [each["id"] for each in receiver.objects if "again" not in each and "withdrawn" not in each]
    assert len(plain) == len(set(plain))


def test_run_killed_during_the_command_hands_over_again_and_says_so(command: Command) -> None:
    rng = Random(1)
    for number in (1, 2):
        command.history.read(day(number), rng)
    command.history.publish(command.empty, command.config.database)
    command.set(script=f"{HEAR}; sleep 60")
    killed(command, None)
    first = command.got()
    command.set()
    assert first
    assert command() == [{**each, "again": True} for each in first]
    assert command() == []


def test_only_the_last_observed_day_is_news_at_first(command: Command) -> None:
    rng = Random(2)
    for number in (1, 2, 3, 5):
        command.history.read(day(number), rng)
    got = command()
    assert {each["date"] for each in got} == {"2026-01-05"}
    assert not any("correction" in each for each in got)
    assert len(got) == len(shown(command.history.changes(), day(4)))


def test_late_read_narrows_the_bounds_and_the_old_ones_go_along(command: Command) -> None:
    one, two = TRACKS[:2]
    command.history.reads = {
        (PLAYLISTS[0], day(1)): {one},
        (PLAYLISTS[0], day(2)): {one},
        (PLAYLISTS[0], day(5)): {one, two},
    }
    [added] = command()
    command.history.reads[PLAYLISTS[0], day(4)] = {one, two}
    [corrected] = command()
    assert (corrected["date_before"], corrected["date"], corrected["correction"]) == ("2026-01-02", "2026-01-04", True)
    assert corrected["was"] == {"id": added["id"], "date_before": "2026-01-02", "date": "2026-01-05"}
    command.history.reads[PLAYLISTS[0], day(3)] = {one}
    [again] = command()
    assert again["id"] == corrected["id"]
    assert (again["date_before"], again["was"]["date_before"]) == ("2026-01-03", "2026-01-02")
    command.history.reads[PLAYLISTS[0], day(4)] = command.history.reads[PLAYLISTS[0], day(5)] = {one}
    [withdrawn] = command()
    assert (withdrawn["id"], withdrawn["withdrawn"], withdrawn["correction"]) == (again["id"], True, True)
    assert (withdrawn["playlist"], withdrawn["track"]) == ("Morning", "Song 2")


def test_late_value_of_a_track_corrects_its_crossing(command: Command) -> None:
    one = TRACKS[0]
    command.set(Rule(popularity=50))
    command.history.reads = {(PLAYLISTS[0], day(number)): {one} for number in (1, 2, 5)}
    command.history.values = {(one, day(1)): 58, (one, day(2)): 58, (one, day(5)): 44}
    [crossed] = command()
    assert (crossed["popularity_before"], crossed["popularity"], crossed["date_before"]) == (58, 44, "2026-01-02")
    command.history.reads[PLAYLISTS[0], day(4)] = {one}
    command.history.values[one, day(4)] = 56
    [corrected] = command()
    assert corrected["was"] == {"id": crossed["id"], "date_before": "2026-01-02", "date": "2026-01-05"}
    assert corrected["correction"] and "withdrawn" not in corrected
    assert (corrected["popularity_before"], corrected["popularity"], corrected["date"]) == (56, 44, "2026-01-05")
    command.history.values |= {(one, day(4)): 58, (one, day(5)): 58}
    [withdrawn] = command()
    assert (withdrawn["withdrawn"], withdrawn["popularity_before"], withdrawn["popularity"]) == (True, 56, 44)


def test_two_late_days_within_the_bounds_of_a_change_correct_it_once(command: Command) -> None:
    one = TRACKS[0]
    command.history.reads = {(PLAYLISTS[0], day(1)): {one}, (PLAYLISTS[0], day(2)): set[str]()}
    command()
    command.history.reads[PLAYLISTS[0], day(9)] = {one}
    receiver = Receiver()
    command()
    receiver.take(command.arrays)
    command.history.reads |= {(PLAYLISTS[0], day(4)): {one}, (PLAYLISTS[0], day(6)): set()}
    got = command()
    receiver.take(command.arrays)
    assert [each["date"] for each in got] == ["2026-01-04", "2026-01-06", "2026-01-09"]
    assert ["was" in each for each in got] == [False, False, True]
    assert all(each["correction"] for each in got)


def test_what_only_a_late_day_shows_is_a_correction_up_to_the_last_day(command: Command) -> None:
    one, two = TRACKS[:2]
    command.history.reads = {(name, day(number)): {one} for name in PLAYLISTS[:2] for number in (1, 2, 4)}
    del command.history.reads[PLAYLISTS[1], day(4)]
    assert command() == []
    command.history.reads[PLAYLISTS[0], day(3)] = {one, two}
    command.history.reads[PLAYLISTS[1], day(4)] = {two}
    got = {(each["playlist_id"], each["change"], each["track_id"], "correction" in each) for each in command()}
    assert got == {
        (PLAYLISTS[0], "added", two, True),
        (PLAYLISTS[0], "removed", two, True),
        (PLAYLISTS[1], "added", two, False),  # read later on the last day: news
        (PLAYLISTS[1], "removed", one, False),
    }


def test_lost_history_is_not_withdrawn(command: Command) -> None:
    rng, receiver = Random(13), Receiver()
    command.set(Rule(), Rule(popularity=50))
    for number in range(1, 7):
        command.history.read(day(number), rng)
        command()
    for number in range(1, 6):
        command.history.forget(day(number))
    assert command() == []
    command.history.read(day(7), rng)
    got = command()
    receiver.take([got])
    assert sorted(receiver.changes.values()) == sorted(
        [*shown(command.history.changes(), day(6)), *chosen_by_loops(command.history, day(6), Rule(popularity=50))]
    )
    assert not any("correction" in each for each in got)


# Rules


def chosen_by_loops(history: History, since: date, rule: Rule) -> list[tuple[Any, ...]]:
    """Return what a rule chooses, by its definition. The rules of these tests name things by these ids."""
    found: list[tuple[Any, ...]] = []
    labelled = {each for each in PLAYLISTS if LABELS[each] == rule.label}
    if rule.popularity is None:
        for playlist, track, kind, before, on in history.changes():
            if (
                on > since
                and rule.playlist in (None, playlist)
                and rule.track in (None, track)
                and rule.artist in (None, ARTISTS[track])
                and (rule.label is None or playlist in labelled)
                and (not rule.changes or kind in rule.changes)
            ):
                found.append((playlist, track, kind, before.isoformat(), on.isoformat()))
        return sorted(found)
    for track, value_before, value, before, on in history.crossings(rule.popularity):
        playlists = set()
        for playlist in PLAYLISTS:
            reads = [each for name, each in history.reads if name == playlist and each <= on]
            if reads and track in history.reads[playlist, max(reads)]:
                playlists.add(playlist)
        if (
            on > since
            and rule.track in (None, track)
            and rule.artist in (None, ARTISTS[track])
            and (rule.playlist is None or rule.playlist in playlists)
            and (rule.label is None or playlists & labelled)
        ):
            found.append((track, value_before, value, before.isoformat(), on.isoformat()))
    return sorted(found)


RULES = [
    Rule(playlist=PLAYLISTS[0]),
    Rule(artist="b" * 22),
    Rule(track=TRACKS[0]),
    Rule(label="mine"),
    Rule(changes=("removed",)),
    Rule(label="mine", artist="a" * 22, changes=("added", "returned")),
    Rule(popularity=50),
    Rule(popularity=50, playlist=PLAYLISTS[1]),
    Rule(popularity=51, label="mine", artist="c" * 22),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_rule_chooses_by_its_definition(command: Command, rule: Rule) -> None:
    rng, receiver = Random(str(rule)), Receiver()
    command.set(rule)
    for number in range(1, 9):
        command.history.read(day(number), rng)
        if number in (2, 5, 8):
            command()
            receiver.take(command.arrays)
    assert sorted(receiver.changes.values()) == chosen_by_loops(command.history, FIRST, rule)
    assert receiver.changes


@pytest.mark.parametrize("seed", range(2))
def test_crossings_are_corrected_too(command: Command, seed: int) -> None:
    rng, receiver, rule = Random(seed), Receiver(), Rule(popularity=50)
    command.set(rule)
    for number in range(1, 3):
        command.history.read(day(number), rng)
    command()
    receiver.take(command.arrays)
    for number in range(3, 9):
        command.history.read(day(number), rng)
        command.history.read(day(rng.randint(1, number)), rng)
        command()
        receiver.take(command.arrays)
    assert sorted(receiver.changes.values()) == chosen_by_loops(command.history, FIRST, rule)


def test_any_of_several_rules_chooses(command: Command) -> None:
    rng = Random(5)
    rules = (Rule(playlist=PLAYLISTS[0]), Rule(artist="b" * 22), Rule(popularity=50))
    command.set(*rules)
    for number in range(1, 4):
        command.history.read(day(number), rng)
    receiver = Receiver()
    command()
    receiver.take(command.arrays)
    expected = {each for rule in rules for each in chosen_by_loops(command.history, day(2), rule)}
    assert set(receiver.changes.values()) == expected


def test_changed_rules_do_not_hand_over_old_changes(command: Command) -> None:
    rng = Random(6)
    command.set(Rule(playlist=PLAYLISTS[0]))
    for number in range(1, 4):
        command.history.read(day(number), rng)
        command()
    command.set()
    assert command() == []
    command.set(Rule(popularity=50), Rule(popularity=60), Rule(label="mine"))
    assert command() == []
    command.history.read(day(4), rng)
    assert {each["date"] for each in command()} == {"2026-01-04"}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Rule(playlist="Noon"), r"rules\[1\].playlist: 'Noon' is no playlist"),
        (Rule(playlist="Z" * 22), r"rules\[1\].playlist: 'Z+' is no playlist .*; correct it$"),
        (Rule(artist="No One"), r"rules\[1\].artist: 'No One' is no artist"),
        (Rule(track="Song 9"), r"rules\[1\].track: 'Song 9' is no track"),
        (Rule(label="theirs"), r"rules\[1\].label: no playlist or track"),
        (Rule(track="spotify:album:" + "Z" * 22), r"rules\[1\].track: .* a track is expected"),
    ],
)
def test_rule_that_names_nothing_is_refused_and_nothing_is_lost(command: Command, rule: Rule, message: str) -> None:
    rng = Random(7)
    for number in range(1, 3):
        command.history.read(day(number), rng)
    command.set(Rule(label="mine"), rule)
    with pytest.raises(ConfigError, match=message):
        command()
    with pytest.raises(ConfigError, match=message):
        check_rules(command.config)
    command.set()
    assert command()


def test_names_labels_links_and_earlier_names_are_found(command: Command, tmp_path: Path) -> None:
    rng = Random(8)
    command.history.read(day(1), rng)
    command.history.publish(command.empty, command.config.database)
    with duckdb.connect(str(command.config.database)) as connection:
        connection.execute(
            f"insert into playlist_history (playlist_id, playlist_name) values ('{PLAYLISTS[0]}', 'Dawn')"
        )
    link = f"https://open.spotify.com/track/{TRACKS[0]}?si=1"
    command.set(Rule(playlist=" MORNING "), Rule(playlist="yours"), Rule(playlist="dawn"), Rule(track=link))
    assert check_rules(command.config) == []
    assert not (tmp_path / "data" / "handed_over.duckdb").exists()


def test_name_of_several_is_about_each_of_them(command: Command) -> None:
    one = TRACKS[0]
    command.history.reads = {
        (name, day(number)): {one} if number == 2 else set() for name in PLAYLISTS for number in (1, 2)
    }
    command.set(Rule(playlist="mine"))
    assert sorted(each["playlist_id"] for each in command()) == PLAYLISTS[:2]


def test_names_that_were_given_up_keep_a_rule_valid(command: Command) -> None:
    one, two = TRACKS[:2]
    command.history.reads = {(PLAYLISTS[0], day(1)): set(), (PLAYLISTS[0], day(2)): {one, two}}
    command.history.publish(command.empty, command.config.database)
    with duckdb.connect(str(command.config.database)) as connection:
        connection.execute(f"insert into track_info_history (track_id, track_name) values ('{one}', 'Working title')")
        connection.execute(f"update track_artists set artist_name = 'Before' where track_id = '{two}'")
    for rule, tracks in ((Rule(track="working title"), [one]), (Rule(artist="before"), [one, two])):
        command.config.handed_over.unlink(missing_ok=True)
        command.set(rule)
        assert [each["track_id"] for each in command(publish=False)] == tracks


def test_rule_waits_for_a_track_or_an_artist_that_was_never_seen(command: Command) -> None:
    rng = Random(12)
    for number in (1, 2):
        command.history.read(day(number), rng)
    command.set(Rule(track="Z" * 22), Rule(artist=f"https://open.spotify.com/artist/{'Z' * 22}?si=1"))
    assert check_rules(command.config) == []
    assert command() == []


def test_names_cannot_be_checked_before_anything_is_published(command: Command) -> None:
    command.set(Rule(playlist="Dawn"), Rule(playlist="yours"), Rule(artist="No One"), Rule(label="mine"))
    warnings = check_rules(command.config)
    assert [each.split(":")[0] for each in warnings] == ["on_change.rules[0].playlist", "on_change.rules[2].artist"]
    command.set(Rule(playlist="Z" * 22))
    with pytest.raises(ConfigError, match=r"rules\[0\].playlist"):
        check_rules(command.config)


# What fails


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("echo no >&2; exit 4", "sh ended with 4: no; the next daily run hands 1 change over again"),
        ("echo; echo 1; echo 2 >&2; exit 4", "sh ended with 4: 1 2; the next"),
        ("exit 4", "sh ended with 4; the next"),
        ("kill -9 $$", "sh was killed by signal 9; the next"),
        ("seq 99999; exit 4", f"sh ended with 4: …{' '.join(map(str, range(99950, 100000)))[-200:]}; the next"),
        ("(sleep 1; touch late) & sleep 9", "sh took longer than 0.5 s and was killed; the next daily run hands"),
    ],
)
def test_failing_command_gets_the_changes_again_with_newer_ones(
    command: Command, capsys: pytest.CaptureFixture[str], tmp_path: Path, script: str, problem: str
) -> None:
    one, two = TRACKS[:2]
    command.history.reads = {(PLAYLISTS[0], day(1)): {one}, (PLAYLISTS[0], day(2)): {one, two}}
    command.set(script=script)
    assert command(limit=0.5) == []
    assert f"warning: on_change: {problem}" in told(capsys)
    command.history.reads[PLAYLISTS[0], day(3)] = {two}
    command.set()
    assert [(each["change"], each.get("again")) for each in command()] == [("added", True), ("removed", None)]
    time.sleep(0.7 if "late" in script else 0)
    assert not (tmp_path / "late").exists()


def test_many_changes_are_handed_over_in_several_calls(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handed_over, "MOST", 2)
    command.history.reads = {(PLAYLISTS[0], day(1)): set(), (PLAYLISTS[0], day(2)): set(TRACKS[:5])}
    assert len(command()) == 5
    assert command.count() == 3


def test_record_that_cannot_be_written_changes_nothing(command: Command) -> None:
    rng = Random(9)
    for number in (1, 2):
        command.history.read(day(number), rng)
    command.config.handed_over.write_bytes(b"no database")
    with pytest.raises(WarehouseError, match=r"handed_over\.duckdb"):
        command()
    assert command.got() == []
    command.config.handed_over.unlink()
    assert command()


def test_full_disk_keeps_the_record(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = Random(10)
    for number in (1, 2):
        command.history.read(day(number), rng)
    with monkeypatch.context() as patch:
        patch.setattr(handed_over, "RECORDED", handed_over.RECORDED + "select error('No space left on device');")
        with pytest.raises(WarehouseError, match="No space left"):
            command()
    assert command.got() == []
    assert command()
