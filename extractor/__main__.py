"""The commands behind ./run.sh, which are also those of `python -m extractor`: see --help."""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

from extractor.clock import Clock
from extractor.config import Config, Credentials, read_config
from extractor.console import LOG_FORMATS, Console
from extractor.convert import convert
from extractor.errors import PARTLY_READ, ConfigError, ExtractorError
from extractor.extract import extract
from extractor.landed import remember_day
from extractor.load import load
from extractor.lock import alone
from extractor.login import PORT, ask_user, keep_login
from extractor.plan import Plan, unasked
from extractor.progress import progress_on
from extractor.publish import publish
from extractor.purge import purge
from extractor.status import status
from extractor.transform import PROJECT, BuildOptions, build
from extractor.user_login import UserLogin, token_file

COMMANDS = ("daily", "extract", "load", "build", "publish", "status", "purge", "login", "convert")
LATER = ("report",)


def main(arguments: Sequence[str], clock: Clock | None = None) -> int:
    """Run a command; returns the exit code. Errors go to standard error in one sentence, without a traceback."""
    clock = clock or Clock()
    options = _options(arguments)
    day = options.date or clock.now().date()
    console = Console(clock, day, options.log_format)
    try:
        if options.command in LATER:
            raise ConfigError(f"{options.command}: not part of this version yet; `./run.sh --help` lists what is")
        if options.command == "convert":
            print(convert(options.file, options.into, options.overwrite))
            return 0
        config = read_config(options.config)
        if options.command == "login":
            return _login(config, options, console)
        if day > clock.now().date():
            raise ConfigError(f"--date {day}: a day that is still to come can't have been observed (days are UTC)")
        build_options = BuildOptions(
            options.full_refresh, options.full_tests, options.forget_purged, options.log_format
        )
        if options.command == "purge":
            return _purge(config, options.keep_days, day, console)
        return _run(options.command, config, day, console, build_options)
    except ExtractorError as error:
        console.note("error", str(error), exit_code=error.exit_code)
        return error.exit_code
    except KeyboardInterrupt:
        console.note("interrupted", "interrupted: what was answered is landed; the same command asks only for the rest")
        return 130


def _login(config: Config, options: argparse.Namespace, console: Console) -> int:
    # Standard output is the token's alone where it is printed, for a program that puts it into a secret store.
    screen = sys.stderr if options.print_token else sys.stdout
    token = ask_user(config.api, Credentials.of_app(), options.port, console.clock, screen, sys.stdin)
    if options.print_token:
        print(token.refresh_token)
        print(f"logged in until {token.ends_on}; give this to runs as SPOTIFY_REFRESH_TOKEN", file=screen)
        return 0
    console.result("logged_in", keep_login(token, token_file()), ends_on=token.ends_on)
    if UserLogin.from_environment().given:
        console.note("warning", "runs go on with SPOTIFY_REFRESH_TOKEN as long as it is set")
    return 0


def _purge(config: Config, keep_days: int | None, day: date, console: Console) -> int:
    if keep_days is None:
        raise ConfigError("purge: say how many days of raw answers to keep: ./run.sh purge --keep-days 90")
    with alone(config.warehouse, "warehouse", console.waits):
        purged = purge(config, day - timedelta(days=keep_days - 1))
        console.result("purged", str(purged), **asdict(purged))
    return 0


def _run(command: str, config: Config, day: date, console: Console, build_options: BuildOptions) -> int:
    if command == "status":
        found = status(config, day, console.clock.now())
        console.result("status", str(found), **asdict(found))
        return found.exit_code
    steps = ("extract", "load", "build", "publish") if command == "daily" else (command,)
    exit_code = 0
    with ExitStack() as locks:
        if "extract" in steps:
            credentials = Credentials.from_environment()
            if credentials.login and (warning := credentials.login.read().warning(console.clock.now().date())):
                console.note("warning", warning)
            # Held to the end of a daily run: a second one waits, then finds everything done.
            locks.enter_context(alone(config.warehouse, f"worker-{config.batch_number}", console.waits))
            rng = random.Random()  # noqa: S311 (jitter, no secret)

            def announce(plan: Plan) -> None:
                console.note("planned", f"{day}: {plan}", **asdict(plan))

            extraction = extract(config, credentials, day, console.clock, rng, announce, progress=progress_on(console))
            console.result("extracted", extraction.summary, **extraction.facts)
            exit_code = extraction.exit_code
        if (
            command == "daily"
            and config.batch_size
            and (missing := unasked(config, remember_day(config.landing, day))).slices
        ):
            console.note("warning", str(missing), **asdict(missing))
            exit_code = exit_code or PARTLY_READ
        if command != "extract":
            locks.enter_context(alone(config.warehouse, "warehouse", console.waits))
        if "load" in steps:
            loaded = load(config.landing, config.warehouse, endpoints=config.endpoints)
            console.result("loaded", str(loaded), **asdict(loaded))
        if "build" in steps:
            built = build(config, build_options)
            console.result("built", str(built), **asdict(built))
        if "publish" in steps:
            published = publish(config)
            console.result("published", str(published), **asdict(published))
    return exit_code


def _options(arguments: Sequence[str]) -> argparse.Namespace:
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
  login     let a Spotify user agree that runs read the user's lists
  convert   a configuration of the program this one grew from, into today's files
  purge     remove old landing files and raw answers; the tables stay as they are
  demo      thirty simulated days, no account needed
  test      every check that CI runs

Not part of this version yet: report (a page to look at).

exit codes: 0 all read; 3 some lists or tracks not read (published); 75 stopped by the quota (published, run again
later); 2 configuration or usage; 1 anything else (nothing published). status ends with that of the last reading; 3,
too, where neither this day nor the day before was read.""",
    )
    parser.add_argument("command", nargs="?", default="daily", help="or the path of a configuration, for a daily run")
    parser.add_argument("file", nargs="*", type=Path, help="convert: a configuration of the old format")
    parser.add_argument("--config", type=Path, help="default: the project's config.yaml")
    parser.add_argument("--date", type=_day, help="the UTC day the run is for, YYYY-MM-DD; default: today")
    parser.add_argument("--full-refresh", action="store_true", help="rebuild every table from raw")
    parser.add_argument("--full-tests", action="store_true", help="test all rows, not only those that may have changed")
    parser.add_argument("--forget-purged", action="store_true", help="insist on a full refresh after a purge")
    parser.add_argument("--keep-days", type=_count, help="purge: days of raw answers to keep, the present one included")
    parser.add_argument("--log-format", choices=LOG_FORMATS, default="text", help="json: one JSON object a line")
    parser.add_argument("--port", type=int, default=PORT, help=f"login: of 127.0.0.1, for the answer; default: {PORT}")
    parser.add_argument("--print-token", action="store_true", help="login: print the token instead of keeping it")
    parser.add_argument("--into", type=Path, default=Path("converted"), help="convert: a folder; default: converted")
    parser.add_argument("--overwrite", action="store_true", help="convert: also files that are there already")
    options = parser.parse_intermixed_args(arguments)
    if options.command not in COMMANDS + LATER:
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
