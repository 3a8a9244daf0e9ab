"""One extraction run: resume what is landed, ask for the rest, say how it went."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from extractor.clock import Clock
from extractor.config.settings import Config
from extractor.config.watch_list import read_watch_list
from extractor.errors import PARTLY_READ, CredentialsError, StoppedByQuota
from extractor.extract.day import Fetcher, Tally
from extractor.extract.plan import Plan, plan
from extractor.extract.progress import Progress
from extractor.landing.budget import Budget, load_wait, save_wait
from extractor.landing.day import DayReader, DayState
from extractor.landing.writer import LandingWriter, save_watch_list
from extractor.spotify.client import Client
from extractor.spotify.credentials import Credentials


@dataclass(frozen=True)
class Extraction:
    """How a run ended: its exit code, what a person wants to read about it, and the same for a program."""

    exit_code: int
    summary: str
    facts: dict[str, Any]


def extract(
    config: Config,
    credentials: Credentials,
    day: date,
    clock: Clock,
    rng: random.Random,
    announce: Callable[[Plan], None] = lambda _: None,
    *,
    progress: Progress | None = None,
) -> Extraction:
    """Land what a day still lacks; `announce` is told what that takes before anything is asked.

    Raises ConfigError or CredentialsError before anything is landed; CredentialsError, too, once Spotify answers that
    it will answer this app nothing.
    """
    progress = progress or Progress()
    clock = progress.on(clock)
    watched = read_watch_list(config)
    landed = DayReader(config.landing, day, config.endpoints)
    memory = landed.catch_up()
    budget = Budget(config.landing, day, config.api.requests_per_day, memory.requests)
    client = Client(config.api, credentials, clock, rng, budget)
    client.stopped = load_wait(config.landing, clock.now())
    if not client.stopped:
        client.log_in()
        announce(plan(config, watched, memory, budget))
    manifest = {
        "event": "start",
        "batch_number": config.batch_number,
        "batch_size": config.batch_size,
        "playlists": watched.all_playlists,
        "tracks": watched.all_tracks,
        "discover_tracks": config.discover_tracks,
        "watched": save_watch_list(config.landing, watched),
    }
    started = clock.now()
    run = f"{started:%Y%m%dT%H%M%S}-w{config.batch_number}-{secrets.token_hex(4)}"
    stopped: StoppedByQuota | CredentialsError | None = None
    with LandingWriter(config.landing, day, run, config.batch_number, memory.absorb, config.drop_fields) as landing:
        landing.write("runs", {}, manifest, started)
        fetcher = Fetcher(client, landing, landed, config, day, clock, progress=progress)
        try:
            with progress:
                fetcher.fetch(watched)
        except (StoppedByQuota, CredentialsError) as stop:
            stopped = stop
        counts = _counts(fetcher, client, memory, stopped)
        landing.write("runs", {}, {"event": "end"} | counts, clock.now())
    if isinstance(stopped, CredentialsError):
        raise stopped
    if stopped and stopped.by_spotify:
        save_wait(config.landing, stopped.until)
    problems = [problem for tally in fetcher.tallies.values() for problem in tally.problems]
    facts = counts | {"problems": problems, "stopped": stopped and str(stopped)}
    facts["long_unavailable"] = {each.playlist_id: each.since for each in fetcher.long_unavailable}
    return Extraction(counts["exit_code"], _summary(day, fetcher, client, memory, stopped), facts)


def _counts(
    fetcher: Fetcher, client: Client, memory: DayState, stopped: StoppedByQuota | CredentialsError | None
) -> dict[str, Any]:
    """How a run ended, in numbers, as it is landed."""
    failed = sum(tally.failed for tally in fetcher.tallies.values()) - len(fetcher.long_unavailable)
    counts = {
        f"{what}_{name}": getattr(tally, name)
        for what, tally in fetcher.tallies.items()
        for name in ("asked", "answered", "failed")
    }
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


def _summary(day: date, fetcher: Fetcher, client: Client, memory: DayState, stopped: StoppedByQuota | None) -> str:
    def told(what: str, tally: Tally) -> str:
        if not tally.asked:
            return f"no {what} to ask"
        return f"{tally.answered} of {tally.asked} {what}" + (f" ({tally.failed} not read)" if tally.failed else "")

    requests = ", ".join(f"{count} {endpoint}" for endpoint, count in sorted(client.requests.items())) or "none"
    lines = [f"{day}: {', '.join(told(*each) for each in fetcher.tallies.items())}; requests: {requests}"]
    if memory.popularity is False:
        lines.append(
            f"  warning: 0 of {memory.tracks_without_popularity:,} tracks carried a popularity: Spotify gives it to no "
            "app made since 11 February 2026, and track_daily_popularity gets no rows"
        )
    for tally in fetcher.tallies.values():
        lines += [f"  not read: {problem}" for problem in tally.problems]
        lines += [f"  … and {tally.more} more; playlist_days has every list"] if tally.more else []
    if fetcher.long_unavailable:
        first = min(fetcher.long_unavailable, key=lambda each: each.since)
        lines.append(
            f"  warning: {len(fetcher.long_unavailable)} of the lists not read have been unavailable for long, "
            f"{first.playlist_id} since {first.since}; ./run.sh status names them"
        )
    if stopped:
        lines.append(f"  stopped: {stopped}")
    return "\n".join(lines)
