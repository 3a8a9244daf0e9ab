"""./run.sh demo: run the real pipeline on thirty simulated days, then show example queries and write a report."""

from __future__ import annotations

import csv
import random
import shutil
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
from tqdm import tqdm

from extractor.clock import Clock
from extractor.config.settings import Config, read_config
from extractor.engines.duckdb.build import build
from extractor.engines.duckdb.load import load
from extractor.engines.duckdb.publish import publish
from extractor.errors import ConfigError
from extractor.extract.day import RunContext
from extractor.extract.run import extract
from extractor.outputs.report.report import report
from extractor.outputs.sql import format_table
from extractor.project import DEMO, PROGRAM
from extractor.simulator import generated
from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.server import Simulator
from extractor.spotify.credentials import Credentials

SCENARIO = Path(generated.__file__).parent / "scenarios" / "demo.yaml"

CONFIG = """\
api: {{base_url: "{simulator.base_url}", token_url: "{simulator.token_url}"}}
landing: landing
warehouse: warehouse.duckdb
database: spotify.duckdb
"""

BUSIEST_TRACK = """
select track_id from tracks_in_playlist group by track_id
order by count(distinct playlist_id) desc, count(*) desc, track_id limit 1
"""
GAPPY_PLAYLIST = """
select playlist_id from playlist_days
inner join tracks_in_playlist using (playlist_id)
group by playlist_id
order by count(*) filter (outcome not in ('complete', 'unchanged')) desc, playlist_id
limit 1
"""

IN_A_PERIOD = """select track_name, artists, added_at, last_seen, days_seen
from tracks_in_playlist join track_info using (track_id)
where playlist_id = '{playlist}' and added_at <= date '{end}' and last_seen >= date '{start}'
order by added_at, track_name"""

PLAYLISTS_OF_A_TRACK = """select playlist_name as playlist, stay_number as stay, added_at, last_seen, first_absent
from tracks_in_playlist join playlists using (playlist_id)
where track_id = '{track}'
order by added_at, playlist"""

POPULARITY = """select date, popularity, bar(popularity, 0, 100, 30) as chart,
    (
        select count(*) from tracks_in_playlist s
        where s.track_id = p.track_id and date between s.first_seen and s.last_seen
    ) as in_playlists
from track_daily_popularity p
where track_id = '{track}'
order by date"""

COVERAGE = """select outcome, count(*) as days, string_agg(date::varchar, ', ' order by date) filter (outcome not in
    ('complete', 'unchanged')) as which
from playlist_days where playlist_id = '{playlist}' group by outcome order by days desc"""


def run_demo(folder: Path, days: int) -> None:
    """Run the demo for a number of days in a folder, replacing an earlier demo there.

    Raises ConfigError for a folder that is not a demo's, or more days than there are; and what the steps raise.
    """
    config = _simulate(folder, days)
    print(build(config))
    print(publish(config))
    page = config.database.with_name("report.html")
    print(report(config, page))
    _show_examples(config.database)
    at_home = "--demo" if folder == DEMO else f"--config {_shown(folder / 'config.yaml')}"
    print(f"\nOpen the report: {_shown(page)}, in a browser")
    print(f"Query the tables: {_shown(config.database)}, with any DuckDB client, or\n")
    print(f'  {PROGRAM} sql "from playlists" {at_home}')


def _simulate(folder: Path, days: int) -> Config:
    """Extract day after day from a simulated Spotify, then load everything at once."""
    world = GeneratedWorld.from_file(SCENARIO)
    if not 1 <= days <= len(world.days):
        raise ConfigError(f"--days {days}: the simulated world has 1 to {len(world.days)} days")
    if folder.exists() and any(folder.iterdir()) and not _is_demo(folder):
        raise ConfigError(f"{folder}: contains files that are not a demo's; name another folder with --folder")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "seeds").mkdir(parents=True)
    with (folder / "seeds" / "playlists.csv").open("w", newline="", encoding="utf-8") as file:
        seed = csv.writer(file)
        seed.writerow(("playlist_id", "label"))
        seed.writerows((playlist_id, world.label(playlist_id)) for playlist_id in world.playlist_ids)
    started, requests = time.monotonic(), 0
    with Simulator(world) as simulator:
        (folder / "config.yaml").write_text(CONFIG.format(simulator=simulator), encoding="utf-8")
        config = read_config(folder / "config.yaml")
        credentials = Credentials.from_environment(simulator.credentials)
        problems: list[str] = []
        rng = random.Random(0)  # noqa: S311 (jitter, no secret)
        bar = "simulated days {bar:30} {n}/{total}"
        for day in tqdm(world.days[:days], bar_format=bar, file=sys.stderr, ascii=" ━", leave=True):
            simulator.day = day
            extraction = extract(RunContext(config, day, Clock()), credentials, rng)
            problems += [f"  {day} {line.strip()}" for line in extraction.summary.splitlines()[1:]]
        requests = len(simulator.requests)
    print(f"{requests} requests to a simulated Spotify in {time.monotonic() - started:.1f} s; problems on the way:")
    print("\n".join(problems) or "  none")
    print(load(config))
    return config


def _is_demo(folder: Path) -> bool:
    """Return whether a folder has the configuration that the demo writes; any other folder is never replaced."""
    try:
        api, *others = (folder / "config.yaml").read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return False
    return api.startswith('api: {base_url: "http://127.0.0.1:') and others == CONFIG.splitlines()[1:]


def _show_examples(database: Path) -> None:
    with duckdb.connect(str(database), read_only=True) as connection:

        def one(sql: str, *parameters: str) -> str:
            [(value,)] = connection.execute(sql, parameters).fetchall()
            return str(value)

        track, playlist = one(BUSIEST_TRACK), one(GAPPY_PLAYLIST)
        title = one("select track_name || ' by ' || artists from track_info where track_id = ?", track)
        label = one("select playlist_name from playlists where playlist_id = ?", playlist)
        last = date.fromisoformat(one("select max(date) from playlist_days"))
        first = date.fromisoformat(one("select min(date) from playlist_days"))
        start = max(first, last - timedelta(days=20))
        end = min(last, start + timedelta(days=6))

        print(f"\n1. Which tracks were in “{label}” between {start} and {end}?\n")
        _show(connection, IN_A_PERIOD.format(playlist=playlist, start=start, end=end), rows=8)
        print("\n   How well is that known? Its days by outcome:\n")
        _show(connection, COVERAGE.format(playlist=playlist), rows=8, with_sql=False)
        print(f"\n2. In which playlists was “{title}”, and when?\n")
        _show(connection, PLAYLISTS_OF_A_TRACK.format(track=track), rows=8)
        print("\n3. How popular was it, day by day?\n")
        _show(connection, POPULARITY.format(track=track), rows=14)


def _show(connection: duckdb.DuckDBPyConnection, sql: str, rows: int, *, with_sql: bool = True) -> None:
    """Print a query and its first `rows` rows as a text table."""
    if with_sql:
        print("\n".join(f"   {line}" for line in sql.splitlines()) + "\n")
    cursor = connection.execute(sql)
    result = cursor.fetchall()
    for line in format_table([column[0] for column in cursor.description or ()], result[:rows]):
        print("   " + line)
    if len(result) > rows:
        print(f"   … {len(result) - rows} more rows")


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
