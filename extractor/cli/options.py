"""Parse the command line: a sub-parser for each command, which refuses the options of other commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NoReturn

from extractor import __version__
from extractor.cli.console import LOG_FORMATS
from extractor.config.settings import TARGETS
from extractor.errors import suggestion
from extractor.outputs.changes.digest import DAYS
from extractor.outputs.changes.digest_formats import DIGEST_FORMATS
from extractor.outputs.changes.formats import FORMATS as CHANGE_FORMATS
from extractor.outputs.export import FORMATS, SNAPSHOTS
from extractor.outputs.sql import RESULT_FORMATS
from extractor.project import IS_CHECKOUT, PROGRAM
from extractor.spotify.login import PORT

USAGE_ERROR = 2
MAX_DAYS = 36500

EXIT_CODES = """exit codes:
  0   everything was read
  3   some playlists or tracks were not read; what was read is published
  75  stopped by the quota; what was read is published; run the same command again later
  2   configuration, credentials or usage
  1   anything else; nothing is published
  130 interrupted"""

OF_A_CHECKOUT = """
  test      run every check that CI runs; --fast: those that take seconds; with arguments: pytest
  lint      run the linters
  lock      rebuild the lock files in requirements/
  bench     measure what a day costs"""


@dataclass(frozen=True)
class Command:
    """A command: a line of help, an example, and a function that adds its options."""

    summary: str
    example: str
    add_options: Callable[[argparse.ArgumentParser], None]


def _target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", choices=TARGETS, help="engine of the tables; default: the configuration's")


def _date(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--date", type=_day, metavar="DAY", help="UTC day, YYYY-MM-DD; default: today")


def _claimed_date(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--date", type=_day, metavar="DAY", help="UTC day, YYYY-MM-DD: today (the default), yesterday, or one begun"
    )
    parser.add_argument(
        "--insist", action="store_true", help="with --date: store what Spotify says today under any earlier day"
    )


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demo", action="store_true", help="use the demo's files instead (made by the command demo)")


def _into(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--into", type=_place, metavar="PATH", help=f"{what}; default: beside the published database")


def _build_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--full-refresh", action="store_true", help="rebuild every table from raw answers")
    parser.add_argument("--full-tests", action="store_true", help="test all rows, not only those that may have changed")
    parser.add_argument(
        "--forget-purged",
        action="store_true",
        help="with --full-refresh after a purge: also lose the history that only purged answers held",
    )


def _daily(parser: argparse.ArgumentParser) -> None:
    _claimed_date(parser)
    _target(parser)
    _build_options(parser)


def _extract(parser: argparse.ArgumentParser) -> None:
    _claimed_date(parser)


def _build(parser: argparse.ArgumentParser) -> None:
    _target(parser)
    _build_options(parser)


def _status(parser: argparse.ArgumentParser) -> None:
    _date(parser)
    _target(parser)
    _demo(parser)


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output",
        "--into",
        dest="into",
        type=_page,
        metavar="PATH",
        help="the page to write, or a folder for report.html; default: beside the published database",
    )
    parser.add_argument(
        "--playlist",
        action="append",
        default=[],
        metavar="PLAYLIST",
        help="only this playlist (id, link, URI, label or name); may be given several times",
    )
    parser.add_argument("--days", type=_count, metavar="N", help="only the last N days")
    _target(parser)
    _demo(parser)


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=(*FORMATS, SNAPSHOTS), default="parquet", help="default: parquet")
    parser.add_argument("--only", metavar="TABLE", help="export this table only")
    _into(parser, "the folder to write to")
    _target(parser)
    _demo(parser)


def _sql(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", nargs="?", help="SQL, or the path of a file with SQL; default: standard input")
    parser.add_argument("--format", choices=RESULT_FORMATS, default="table", help="default: table")
    _target(parser)
    _demo(parser)


def _changes(parser: argparse.ArgumentParser) -> None:
    period = parser.add_mutually_exclusive_group()
    period.add_argument(
        "--since",
        type=_day,
        metavar="DAY",
        help="changes seen after this UTC day, YYYY-MM-DD; default: the changes that the last observed day shows",
    )
    period.add_argument(
        "--days", type=_count, metavar="N", help="changes of the last N days, up to the last published one"
    )
    period.add_argument(
        "--digest",
        choices=tuple(DAYS),
        help="a summary to mail of the last 7 or 28 observed days; --format is md, the default, or html",
    )
    whose = "id, URI, link{} or name; only its changes"
    parser.add_argument("--playlist", metavar="PLAYLIST", help=whose.format(", label"))
    parser.add_argument("--artist", metavar="ARTIST", help=whose.format(""))
    parser.add_argument("--track", metavar="TRACK", help=whose.format(", label"))
    parser.add_argument("--format", choices=tuple(CHANGE_FORMATS | DIGEST_FORMATS), help="default: text")
    _target(parser)
    _demo(parser)


def _docs(parser: argparse.ArgumentParser) -> None:
    _into(parser, "the page to write")
    _target(parser)


def _login(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"port on 127.0.0.1 for Spotify's redirect; default: {PORT}"
    )
    parser.add_argument("--print-token", action="store_true", help="print the refresh token instead of storing it")


def _purge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep-days", type=_count, metavar="N", help="days of raw answers to keep, today included")
    _date(parser)
    _target(parser)


def _verify(parser: argparse.ArgumentParser) -> None:
    _target(parser)
    _demo(parser)


def _forget(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--day", type=_day, metavar="DAY", help="all that was read on a UTC day, YYYY-MM-DD")
    what.add_argument(
        "--run",
        metavar="RUN",
        help="all that a run has read, by its run_id in the table runs; import-NAME is all of an import",
    )
    what.add_argument("--playlist", metavar="ID", help="all reads of a playlist: an id, a link or a URI")
    _target(parser)


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="table, archive, api, charts, or an adapter in imports/")
    parser.add_argument("path", type=Path, metavar="PATH", help="a file, a folder or a git repository")
    parser.add_argument("--name", help="what the tables call this source; default: SOURCE")
    parser.add_argument("--dry-run", action="store_true", help="show the plan, write nothing")
    parser.add_argument("--strict", action="store_true", help="import nothing if anything is not usable")
    parser.add_argument(
        "--complete", action="store_true", help="the source holds complete reads, also where it has no total"
    )
    parser.add_argument("--watch", action="store_true", help="add its playlists to seeds/playlists.csv, after asking")
    parser.add_argument("--yes", action="store_true", help="with --watch: don't ask")


def _demo_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=int, default=30, help="days to simulate, 1 to 30; default: 30")
    parser.add_argument("--folder", type=Path, help="folder to write to, replaced if it is a demo; default: data/demo")


COMMANDS = {
    "daily": Command("extract, load, build, publish: the daily run, and the default", "", _daily),
    "extract": Command("read what the day still lacks from Spotify into the landing folder", "", _extract),
    "load": Command("load new landing files into the raw tables", "", _target),
    "build": Command("run dbt: build the tables and test them", "--full-refresh", _build),
    "publish": Command("copy the tables, if every test passed, to the file that analysts open", "", _target),
    "status": Command("show the last runs, what is missing and since when; never waits", "--demo", _status),
    "changes": Command("show what was added to and removed from the playlists, and when", "--days 7 --demo", _changes),
    "report": Command("write the published tables as an HTML page", "--demo", _report),
    "sql": Command("run a query on the published tables", '"from playlists" --format csv', _sql),
    "export": Command("write the published tables as Parquet or CSV files", "--only playlists --format csv", _export),
    "docs": Command("write dbt's documentation of every table and column as one page", "", _docs),
    "login": Command("let a Spotify user authorise the app to read their playlists", "", _login),
    "import": Command("write what others have recorded as landing files", "table snapshots.parquet --dry-run", _import),
    "purge": Command("delete old landing files and raw answers; the tables stay", "--keep-days 90", _purge),
    "verify": Command("read everything that is kept to its end, and compare the stages", "", _verify),
    "forget": Command(
        "withdraw a day, a run or a playlist; the next build makes the tables without it", "--day 2026-01-31", _forget
    ),
    "demo": Command(
        "simulate thirty days, build the tables, show queries; no account needed", "--days 7", _demo_options
    ),
}


ARGUMENTS = {"sql": " [QUERY]", "import": " SOURCE PATH"}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Exit with code 2, as for an invalid configuration."""
        self.exit(USAGE_ERROR, f"error: {message}\nSee {self.prog} --help\n")


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options of a command. Exits with code 2 if they are invalid."""
    parser, commands = _parsers()
    given = list(arguments)
    if given and given[0] == "help":
        given = [*given[1:2], "--help"]
    if not given or given[0] not in ("-h", "--help", "--version"):
        given = _command_first(given, commands)
        if given[0] not in COMMANDS:
            given = _as_configuration(given, parser)
    options, unknown = parser.parse_known_args(given)
    if unknown:
        commands[options.command].error(_not_understood(options.command, unknown, commands))
    if getattr(options, "demo", False) and options.config:
        commands[options.command].error("--demo and --config name two configurations: give one of them")
    if options.command == "changes":
        _check_formats(options, commands["changes"])
    return options


def _check_formats(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Set the default format of `changes`, and refuse what a digest has not, and what only a digest has."""
    formats = tuple(DIGEST_FORMATS if options.digest else CHANGE_FORMATS)
    options.format = options.format or formats[0]
    if options.format not in formats:
        what = "a digest" if options.digest else "changes without --digest"
        parser.error(f"--format {options.format}: {what} can be {', '.join(formats)}")
    if options.digest and (options.playlist or options.artist or options.track):
        parser.error("--digest: is of all playlists; leave out --playlist, --artist and --track")


