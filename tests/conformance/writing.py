"""Runs as landing files: writes the envelopes that the extractor would write, without sending requests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from extractor.extract import playlists
from extractor.landing.day import FINAL_OUTCOMES
from extractor.landing.writer import LandingWriter, save_watch_list
from tests.conformance import answers
from tests.conformance.answers import JsonObject
from tests.conformance.expected import Sighting
from tests.conformance.history import Entry, History, Read
from tests.conformance.runs import DISCOVERER, Run, id_of

BETWEEN_ANSWERS = timedelta(milliseconds=10)
IDS_PER_CALL = 50


@dataclass
class Written:
    """A run's files relative to the landing folder, and the tracks seen in the run, by history."""

    run: Run
    landing: Path
    watched: Path | None
    sightings: dict[str, list[Sighting]] = field(default_factory=dict)


def write(run: Run, folder: Path) -> Written:
    """Write the landing file of a run, and its watch-list, which an import does not have."""
    if run.source:
        return _write_import(run, folder)
    watched = run.watched()
    name = save_watch_list(folder, watched)
    landing_file = Path(run.day.isoformat()) / f"{run.name}.ndjson.gz"
    written = Written(run, landing_file, Path("watched") / f"{name}.csv.gz")
    with LandingWriter(folder, run.day, run.name, run.worker, drop_fields=("available_markets",)) as landing:
        writer = _Writer(landing, written)
        manifest = {
            "event": "start",
            "batch_number": run.worker,
            "batch_size": None,
            "playlists": watched.all_playlists,
            "tracks": watched.all_tracks,
            "discover_tracks": run.worker == DISCOVERER,
            "watched": name,
        }
        writer.tell("runs", {}, manifest)
        for history, read, version in run.reads:
            writer.read(history, read, version)
        asked = list(run.asks())
        for start in range(0, len(asked), IDS_PER_CALL):
            writer.ask(asked[start : start + IDS_PER_CALL])
        writer.end(len(asked))
    return written


def _write_import(run: Run, folder: Path) -> Written:
    written = Written(run, Path(run.day.isoformat()) / f"{run.name}.ndjson.gz", None)
    with LandingWriter(folder, run.day, run.name, run.worker) as landing:
        writer = _Writer(landing, written)
        writer.tell("runs", {}, {"event": "start", "kind": "import", "source": run.source, "discover_tracks": False})
        for history, read, version in run.reads:
            writer.read_imported(history, read, version)
        writer.tell("runs", {}, {"event": "end", "exit_code": 0})
    return written


