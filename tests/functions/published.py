"""The published tables as plain rows, and what a playlist held on each usable day."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]
USABLE = ("complete", "unchanged")


@dataclass(frozen=True)
class Published:
    """The rows of each published table, as dictionaries."""

    tables: dict[str, list[Row]]

    @classmethod
    def of(cls, file: Path) -> "Published":
        with duckdb.connect(str(file), read_only=True) as connection:
            names = "select distinct table_name from information_schema.columns where table_schema = 'main'"
            tables = {}
            for (name,) in connection.execute(names).fetchall():
                found = connection.execute(f"from main.{name}")
                columns = [column[0] for column in found.description or ()]
                tables[name] = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
        return cls(tables)

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables[table]

    @cached_property
    def usable_days(self) -> dict[str, list[date]]:
        """The days that prove what a playlist held, in order."""
        days = defaultdict(list)
        for row in sorted(self["playlist_days"], key=lambda row: row["date"]):
            if row["outcome"] in USABLE:
                days[row["playlist_id"]].append(row["date"])
        return dict(days)

    @cached_property
    def held(self) -> dict[tuple[str, date], list[tuple[int, str]]]:
        """Of each playlist and usable day, the position and id of each track, in order."""
        versions: dict[str, dict[date, list[tuple[int, str]]]] = defaultdict(lambda: defaultdict(list))
        for row in self["tracklists"]:
            entries = versions[row["playlist_id"]][row["first_day"]]
            if row["kind"] == "track":
                entries.append((row["position"], row["track_id"]))
        found = {}
        for playlist_id, days in self.usable_days.items():
            starts = sorted(versions[playlist_id])
            for day in days:
                start = max(start for start in starts if start <= day)
                found[playlist_id, day] = sorted(versions[playlist_id][start])
        return found

    def tracks_on(self, playlist_id: str, day: date) -> set[str]:
        """The tracks that a playlist held on a usable day."""
        return {track_id for _, track_id in self.held[playlist_id, day]}
