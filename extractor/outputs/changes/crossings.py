"""Read where the popularity of tracks crosses a level: one value is below it, the next one is not, or the reverse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from extractor.engines.published import Cursor, literal, records_of
from extractor.outputs.changes.words import identity

WINDOW = timedelta(days=28)
"""How far back values are compared, from the last day with values: so long as tracks are followed after they leave."""

CROSSING = "popularity"
"""The kind of change."""

# 0 may mean that Spotify has no value, so it is left out. One query for DuckDB and PostgreSQL.
CROSSINGS = """
with compared as (
    select
        track_id,
        date,
        popularity,
        lag(date) over (partition by track_id order by date) as date_before,
        lag(popularity) over (partition by track_id order by date) as popularity_before
    from track_daily_popularity
    where popularity > 0 and date >= {start}
)

select
    compared.*,
    levels.level,
    track_info.track_name,
    track_info.artists,
    track_info.isrc,
    track_info.label
from compared
inner join (values {levels}) as levels (level, since)
    on (popularity >= level) <> (popularity_before >= level) and date > since
left join track_info on compared.track_id = track_info.track_id
order by date, track_id, level
"""


@dataclass(frozen=True)
class Crossing:
    """A track whose popularity crossed a level. The fields that a change of a playlist also has come first."""

    playlist_id: None
    playlist: None
    label: str | None
    change: str
    track_id: str
    track: str | None
    artists: str | None
    isrc: str | None
    level: int
    popularity: int
    popularity_before: int
    date_before: date
    date: date

    @property
    def what(self) -> tuple[str | int | None, ...]:
        """Return what identifies a crossing, together with the day of its second value."""
        return (self.change, self.track_id, self.level, self.popularity_before, self.popularity)

    @property
    def id(self) -> str:
        """Return the id of a crossing: always the same for the same values and day."""
        return identity((*self.what, self.date))


def window_start(cursor: Cursor) -> date:
    """Return the first day whose values are compared."""
    cursor.execute("select max(date) from track_daily_popularity")
    [(last,)] = cursor.fetchall()
    return last - WINDOW if last and last - date.min > WINDOW else date.min


def read_crossings(cursor: Cursor, levels: Mapping[int, date], start: date) -> list[Crossing]:
    """Return the crossings of each level later than the day given for it, between values from `start` on."""
    if not levels:
        return []
    pairs = ", ".join(f"({level}, {literal(since)})" for level, since in levels.items())
    return [
        Crossing(
            playlist_id=None,
            playlist=None,
            label=row["label"],
            change=CROSSING,
            track_id=row["track_id"],
            track=row["track_name"],
            artists=row["artists"],
            isrc=row["isrc"],
            level=row["level"],
            popularity=row["popularity"],
            popularity_before=row["popularity_before"],
            date_before=row["date_before"],
            date=row["date"],
        )
        for row in records_of(cursor, CROSSINGS.format(start=literal(start), levels=pairs))
    ]
