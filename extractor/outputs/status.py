"""Report the current state from the landing folder and the published file, without requests, locks or waits."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from extractor.config.settings import Config
from extractor.config.watch_list import read_watch_list
from extractor.engines.base import megabytes
from extractor.engines.published import PublishedReport
from extractor.engines.registry import target_of
from extractor.errors import PARTLY_READ, CredentialsError, ExtractorError, StoppedByQuota, counted
from extractor.extract.plan import unasked
from extractor.landing.budget import Budget, load_wait
from extractor.landing.runs import OUTCOMES_BY_RANK, DayReport, Run
from extractor.landing.unavailable import unavailable_playlists, unknown_tracks
from extractor.outputs.alarms import read_alarms
from extractor.outputs.changes.lately import summarize_lately
from extractor.project import PROGRAM
from extractor.spotify.token_store import describe_login

RUNS_SHOWN = 5
MOST_NAMED = 20
STATES = {
    0: "all well",
    CredentialsError.exit_code: "Spotify refused the app or its user: see the error of the last run",
    PARTLY_READ: "{day} was not read completely",
    StoppedByQuota.exit_code: "stopped by the quota: run it again to continue",
}


NO_RUN = f"no run yet: start one with {PROGRAM}, or try {PROGRAM} demo, which needs no account"


@dataclass(frozen=True)
class UnavailablePlaylist:
    """A watched playlist that is unavailable; `tolerated`: for longer than `tolerate_unavailable_days`."""

    playlist_id: str
    name: str
    since: date
    reason: str | None
    tolerated: bool

    def __str__(self) -> str:
        return f"{_with_id(self.name, self.playlist_id)}, since {self.since}: {self.reason or 'no reason given'}"


@dataclass(frozen=True)
class UnknownTrack:
    """A watched track that Spotify does not know."""

    track_id: str
    label: str
    since: date

    def __str__(self) -> str:
        return f"{_with_id(self.label, self.track_id)}, since {self.since}: Spotify does not know this track"


def _with_id(name: str, spotify_id: str) -> str:
    """Return a name, and the id to find it in the watch list; the id alone without a name."""
    return f"{name} ({spotify_id})" if name else spotify_id


@dataclass(frozen=True)
class Requests:
    """The requests of a day for an endpoint; `left` is None without a budget."""

    endpoint: str
    spent: int
    left: int | None

    def __str__(self) -> str:
        return f"{self.spent:,} {self.endpoint}" + ("" if self.left is None else f" ({self.left:,} left)")


@dataclass(frozen=True)
class Status:
    """The result of ./run.sh status. `published…` is None if nothing is published, `not_before` without a wait.

    `changes` are lines about the changes of the last days, `state` says what the exit code means. The text is shorter
    if all is well: the last run, no requests without a budget, nothing of how the app may ask.
    """

    changes: list[str]
    state: str
    published: str | None
    published_at: datetime | None
    published_through: date | None
    problems: list[str]
    alarms: list[str]
    runs: list[Run]
    day: date
    coverage: dict[str, int]
    tracks_answered: int
    slices_not_run: list[int]
    unavailable: list[UnavailablePlaylist]
    unknown_tracks: list[UnknownTrack]
    requests: list[Requests]
    not_before: datetime | None
    asks_as: str
    bytes_on_disk: dict[str, int]
    exit_code: int

    def __str__(self) -> str:
        return "\n".join(f"{title:<12} {text}".rstrip() for title, text in self._lines())

    def _lines(self) -> Iterator[tuple[str, str]]:
        is_well = self.exit_code == 0 and not self.problems
        yield from zip(("changes", *[""] * len(self.changes)), self.changes, strict=False)
        yield "state", self.state if self.runs or self.published else NO_RUN
        yield from (("problem", problem) for problem in self.problems)
        yield from (("data", alarm) for alarm in self.alarms)
        if self.slices_not_run:
            yield "not run", f"slice {', '.join(map(str, self.slices_not_run))}"
        yield from self._not_read()
        if self.not_before:
            yield "quota", f"used up: Spotify accepts no requests until {self.not_before:%Y-%m-%d %H:%M} UTC"
        yield "published", self._publication()
        yield from (("run", str(run)) for run in self.runs[: 1 if is_well else None])
        outcomes = [f"{count:,} {outcome}" for outcome, count in self.coverage.items()]
        yield str(self.day), ", ".join([*outcomes, f"{counted(self.tracks_answered, 'track')} answered"])
        if not is_well or any(each.left is not None for each in self.requests):
            yield "requests", ", ".join(map(str, self.requests))
        if not is_well:
            yield "asks as", self.asks_as
            yield from [("app may ask", run.may) for run in self.runs if run.may][:1]
        yield "on disk", ", ".join(f"{name} {megabytes(size)}" for name, size in self.bytes_on_disk.items())

    def _not_read(self) -> Iterator[tuple[str, str]]:
        not_read: dict[str, Sequence[object]] = {
            "unavailable": [each for each in self.unavailable if not each.tolerated],
            "for long": [each for each in self.unavailable if each.tolerated],
            "unknown": self.unknown_tracks,
        }
        for title, things in not_read.items():
            yield from ((title, str(each)) for each in things[:MOST_NAMED])
            if len(things) > MOST_NAMED:
                yield title, f"… and {len(things) - MOST_NAMED:,} more"

    def _publication(self) -> str:
        if self.published_at is None:
            return "nothing yet"
        return f"{self.published}, {self.published_at:%Y-%m-%d %H:%M} UTC, with days to {self.published_through}"


def status(config: Config, day: date, now: datetime) -> Status:
    """Return the current state. Raises NothingToWatchError if the watch list is empty."""
    everything = read_watch_list(replace(config, batch_number=1, batch_size=None))
    watched = everything.playlists
    report, published = DayReport(config.landing, day), target_of(config).report(config)
    alarms = _read_published(config, published, read_alarms)
    changes = _read_published(config, published, summarize_lately)
    runs = {run.run_id: run for run in published.runs + report.runs}.values()
    missing = unasked(config, report.memory).slices if report.runs and config.batch_size else ()
    outcomes = Counter(report.outcomes.get(playlist_id, "not_run") for playlist_id in watched)
    budget = Budget(config.landing, day, config.api.requests_per_day, report.memory.requests)
    wait = load_wait(config.landing, now)
    state, exit_code = _state(config, day, report, published)
    return Status(
        changes=changes,
        state=state,
        published=None if published.at is None else published.where,
        published_at=published.at,
        published_through=published.through,
        problems=report.problems + published.problems,
        alarms=alarms,
        runs=sorted(runs, key=lambda run: (run.date, run.started_at), reverse=True)[:RUNS_SHOWN],
        day=day,
        coverage={outcome: outcomes[outcome] for outcome in (*OUTCOMES_BY_RANK, "not_run") if outcomes[outcome]},
        tracks_answered=len(report.memory.answered_tracks | report.memory.popular_tracks),
        slices_not_run=list(missing),
        unavailable=list(_unavailable(config, watched, published.names, day)),
        unknown_tracks=[
            UnknownTrack(track_id, everything.tracks[track_id], since)
            for track_id, since in unknown_tracks(config.landing).items()
            if track_id in everything.tracks
        ],
        requests=[
            Requests(name, budget.spent(name), budget.left(name))
            for name in ("playlists", "playlist_items", *config.endpoints)
        ],
        not_before=wait.until if wait else None,
        asks_as=_asks_as(now.date()),
        bytes_on_disk={
            "landing": sum(
                _size(Path(folder) / name) for folder, _, names in os.walk(config.landing) for name in names
            ),
            "raw": _size(config.raw),
            "warehouse": _size(config.warehouse),
            "database": _size(config.database),
        },
        exit_code=exit_code,
    )


def _unavailable(
    config: Config, watched: Mapping[str, str], names: Mapping[str, str], day: date
) -> Iterator[UnavailablePlaylist]:
    for each in unavailable_playlists(config.landing):
        if each.playlist_id in watched:
            yield UnavailablePlaylist(
                playlist_id=each.playlist_id,
                name=names.get(each.playlist_id) or watched[each.playlist_id],
                since=each.since,
                reason=each.reason,
                tolerated=each.is_tolerated(day, config.tolerate_unavailable_days),
            )


def _read_published(config: Config, published: PublishedReport, read: Callable[[Config], list[str]]) -> list[str]:
    """Return lines about what is published; what can't be read is a problem."""
    if published.at is None or published.problems:
        return []
    try:
        return read(config)
    except ExtractorError as error:
        published.problems.append(str(error))
        return []


