"""Read a scenario from a YAML file. Invalid values are errors that name the file and the key."""

from datetime import date, timedelta
from pathlib import Path

from extractor.simulator import reading
from extractor.simulator.fault_reader import read_faults
from extractor.simulator.history_reader import read_histories
from extractor.simulator.playlist_reader import read_playlists
from extractor.simulator.reading import ScenarioError, Section
from extractor.simulator.scenario import ListSpec, Scenario
from extractor.simulator.world import Shape

FIRST_DAY = date(2026, 1, 1)
DAYS = 30
TRACKS = 200


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file."""
    try:
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from error
    return parse_scenario(content, str(path))


def parse_scenario(content: str, source: str = "<scenario>") -> Scenario:
    """Read a scenario from a text; `source` names it in messages."""
    top = Section(source, reading.parse(source, content) or {}, joint=": ")
    tracks = top.take("tracks", TRACKS, reading.count)
    histories = top.take("histories", (), read_histories)
    named = [day for history in histories for day in history.days]
    first_day = top.take("first_day", min(named, default=FIRST_DAY), reading.day)
    if named and min(named) < first_day:
        raise ScenarioError(f"{top.at('histories')}: {min(named)} is before first_day {first_day}")
    usual_days = (max(named) - first_day).days + 1 if named else DAYS
    scenario = Scenario(
        shape=top.take("shape", Shape.BOTH, reading.one_of(Shape)),
        seed=top.take("seed", "simulator", reading.name),
        first_day=first_day,
        day_count=max(1, top.take("days", usual_days, reading.count)),
        tracks=tracks,
        playlists=top.take("playlists", (), lambda where, value: read_playlists(where, value, tracks)),
        histories=histories,
        faults=top.take("faults", (), read_faults),
    )
    top.close()
    _check_ids(source, scenario)
    return scenario


def _check_ids(source: str, scenario: Scenario) -> None:
    lists: list[ListSpec] = [*scenario.playlists, *scenario.histories]
    ids = [each.id for each in lists]
    for each in lists:
        if ids.count(each.id) > 1:
            raise ScenarioError(f"{source}: the playlist {each.key!r} is defined twice, in playlists and in histories")
    last = scenario.first_day + timedelta(days=scenario.day_count - 1)
    for each in scenario.playlists:
        for day in each.events:
            if not scenario.first_day <= day <= last:
                where = f"{source}: playlists.{each.key}.events.{day}"
                raise ScenarioError(f"{where}: not one of the days {scenario.first_day} to {last}")
