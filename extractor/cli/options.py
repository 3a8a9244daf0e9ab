"""What ./run.sh understands on its command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from extractor.cli.console import LOG_FORMATS
from extractor.config.settings import TARGETS
from extractor.outputs.export import FORMATS
from extractor.project import PROJECT
from extractor.spotify.login import PORT

STEPS = ("extract", "load", "build", "publish")
COMMANDS = ("daily", *STEPS, "status", "report", "export", "docs", "login", "purge", "convert")


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a command. Ends the process with code 2, as usual, where they can't be understood."""
    parser = argparse.ArgumentParser(
        prog="./run.sh",
        description="Reads the watched Spotify playlists and tracks of a day and publishes what can be known of them.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="""commands:
  daily     extract, load, build, publish (the default)
  extract   ask Spotify for what the day still lacks, into the landing folder
  load      landing files into the warehouse
  build     dbt build: the tables and their tests
  publish   the tables, if every test passed, into the file that analysts open
  status    the last runs, what is missing and since when, requests left; asks nobody and waits for nothing
  report    the published tables as a page to look at
  export    the published tables as Parquet or CSV files
  docs      dbt's documentation of every table and column, as one page
  login     let a Spotify user agree that runs read the user's lists
  convert   a configuration of the program this one grew from, into today's files
  purge     remove old landing files and raw answers; the tables stay as they are
  demo      thirty simulated days, no account needed
  test      every check that CI runs
  bench     what all this costs, measured: ./run.sh bench --help

exit codes: 0 all read; 3 some lists or tracks not read (published); 75 stopped by the quota (published, run again
later); 2 configuration or usage; 1 anything else (nothing published). status ends with that of the last reading; 3,
too, where neither this day nor the day before was read.""",
    )
    parser.add_argument("command", nargs="?", default="daily", help="or the path of a configuration, for a daily run")
    parser.add_argument("file", nargs="*", type=Path, help="convert: a configuration of the old format")
    parser.add_argument("--config", type=Path, help="default: the project's config.yaml")
    parser.add_argument("--date", type=_day, help="the UTC day the run is for, YYYY-MM-DD; default: today")
    parser.add_argument("--target", choices=TARGETS, help="where the tables live; default: as the configuration says")
    parser.add_argument("--full-refresh", action="store_true", help="rebuild every table from raw")
    parser.add_argument("--full-tests", action="store_true", help="test all rows, not only those that may have changed")
    parser.add_argument(
        "--forget-purged", action="store_true", help="full refresh: also of what only purged answers held"
    )
    parser.add_argument("--keep-days", type=_count, help="purge: days of raw answers to keep, the present one included")
    parser.add_argument("--log-format", choices=LOG_FORMATS, default="text", help="json: one JSON object a line")
    parser.add_argument("--format", choices=tuple(FORMATS), default="parquet", help="export: default parquet")
    parser.add_argument("--port", type=int, default=PORT, help=f"login: of 127.0.0.1, for the answer; default: {PORT}")
    parser.add_argument("--print-token", action="store_true", help="login: print the token instead of keeping it")
    parser.add_argument(
        "--into",
        type=Path,
        help="export, convert: the folder, docs, report: the page; default: beside the database; convert: converted",
    )
    parser.add_argument("--overwrite", action="store_true", help="convert: also files that are there already")
    options = parser.parse_intermixed_args(arguments)
    if options.command not in COMMANDS:
        _take_for_a_configuration(options, parser)
    given = len(options.file)
    if given != (options.command == "convert"):
        parser.error(
            f"{options.command} takes {'one configuration of the old format' if not given else 'no more words'}"
        )
    options.file = options.file[0] if given else None
    options.config = options.config or PROJECT / "config.yaml"
    return options


def _take_for_a_configuration(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """The invocation of the program this one grew from: CONFIG, and then, there, the client id and secret."""
    if options.file:
        parser.error(
            "a client id and secret are not taken from the command line, where every user of this machine can read "
            "them: export SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET. Have a new secret made at "
            "developer.spotify.com/dashboard: this one has been seen, and may be in your shell's history."
        )
    path = Path(options.command)
    if not path.exists() and path.suffix not in (".yaml", ".yml"):
        parser.error(f"{options.command!r} is no command, and no configuration: {', '.join(COMMANDS)}")
    if options.config:
        parser.error("two configurations: name one")
    options.command, options.config = "daily", path


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: at least 1 day, the present one, is kept")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write YYYY-MM-DD") from None