def _state(config: Config, day: date, report: DayReport, published: PublishedReport) -> tuple[str, int]:
    """Return the state and the exit code of the day, or of the day before while not all workers have finished."""
    worst = _worst(report.runs)
    if worst or (worst == 0 and not unasked(config, report.memory).slices):
        return STATES[worst].format(day=day), worst
    before, is_begun = day - timedelta(days=1), bool(report.runs)
    report = DayReport(config.landing, before)
    runs = report.runs or [run for run in published.runs if run.date == before]
    if not runs:
        what = f"{before} was not read, and {day} is not finished"
        return what if is_begun else f"neither {day} nor {before} was read", PARTLY_READ
    is_whole = _worst(runs) == 0 and not (report.runs and unasked(config, report.memory).slices)
    exit_code = 0 if is_whole else PARTLY_READ
    return STATES[exit_code].format(day=before), exit_code


def _worst(runs: list[Run]) -> int | None:
    """Return the worst exit code of the last run of each worker; None if no run has ended."""
    in_order = sorted(runs, key=lambda run: run.started_at)
    last = {run.worker: run.exit_code for run in in_order if run.exit_code is not None}
    return max(last.values(), default=None)


def _asks_as(today: date) -> str:
    try:
        return describe_login(today)
    except ExtractorError as error:
        return str(error)


def _size(path: Path) -> int:
    """Return the size of a file, 0 if there is none: a running import removes its temporary files meanwhile."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