def _wide(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, max_help_position=28, width=100)


def _parsers() -> tuple[_Parser, dict[str, _Parser]]:
    parser = _Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [COMMAND] [OPTIONS]",
        description="Read the watched Spotify playlists and tracks every day and publish their history.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="commands:\n"
        + "\n".join(f"  {name:<9} {command.summary}" for name, command in COMMANDS.items())
        + (OF_A_CHECKOUT if IS_CHECKOUT else "")
        + f"\n\n{PROGRAM} COMMAND --help shows the options of a command.\n\n{EXIT_CODES}",
    )
    parser.add_argument("--version", action="version", version=f"spotify-track-history {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", help=argparse.SUPPRESS)
    parsers = {}
    for name, command in COMMANDS.items():
        example = f"{PROGRAM} {name} {command.example}".rstrip()
        parsers[name] = subparsers.add_parser(
            name,
            prog=f"{PROGRAM} {name}",
            usage=f"{PROGRAM} {name}{ARGUMENTS.get(name, '')} [OPTIONS]",
            formatter_class=_wide,
            description=command.summary[0].upper() + command.summary[1:] + ".",
            epilog=f"example: {example}",
            allow_abbrev=False,
        )
        parsers[name].set_defaults(config=None, date=None, target=None, log_format="text")
        if name != "demo":
            parsers[name].add_argument("--config", type=Path, metavar="FILE", help="default: config.yaml")
            parsers[name].add_argument(
                "--log-format", choices=LOG_FORMATS, default="text", help="json: one JSON object a line"
            )
        command.add_options(parsers[name])
    return parser, parsers