class _Writer:
    """Writes the responses of a run, one shortly after the other."""

    def __init__(self, landing: LandingWriter, written: Written) -> None:
        self._run = written.run
        self._landing = landing
        self._sightings = written.sightings
        self._now = written.run.started
        self._requests: dict[str, int] = {}

    def tell(self, endpoint: str, asked: JsonObject, body: JsonObject) -> None:
        """Land an event of the extractor."""
        self._now += BETWEEN_ANSWERS
        self._landing.write(endpoint, asked, body, self._now)

    def ask(self, asked: Sequence[tuple[History, str, int | None]]) -> None:
        """GET /tracks for some tracks."""
        ids = [id_of(history, name) for history, name, _ in asked]
        body = {"tracks": [answers.track(history, name, value, self._run) for history, name, value in asked]}
        observed_at = self._answer("tracks", {"ids": ids, "items": "tracks"}, body)
        for history, name, popularity in asked:
            self._saw(history, Entry("track", name, None, popularity), observed_at, in_list=False)

    def end(self, tracks: int) -> None:
        """Write the last line of a run."""
        reads = self._run.reads
        answered = sum(read.outcome in FINAL_OUTCOMES for _, read, _ in reads)
        playlists = {"asked": len(reads), "answered": answered, "failed": len(reads) - answered}
        counts = {f"playlists_{name}": count for name, count in playlists.items()}
        counts |= {"tracks_asked": tracks, "tracks_answered": tracks, "tracks_failed": 0}
        exit_code = 3 if playlists["failed"] else 0
        end = {"event": "end", **counts, "requests": self._requests, "waited_seconds": 0.0, "exit_code": exit_code}
        self.tell("runs", {}, end)

    def read(self, history: History, read: Read, version: str) -> None:
        """Write all responses of a read of a playlist, and its outcome."""
        ended = playlists.Read(read.outcome, attempt=1)
        match read.outcome:
            case "complete":
                self._pages(history, read, version, ended)
            case "partial":
                for attempt in range(1, playlists.ATTEMPTS_PER_READ + 1):
                    ended = playlists.Read(read.outcome, attempt, "the playlist changed while it was read")
                    self._pages(history, read, version, ended)
            case "unchanged":
                self._first_page(history, read, version, ended)
            case "unavailable":
                self._refusal(history, read, version, ended)
            case _:
                ended.reason = "500 Internal Server Error"
                self._answer("playlists", _asked(history, read, ended), {"reason": ended.reason}, 500, requests=4)
        self.tell("playlist_reads", {"playlist_id": id_of(history, read.list)}, ended.landed())

    def read_imported(self, history: History, read: Read, version: str) -> None:
        """Write an imported read in one response. Later reads of a history have later times."""
        (number,) = [number for number, each in enumerate(history.reads, 1) if each is read]
        self._now = datetime.combine(read.day, time(tzinfo=UTC)) + number * BETWEEN_ANSWERS
        entries = read.entries or ()
        total = len(entries) + (read.outcome == "partial")
        ended = playlists.Read(read.outcome, attempt=number)
        self._page(history, read, version, ended, entries, offset=0, total=total)
        self.tell("playlist_reads", {"playlist_id": id_of(history, read.list)}, ended.landed())

    def _pages(self, history: History, read: Read, version: str, ended: playlists.Read) -> None:
        """Write all pages. A partial read stops early or, on odd days, mixes two versions of the playlist."""
        entries = read.entries or ()
        breaks_off = read.outcome == "partial" and (not entries or read.day.day % 2 == 0)
        total = len(entries) + 2 * breaks_off
        size = page_size(entries)
        for offset in range(0, max(len(entries), 1), size):
            self._page(history, read, version, ended, entries[offset : offset + size], offset=offset, total=total)
        if breaks_off and entries:
            asked = _asked(history, read, ended) | {"offset": len(entries)}
            self._answer("playlist_items", asked, {"reason": "500 Internal Server Error"}, 500, requests=4)
        elif len(entries) > size or read.outcome == "partial":
            asked = _asked(history, read, ended) | {"fields": "snapshot_id"}
            after = version if read.outcome == "complete" else f"{version}, changed"
            self._answer("playlists", asked, {"snapshot_id": after})

    def _first_page(self, history: History, read: Read, version: str, ended: playlists.Read) -> None:
        """Write what an unchanged read shows: the history's entries, or the first page of the last complete read."""
        before = [
            (other.day, order, other.entries or ())
            for order, other in enumerate(history.reads)
            if other.list == read.list and other.outcome == "complete" and other.day < read.day
        ]
        content = max(before)[2] if before else ()
        shown = read.entries
        if shown is None:
            shown = tuple(Entry(entry.kind, entry.name, entry.added_at) for entry in content[: page_size(content)])
        total = max(len(content), len(shown) + 1)
        self._page(history, read, version, ended, shown, offset=0, total=total)

    def _page(
        self,
        history: History,
        read: Read,
        version: str,
        ended: playlists.Read,
        entries: Sequence[Entry],
        *,
        offset: int,
        total: int,
    ) -> None:
        asked = _asked(history, read, ended)
        goes_on = bool(entries) and offset + len(entries) < total
        body = answers.page(history, read, self._run, entries, offset=offset, total=total, goes_on=goes_on)
        if offset:
            observed_at = self._answer("playlist_items", asked | {"offset": offset}, body)
        else:
            whole = answers.playlist(history, read, version) | {"items" if read.source else "tracks": body}
            observed_at = self._answer("playlists", asked, whole)
        for entry in entries:
            self._saw(history, entry, observed_at)
        ended.entries, ended.total, ended.snapshot_id = (ended.entries or 0) + len(entries), total, version

    def _refusal(self, history: History, read: Read, version: str, ended: playlists.Read) -> None:
        """Write a 404; on odd days, the playlist without its items."""
        asked = _asked(history, read, ended)
        if read.day.day % 2 == 0:
            ended.reason = "404 Resource not found"
            self._answer("playlists", asked, {"error": {"status": 404, "message": "Resource not found"}}, 404)
        else:
            ended.reason, ended.snapshot_id = "items withheld", version
            self._answer("playlists", asked, answers.playlist(history, read, version))

    def _answer(
        self, endpoint: str, asked: JsonObject, body: JsonObject, status: int = 200, requests: int = 1
    ) -> datetime:
        self._now += BETWEEN_ANSWERS
        self._landing.write(endpoint, asked, body, self._now, status, requests)
        self._requests[endpoint] = self._requests.get(endpoint, 0) + requests
        return self._now

    def _saw(self, history: History, entry: Entry, observed_at: datetime, *, in_list: bool = True) -> None:
        if entry.kind == "track" and entry.name:
            title, imported = answers.title(entry.name, self._run), bool(self._run.source)
            sighting = Sighting(entry.name, self._run.day, observed_at, entry.popularity, in_list, title, imported)
            self._sightings.setdefault(history.name, []).append(sighting)


def page_size(entries: Sequence[Entry]) -> int:
    """Small enough that any playlist with two entries has two pages.

    A playlist of one page is read whole by its first response, so the extractor never calls it unchanged.
    """
    return 2 if len(entries) > 2 else 1


def _asked(history: History, read: Read, ended: playlists.Read) -> JsonObject:
    return {"playlist_id": id_of(history, read.list), "attempt": ended.attempt}
