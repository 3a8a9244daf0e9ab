"""The state of things, for a terminal: last runs, today's coverage, lists that can't be read."""

from __future__ import annotations

from datetime import date

from extractor.config import Config
from extractor.errors import WarehouseError
from extractor.warehouse import opened

RUNS = """
select date, worker, playlists_answered || '/' || playlists_asked, tracks_answered || '/' || tracks_asked,
    coalesce(exit_code::varchar, 'killed')
from runs order by date desc, started_at desc limit 5
"""
COVERAGE = "select outcome, count(*) from playlist_days where date = ? group by outcome order by outcome"
UNREADABLE = """
select playlists.playlist_id, coalesce(nullif(label, ''), name, ''), last_complete_read, reason
from playlist_days
inner join playlists using (playlist_id)
where date = (select max(date) from playlist_days) and outcome not in ('complete', 'unchanged')
order by last_complete_read nulls first limit 20
"""


def status(config: Config, day: date) -> str:
    """What ./run.sh status prints. Raises WarehouseError if nothing has been published yet."""
    if not config.database.exists():
        raise WarehouseError(f"{config.database}: nothing is published yet; run `./run.sh daily`")
    with opened(config.database, read_only=True) as connection:
        lines = [f"published   {config.database}", "last runs   day         worker  playlists  tracks  exit"]
        for run_day, worker, playlists, tracks, exit_code in connection.execute(RUNS).fetchall():
            lines.append(
                f"            {run_day}  {worker:>6}  {playlists or '?':>9}  {tracks or '?':>6}  {exit_code:>4}"
            )
        coverage = ", ".join(f"{count} {outcome}" for outcome, count in connection.execute(COVERAGE, [day]).fetchall())
        lines.append(f"{day}  {coverage or 'no list read'}")
        for playlist_id, name, last_read, reason in connection.execute(UNREADABLE).fetchall():
            lines.append(
                f"not read    {playlist_id}  {name}  last complete read {last_read or 'never'}: {reason or ''}"
            )
    return "\n".join(lines)