def _command_first(arguments: list[str], parsers: Mapping[str, argparse.ArgumentParser]) -> list[str]:
    """Move the command (the first word that is no option or its value) to the front; add `daily` if there is none."""
    actions = [action for parser in parsers.values() for action in parser._actions]
    with_value = {option for action in actions if action.nargs != 0 for option in action.option_strings}
    place = 0
    while place < len(arguments) and arguments[place].startswith("-"):
        place += 2 if arguments[place] in with_value else 1
    if place >= len(arguments):
        return ["daily", *arguments]
    return [arguments[place], *arguments[:place], *arguments[place + 1 :]]


def _not_understood(command: str, unknown: Sequence[str], parsers: Mapping[str, argparse.ArgumentParser]) -> str:
    option = next((each for each in unknown if each.startswith("-")), None)
    if option is None:
        return f"{command} takes no {unknown[0]!r}"
    name = option.split("=")[0]
    elsewhere = [other for other, parser in parsers.items() if name in parser._option_string_actions]
    if elsewhere:
        return f"{name} does not apply to {command}, but to {', '.join(elsewhere)}"
    return f"{name}: unknown option; {suggestion(name, parsers[command]._option_string_actions)}"


def _as_configuration(arguments: Sequence[str], parser: argparse.ArgumentParser) -> list[str]:
    """Translate `CONFIG`, the command line of this program's predecessor, into a daily run with that configuration."""
    first, *others = arguments
    if not Path(first).exists() and Path(first).suffix not in (".yaml", ".yml"):
        hint = suggestion(first, [*COMMANDS, "help"])
        parser.error(f"{first!r} is neither a command nor a configuration file; {hint}")
    if others and not others[0].startswith("-"):
        parser.error(
            "a client id and secret are not accepted on the command line, where every user of this machine can read "
            "them: export SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET. Create a new secret at "
            "developer.spotify.com/dashboard: this one has been seen, and may be in your shell's history"
        )
    if "--config" in others:
        parser.error("two configurations: give one")
    return ["daily", "--config", first, *others]


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MAX_DAYS):
        raise argparse.ArgumentTypeError(f"{text!r}: must be a number of days from 1 to {MAX_DAYS}")
    return int(text)


def _place(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("must be a path")
    return Path(text)


def _page(text: str) -> Path:
    return _place(text) / "report.html" if text.endswith("/") else _place(text)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
        if day.isoformat() == text:  # ISO 8601 has other forms, such as weeks
            return day
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is no day: write YYYY-MM-DD")
