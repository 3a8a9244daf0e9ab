"""The runs of a day and the best outcome of each playlist, from the landing files."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from extractor.errors import LandingError
from extractor.landing.day import DayState
from extractor.landing.reader import envelopes, live_files_of_day

OUTCOMES_BY_RANK = ("complete", "unchanged", "partial", "unavailable", "failed")


@dataclass(frozen=True)
class Run:
    """A run of a worker. `exit_code` and what follows are None while it is running, and if it was killed."""

    run_id: str
    date: date
    worker: int
    started_at: datetime
    exit_code: int | None = None
    playlists_asked: int | None = None
    playlists_answered: int | None = None
    tracks_asked: int | None = None
    tracks_answered: int | None = None
    bulk_tracks: bool | None = None
    playlist_items: str | None = None
    popularity: bool | None = None

    def __str__(self) -> str:
        how = "running or killed"
        if self.exit_code is not None:
            playlists = f"{self.playlists_answered} of {self.playlists_asked} playlists"
            how = f"{playlists}, {self.tracks_answered} of {self.tracks_asked} tracks, exit {self.exit_code}"
        return f"{self.date}  worker {self.worker}  {self.started_at:%Y-%m-%d %H:%M} UTC  {how}"

    @property
    def may(self) -> str:
        """Describe what the run found the app may do; empty if it found nothing."""
        tracks: dict[bool | None, str] = {True: "many tracks at a time", False: "one track at a time"}
        popularity: dict[bool | None, str] = {True: "with popularity", False: "without popularity"}
        return ", ".join(filter(None, (tracks.get(self.bulk_tracks), popularity.get(self.popularity))))

    @classmethod
    def of(cls, known: dict[str, Any]) -> Run:
        """Return the run of a row of `runs`, or of its landed envelopes, written by any version of this program."""
        known = known | (known.get("capabilities") or {})
        return cls(**{each.name: known[each.name] for each in fields(cls) if each.name in known})


class DayReport:
    """A report on a day from its landing files; `problems` are the files that can't be read, with reasons."""

    def __init__(self, landing: Path, day: date) -> None:
        self.memory = DayState()
        self.outcomes: dict[str, str] = {}
        self.problems: list[str] = []
        self._runs: dict[str, dict[str, Any]] = {}
        for path in live_files_of_day(landing, day):
            try:
                for _, envelope in envelopes(path):
                    self._take_in(envelope)
            except LandingError as error:
                self.problems.append(str(error))

    @property
    def runs(self) -> list[Run]:
        return [Run.of(known) for known in self._runs.values()]

    def _take_in(self, envelope: dict[str, Any]) -> None:
        if not self.memory.absorb(envelope):
            return
        if envelope["endpoint"] == "runs":
            started_at = datetime.fromisoformat(envelope["observed_at"])
            begun = {"run_id": envelope["run"], "date": date.fromisoformat(envelope["day"]), "started_at": started_at}
            self._runs.setdefault(envelope["run"], begun | {"worker": envelope["worker"]}).update(envelope["body"])
        elif envelope["endpoint"] == "playlist_reads":
            playlist_id, outcome = envelope["asked"]["playlist_id"], envelope["body"]["outcome"]
            best = self.outcomes.get(playlist_id, outcome)
            self.outcomes[playlist_id] = min(outcome, best, key=OUTCOMES_BY_RANK.index)
