"""Worlds generated from a scenario file."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from extractor.simulator.catalogue import Catalogue, episode, local_file, pseudo_episode
from extractor.simulator.churn import generated_contents
from extractor.simulator.failures import Failure
from extractor.simulator.faults import Fault
from extractor.simulator.playlists import DailyList, Slot
from extractor.simulator.scenario import Kind, ListSpec, OwnerKind, Scenario
from extractor.simulator.scenario_reader import parse_scenario, read_scenario
from extractor.simulator.world import SPOTIFY, Album, Artist, Content, Entry, Owner, PlaylistState, Shape, Track
from extractor.simulator.written import track_names, written_contents

CURATOR = Owner("curator", "Curator")


class GeneratedWorld:
    """A world that is a pure function of its scenario: any day can be requested, in any order, in any process."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._catalogue = Catalogue(scenario.seed, scenario.tracks)
        self._lists: dict[str, DailyList] = {}
        for spec in scenario.playlists:
            pool = self._catalogue.ids[slice(*spec.pool)]
            contents = generated_contents(spec, scenario.seed, scenario.first_day, pool)
            self._lists[spec.id] = DailyList(spec, contents)
        for history in scenario.histories:
            for name in track_names(history):
                self._catalogue.add_named(name)
            self._lists[history.id] = DailyList(history, written_contents(history, scenario.first_day))

    @classmethod
    def from_file(cls, path: Path) -> "GeneratedWorld":
        """Read a scenario file. Raises ScenarioError, which names the file and the key."""
        return cls(read_scenario(Path(path)))

    @classmethod
    def from_text(cls, scenario: str) -> "GeneratedWorld":
        """Read a scenario from a string."""
        return cls(parse_scenario(scenario))

    @property
    def shape(self) -> Shape:
        """Return the API's shape of playlists."""
        return self._scenario.shape

    @property
    def days(self) -> Sequence[date]:
        """Return the days of the scenario. Later days can be requested, too: playlists keep changing."""
        return self._scenario.days

    @property
    def playlist_ids(self) -> Sequence[str]:
        """Return the ids of the playlists in the order of the file."""
        return tuple(self._lists)

    @property
    def faults(self) -> Sequence[Fault]:
        """Return the faults in the file."""
        return self._scenario.faults

    def label(self, playlist_id: str) -> str:
        """Return the label of a playlist in the file."""
        return self._lists[playlist_id].spec.label

    def playlist(self, playlist_id: str, day: date) -> PlaylistState | Failure:
        """Return a playlist on a day, or why it can't be read; before the first day there are no playlists."""
        daily, index = self._lists.get(playlist_id), self._index(day)
        if daily is None or index < 0:
            return Failure.usual(404)
        state = daily.on(index)
        if state.content.failure is not None:
            return state.content.failure
        entries = tuple(None if slot is None else self._entry(slot, index) for slot in state.content.slots)
        return PlaylistState(playlist_id, state.content.name, _owner(daily.spec), state.snapshot_id, entries)

    def track(self, track_id: str, day: date) -> Track | None:
        """Return a track on a day."""
        return self._catalogue.track(track_id, self._index(day)) if track_id in self._catalogue else None

    def artist(self, artist_id: str) -> Artist | None:
        """Return an artist of the catalogue."""
        return self._catalogue.artists.get(artist_id)

    def album(self, album_id: str) -> Album | None:
        """Return an album of the catalogue."""
        return self._catalogue.albums.get(album_id)

    def _index(self, day: date) -> int:
        return (day - self._scenario.first_day).days

    def _entry(self, slot: Slot, index: int) -> Entry:
        return Entry(slot.added_at, None if slot.hidden else self._content(slot, index))

    def _content(self, slot: Slot, index: int) -> Content:
        match slot.kind:
            case Kind.LOCAL:
                return local_file(slot.key)
            case Kind.EPISODE:
                return episode(slot.key)
            case Kind.PSEUDO_EPISODE:
                return pseudo_episode(slot.key)
            case Kind.TRACK:
                return self._catalogue.track(slot.key, index, slot.popularity)


def _owner(spec: ListSpec) -> Owner:
    return SPOTIFY if spec.owner is OwnerKind.SPOTIFY else CURATOR
