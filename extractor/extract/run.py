"""Run one extraction: resume what has landed, request the rest, and report how it went."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from extractor.config.watch_list import WatchList, read_watch_list
from extractor.errors import PARTLY_READ, CredentialsError, StoppedByQuota, counted
from extractor.extract.day import Fetcher, RunContext, Tally
from extractor.extract.plan import Plan, plan
from extractor.landing.budget import Budget, load_wait, save_wait
from extractor.landing.day import DayReader, DayState
from extractor.landing.writer import LandingWriter, save_watch_list
from extractor.spotify.client import Client
from extractor.spotify.credentials import Credentials

Stop = StoppedByQuota | CredentialsError


@dataclass(frozen=True)
class Extraction:
    """The result of a run: its exit code, a summary for people, and the same facts for programs."""

    exit_code: int
    summary: str
    facts: dict[str, Any]


def extract(
    run: RunContext,
    credentials: Credentials,
    rng: random.Random,
    announce: Callable[[Plan], None] = lambda _: None,
) -> Extraction:
    """Land what the day of a run still lacks. `announce` receives the plan before anything is requested.

    Raises ConfigError or CredentialsError before anything is landed; CredentialsError also when Spotify refuses the
    whole app later.
    """
    run = replace(run, clock=run.progress.on(run.clock))
    config = run.config
    watched = replace(read_watch_list(config), names=run.names)
    landed = DayReader(config.landing, run.day, config.endpoints)
    state = landed.catch_up()
    budget = Budget(config.landing, run.day, config.api.requests_per_day, state.requests)
    client = Client(config.api, credentials, run.clock, rng, budget)
    client.stopped = load_wait(config.landing, run.clock.now())
    try:
        if not client.stopped:
            client.log_in()
            announce(plan(config, run.day, watched, state, budget))
        return _land(run, watched, client, landed)
    except BaseException as stop:
        if client.login_problem:  # otherwise in the summary
            stop.add_note(client.login_problem)
        raise


def _land(run: RunContext, watched: WatchList, client: Client, landed: DayReader) -> Extraction:
    """Fetch and land, between an envelope for the start of the run and one for its end."""
    config, clock = run.config, run.clock
    start = _start_facts(run, watched)
    started = clock.now()
    run_id = f"{started:%Y%m%dT%H%M%S}-w{config.batch_number}-{secrets.token_hex(4)}"
    stopped: Stop | None = None
    absorb = landed.memory.absorb
    with LandingWriter(config.landing, run.day, run_id, config.batch_number, absorb, config.drop_fields) as writer:
        writer.write("runs", {}, start, started)
        fetcher = Fetcher(run, client, writer, landed)
        try:
            with run.progress:
                fetcher.fetch(watched)
        except (StoppedByQuota, CredentialsError) as stop:
            stopped = stop
        counts = _counts(fetcher, client, landed.memory, stopped)
        writer.write("runs", {}, {"event": "end"} | counts, clock.now())
    if isinstance(stopped, CredentialsError):
        raise stopped
    if stopped and stopped.by_spotify:
        save_wait(config.landing, stopped.until)
    problems = [problem for tally in fetcher.tallies.values() for problem in tally.problems]
    facts = counts | {"problems": problems, "stopped": stopped and str(stopped)}
    facts["long_unavailable"] = {each.playlist_id: each.since for each in fetcher.long_unavailable}
    return Extraction(counts["exit_code"], _summary(run.day, watched, fetcher, client, landed, stopped), facts)


def _start_facts(run: RunContext, watched: WatchList) -> dict[str, Any]:
    return {
        "event": "start",
        "batch_number": run.config.batch_number,
        "batch_size": run.config.batch_size,
        "playlists": watched.all_playlists,
        "tracks": watched.all_tracks,
        "discover_tracks": run.config.discover_tracks,
        "watched": save_watch_list(run.config.landing, watched),
    }


def _counts(fetcher: Fetcher, client: Client, memory: DayState, stopped: Stop | None) -> dict[str, Any]:
    """Return how a run ended, in numbers: the body of its last envelope."""
    failed = sum(tally.failed for tally in fetcher.tallies.values()) - len(fetcher.long_unavailable)
    failed -= fetcher.long_unknown
    counts = {
        f"{what}_{name}": getattr(tally, name)
        for what, tally in fetcher.tallies.items()
        for name in ("asked", "answered", "failed")
    }
    counts["tracks_after_leaving"] = fetcher.tallies["tracks"].after_leaving
    capabilities = {
        "bulk_tracks": fetcher.access.bulk.get("tracks"),
        "playlist_items": fetcher.access.pages,
        "popularity": memory.popularity,
    }
    return counts | {
        "requests": dict(client.requests),
        "waited_seconds": round(client.waited_seconds, 1),
        "exit_code": stopped.exit_code if stopped else PARTLY_READ if failed else 0,
        "capabilities": capabilities,
        "tracks_without_popularity": memory.tracks_without_popularity,
    }


def _summary(
    day: date,
    watched: WatchList,
    fetcher: Fetcher,
    client: Client,
    landed: DayReader,
    stopped: StoppedByQuota | None,
) -> str:
    memory = landed.memory

    def describe(what: str, tally: Tally) -> str:
        if not tally.asked:
            return f"no {what} to request"
        notes = [f"{tally.after_leaving} after leaving"] if tally.after_leaving else []
        notes += [f"{tally.failed} not read"] if tally.failed else []
        return f"{tally.answered} of {tally.asked} {what}" + (f" ({', '.join(notes)})" if notes else "")

    requests = ", ".join(f"{count} {endpoint}" for endpoint, count in sorted(client.requests.items())) or "none"
    lines = [f"{day}: {', '.join(describe(*each) for each in fetcher.tallies.items())}; requests: {requests}"]
    if memory.popularity is False:
        lines.append(
            f"  warning: 0 of {memory.tracks_without_popularity:,} tracks had a popularity: Spotify returns it to no "
            "app created since 11 February 2026, and track_daily_popularity gets no rows"
        )
    for tally in fetcher.tallies.values():
        lines += [f"  not read: {problem}" for problem in tally.problems]
        lines += [f"  … and {tally.more} more; playlist_days has every playlist"] if tally.more else []
    if fetcher.long_unavailable:
        first = min(fetcher.long_unavailable, key=lambda each: each.since)
        lines.append(
            f"  warning: {counted(len(fetcher.long_unavailable), 'playlist')} unavailable for long, "
            f"{watched.playlist(first.playlist_id)} since {first.since}; ./run.sh status names them"
        )
    lines += [f"  warning: {problem}" for problem in landed.problems.values()]
    if client.login_problem:
        lines.append(f"  warning: {client.login_problem}")
    if stopped:
        lines.append(f"  stopped: {stopped}")
    return "\n".join(lines)
