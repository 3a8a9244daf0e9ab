"""./run.sh demo: thirty simulated days through the real pipeline, the answers analysts ask for, and a report."""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
from tqdm import tqdm

from extractor import simulator
from extractor.clock import Clock
from extractor.config.settings import Config, read_config
from extractor.engines.duckdb.build import build
from extractor.engines.duckdb.load import load
from extractor.engines.duckdb.publish import publish
from extractor.errors import ExtractorError
from extractor.extract.run import extract
from extractor.outputs.report.report import report
from extractor.project import PROJECT
from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.server import Simulator
from extractor.spotify.credentials import Credentials

SCENARIO = Path(simulator.__file__).parent / "scenarios" / "demo.yaml"

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
GAPPY_LIST = """
select playlist_id from playlist_days inner join tracks_in_playlist using (playlist_id)
where outcome not in ('complete', 'unchanged') group by playlist_id order by count(*) desc, playlist_id limit 1
"""

IN_A_PERIOD = """select name, artists, added_at, last_seen, days_seen
from tracks_in_playlist join track_info using (track_id)
where playlist_id = '{playlist}' and added_at <= date '{end}' and last_seen >= date '{start}'
order by added_at, name"""

LISTS_OF_A_TRACK = """select playlists.name as playlist, stay_number as stay, added_at, last_seen, first_absent
from tracks_in_playlist join playlists using (playlist_id)
where track_id = '{track}'
order by added_at, playlist"""

POPULARITY = """select date, popularity, bar(popularity, 0, 100, 30) as chart,
    (
        select count(*) from tracks_in_playlist s
        where s.track_id = p.track_id and date between s.first_seen and s.last_seen
    ) as in_lists
from track_daily_popularity p
where track_id = '{track}'
order by date"""

COVERAGE = """select outcome, count(*) as days, string_agg(date::varchar, ', ' order by date) filter (outcome not in
    ('complete', 'unchanged')) as which
from playlist_days where playlist_id = '{playlist}' group by outcome order by days desc"""


def main(arguments: list[str]) -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(prog="./run.sh demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=PROJECT / "data" / "demo", help="made anew; default: data/demo")
    parser.add_argument("--days", type=int, default=30, help="days to simulate, default 30")
    options = parser.parse_args(arguments)
    try:
        config = _simulate(options.folder, options.days)
        print(build(config))
        print(publish(config))
        page = config.database.with_name("report.html")
        print(report(config, page))
    except ExtractorError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    _answer(config.database)
    shown = _shown(config.database)
    print(f"\nLook at it: {_shown(page)}, with any browser")
    print(f"Ask it more: {shown}, with any DuckDB client, for example\n")
    print(f"  .venv/bin/python -c \"import duckdb; duckdb.connect('{shown}').sql('from playlists').show()\"")
    return 0


def _simulate(folder: Path, days: int) -> Config:
    """Extract day after day from a simulated Spotify, then load everything at once."""
    if folder.exists() and not (folder / "config.yaml").exists() and any(folder.iterdir()):
        raise ExtractorError(f"{folder}: holds something that is no demo; name another folder with --folder")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "seeds").mkdir(parents=True)
    world = GeneratedWorld.from_file(SCENARIO)
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
        bar = "simulated days {bar:30} {n}/{total}"
        for day in tqdm(world.days[:days], bar_format=bar, file=sys.stdout, ascii=" ━", leave=True):
            simulator.day = day
            extraction = extract(config, credentials, day, Clock(), random.Random(day.toordinal()))  # noqa: S311 (jitter, no secret)
            problems += [f"  {day} {line.strip()}" for line in extraction.summary.splitlines()[1:]]
        requests = len(simulator.requests)
    print(
        f"{requests} requests to a simulated Spotify in {time.monotonic() - started:.1f} s; what went wrong on the way:"
    )
    print("\n".join(problems) or "  nothing")
    print(load(config))
    return config


def _answer(database: Path) -> None:
    with duckdb.connect(str(database), read_only=True) as connection:

        def one(sql: str, *parameters: str) -> str:
            [(value,)] = connection.execute(sql, parameters).fetchall()
            return str(value)

        track, playlist = one(BUSIEST_TRACK), one(GAPPY_LIST)
        title = one("select name || ' by ' || artists from track_info where track_id = ?", track)
        label = one("select name from playlists where playlist_id = ?", playlist)
        last = date.fromisoformat(one("select max(date) from playlist_days"))
        start, end = last.replace(day=10), last.replace(day=16)

        print(f"\n1. Which tracks were in “{label}” between {start} and {end}?\n")
        _show(connection, IN_A_PERIOD.format(playlist=playlist, start=start, end=end), rows=8)
        print("\n   How well is that known? Its days by outcome:\n")
        _show(connection, COVERAGE.format(playlist=playlist), rows=8, with_sql=False)
        print(f"\n2. In which playlists was “{title}”, and when?\n")
        _show(connection, LISTS_OF_A_TRACK.format(track=track), rows=8)
        print("\n3. How popular was it, day by day?\n")
        _show(connection, POPULARITY.format(track=track), rows=14)


def _show(connection: duckdb.DuckDBPyConnection, sql: str, rows: int, *, with_sql: bool = True) -> None:
    """Print a query and its answer as a table of text."""
    if with_sql:
        print("\n".join(f"   {line}" for line in sql.splitlines()) + "\n")
    cursor = connection.execute(sql)
    header = [column[0] for column in cursor.description or ()]
    answer = cursor.fetchall()
    table = [header, *(["" if value is None else str(value) for value in row] for row in answer[:rows])]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    table.insert(1, ["─" * width for width in widths])
    for line in table:
        print("   " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    if len(answer) > rows:
        print(f"   … {len(answer) - rows} rows more")


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
