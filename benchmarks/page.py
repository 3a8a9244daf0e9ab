"""report: 300 playlists and 30,000 tracks over 400 days as one page: its size, and how long it takes to open."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from benchmarks.bench import Bench
from benchmarks.results import Result
from extractor.config.settings import Config
from extractor.outputs.report.report import report

if TYPE_CHECKING:
    from tests.pipeline.browser import Page

FIRST_DAY = date(2025, 1, 1)
DAYS = 400
MOST_MEGABYTES = 15
MOST_SECONDS = 3

# 100 tracks in each playlist, of which three are replaced every day. Ids and names compress as badly as real ones.
ROWS = """
set variable first_day = date '<first day>';
create macro day(d) as cast(getvariable('first_day') + cast(d as integer) as date);
create macro id(kind, n) as substr(md5(kind || n), 1, 22);
create macro called(kind, n) as kind || ' ' || substr(md5(kind || n), 23, 10);
insert into playlists by name
select id('playlist', p) as playlist_id, called('Playlist', p) as playlist_name, 'user' as owner_kind,
    true as is_watched, day(0) as first_complete_date, day(<days> - 1) as last_complete_date
from range(<playlists>) as playlists(p);
insert into playlist_days by name
select id('playlist', p) as playlist_id, day(d) as date, if(hash(p, d) % 20 = 0, 'failed', 'complete') as outcome,
    100 as entries, 100 as total, 100 as size, 10000 + d * (p % 7) + hash(p, d) % 20 as followers
from range(<playlists>) as playlists(p), range(<days>) as days(d);
insert into track_info by name
select id('track', t) as track_id, called('Track', t) as track_name, called('Artist', t % 9000) as artists,
    called('Album', t // 3) as album_name, id('isrc', t)[:12] as isrc, date '2020-01-01' + cast(t % 2000 as integer)
    as release_date, 'day' as release_date_precision
from range(<tracks>) as tracks(t);
insert into artists by name
select id('artist', a) as artist_id, called('Artist', a) as artist_name from range(9000) as artists(a);
insert into track_artists by name
select id('track', t) as track_id, 1 as artist_position, id('artist', t % 9000) as artist_id,
    called('Artist', t % 9000) as artist_name
from range(<tracks>) as tracks(t);
insert into track_daily_popularity by name
select id('track', t) as track_id, day(d) as date, 40 + hash(t) % 50 + hash(t, d) % 3 as popularity
from range(<tracks>) as tracks(t), range(<days>) as days(d);
create temp table stays as
select p, s, s // 3 - 32 as first, hash(p, s) % <tracks> as t
from range(<playlists>) as playlists(p), range((<days> + 32) * 3) as stays(s);
insert into tracks_in_playlist by name
select id('playlist', p) as playlist_id, id('track', t) as track_id, s as stay_number,
    day(greatest(first, 0)) as added_at, 'claimed' as added_at_source, day(greatest(first, 0)) as first_seen,
    day(least(first + 32, <days> - 1)) as last_seen, if(first + 33 < <days>, day(first + 33), null) as first_absent,
    first <= 0 as starts_before_watch, first + 33 >= <days> as is_current, 1 as days_seen
from stays;
insert into tracklists by name
select id('playlist', p) as playlist_id, day(d) as first_day, day(d) as last_day, 'track' as kind,
    row_number() over (partition by p, d order by first desc, s) as position, id('track', t) as track_id
from stays, range(<days>) as days(d)
where d between first and first + 32;
"""


def measure(bench: Bench) -> list[Result]:
    """Write the page, and open it if there is a browser."""
    from tests.extractor.conftest import empty_marts  # noqa: PLC0415 (needs what may not be installed)
    from tests.pipeline.browser import browser, chromium  # noqa: PLC0415

    playlists, tracks, days = (30, 3_000, 40) if bench.quick else (300, 30_000, DAYS)
    config = Config(database=bench.folder / "spotify.duckdb")
    rows = ROWS.replace("<playlists>", str(playlists)).replace("<tracks>", str(tracks)).replace("<days>", str(days))
    rows = rows.replace("<first day>", FIRST_DAY.isoformat())
    with duckdb.connect(str(config.database)) as connection:
        connection.execute("".join(empty_marts()) + rows)
    started = time.monotonic()
    reported = report(config, bench.folder / "report.html")
    seconds, megabytes = time.monotonic() - started, reported.bytes / 1e6
    told = f"{megabytes:.1f} MB, written in {seconds:.0f} s: {playlists} playlists, {tracks:,} tracks, {days} days"
    numbers = {"megabytes": megabytes, "seconds": seconds}
    size = Result("report, size", told, f"≤ {MOST_MEGABYTES} MB", megabytes <= MOST_MEGABYTES, numbers)
    program = chromium()
    if program is None:
        return [size, Result("report, opening", "no Chromium found")]
    with browser(program) as tab:
        opened = [_opened(tab, reported.output, view) for view in ("", f"#to={FIRST_DAY + timedelta(days // 2)}")]
    told = f"{opened[0]:.1f} s to the first view, {opened[1]:.1f} s as of half the days"
    numbers = {"seconds": opened[0], "seconds_as_of": opened[1]}
    return [size, Result("report, opening", told, f"≤ {MOST_SECONDS} s", max(opened) <= MOST_SECONDS, numbers)]


def _opened(tab: Page, path: Path, view: str) -> float:
    """Open a view of the page, and return the seconds it took."""
    tab.open(path, view)
    return float(tab.run("performance.now()")) / 1000
