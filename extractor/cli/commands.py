"""The commands behind ./run.sh, which are also those of `python -m extractor`."""

from __future__ import annotations

import argparse
import random
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import asdict, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from extractor.cli.colours import coloured, has_colours
from extractor.cli.console import Console, flush_output, printable, survive_closed_output
from extractor.cli.demo import run_demo
from extractor.cli.on_change import hand_over
from extractor.cli.on_failure import report_failure
from extractor.cli.options import read_options
from extractor.cli.progress import progress_on
from extractor.clock import INTERRUPTED, Clock, interruptible_clock
from extractor.config.settings import TARGETS, Config, read_config
from extractor.config.watch_list import spotify_id
from extractor.engines.base import BuildOptions
from extractor.engines.duckdb.files import check_paths, is_same, is_within
from extractor.engines.duckdb.forget import forget
from extractor.engines.duckdb.purge import purge
from extractor.engines.registry import target_of
from extractor.errors import PARTLY_READ, ConfigError, ExtractorError, NothingToWatchError, counted
from extractor.extract.day import RunContext
from extractor.extract.plan import Plan, unasked
from extractor.extract.run import extract
from extractor.files import printing
from extractor.imports.importing import Request, import_history
from extractor.imports.watching import unwatched, watch
from extractor.landing.day import read_day
from extractor.landing.reader import last_instant, live_files_of_day
from extractor.landing.withdrawn import Withdrawal
from extractor.lock import exclusive
from extractor.outputs.alarms import read_alarms
from extractor.outputs.changes.digest import read_digest
from extractor.outputs.changes.digest_formats import DIGEST_FORMATS
from extractor.outputs.changes.feed import write_feed
from extractor.outputs.changes.formats import FORMATS, fitting, heading
from extractor.outputs.changes.lately import summarize_day
from extractor.outputs.changes.read import Asked, read_changes
from extractor.outputs.changes.rules import check_rules
from extractor.outputs.docs import docs
from extractor.outputs.export import export
from extractor.outputs.report.report import Excerpt, report
from extractor.outputs.sql import query_of, run_sql
from extractor.outputs.status import status
from extractor.outputs.verify import verify_all
from extractor.project import DEMO, HOME, IS_CHECKOUT
from extractor.spotify.credentials import Credentials
from extractor.spotify.login import authorize_user, save_login
from extractor.spotify.token_store import TokenStore, token_file

RUN_STOPS = "all responses so far are landed; the same command requests the rest"
IMPORT_STOPS = "each file that was written is whole; the same command writes the rest"
STEPS = ("extract", "load", "build", "publish")


def main(arguments: Sequence[str] | None = None, clock: Clock | None = None) -> int:
    """Run a command and return its exit code. Errors go to standard error as one sentence, without a traceback."""
    clock = clock or Clock()
    options = read_options(sys.argv[1:] if arguments is None else arguments)
    day = options.date or clock.now().date()
    console = Console(clock, day, options.log_format)
    config = Config()
    file = options.config or (DEMO if getattr(options, "demo", False) else HOME) / "config.yaml"
    exit_code = 1  # unexpected exceptions propagate and exit with 1
    try:
        if options.command == "demo":
            run_demo(options.folder or DEMO, options.days)
            return 0
        config = _configuration(file, options, clock)
        if options.command in HANDLERS:
            exit_code = HANDLERS[options.command](config, options, console)
        else:
            exit_code = _run_steps(config, options, console, file.parent)
    except ExtractorError as error:
        _show_notes(error, console)
        console.note("error", str(error), exit_code=error.exit_code)
        exit_code = error.exit_code
    except (KeyboardInterrupt, RuntimeError) as stop:
        if isinstance(stop, RuntimeError) and "interrupted" not in str(stop):  # as DuckDB says it while it is at work
            raise
        _show_notes(stop, console)
        console.note("interrupted", f"interrupted: {IMPORT_STOPS if options.command == 'import' else RUN_STOPS}")
        exit_code = INTERRUPTED
    finally:
        if options.command == "daily" and config.on_failure and exit_code not in (0, INTERRUPTED):
            report_failure(config.on_failure, file.parent, exit_code, console)
    return exit_code


def _show_notes(stop: BaseException, console: Console) -> None:
    for note in getattr(stop, "__notes__", ()):
        console.note("warning", note)


def installed() -> int:
    """Run a command of the command line, as the script that a wheel installs and as ./run.sh."""
    survive_closed_output()
    try:
        exit_code = main(clock=interruptible_clock())
    except Exception as error:  # noqa: BLE001 (its message could show a secret, its traceback would)
        place = traceback.extract_tb(error.__traceback__)[-1]
        told = f"unexpected {type(error).__name__} in {Path(place.filename).name}:{place.lineno} ({place.name})"
        Console(Clock(), Clock().now().date()).note(
            "error", f"{told}; this is a mistake of the program: please report it"
        )
        exit_code = 1
    flush_output()
    return exit_code


def _configuration(file: Path, options: argparse.Namespace, clock: Clock) -> Config:
    if getattr(options, "demo", False) and not file.exists():
        raise ConfigError("--demo: there is no demo yet; make one: ./run.sh demo")
    is_optional = options.config is None and not IS_CHECKOUT
    config = Config.in_folder(HOME) if is_optional and not file.exists() else read_config(file)
    config = replace(config, target=options.target or config.target)
    check_paths(config.warehouse, config.raw, config.database, config.handed_over)
    if options.date:
        _check_date(options, config.landing, clock.now().date())
    if config.target not in ENGINES_OF.get(options.command, TARGETS):
        raise ConfigError(f"{options.command}: works on DuckDB's files; target {config.target} has none")
    return config


def _check_date(options: argparse.Namespace, landing: Path, today: date) -> None:
    """Raise ConfigError for a day in the future, and for one of which today's responses say nothing."""
    day = options.date
    if day > today:
        raise ConfigError(f"--date {day}: is in the future and can't have been observed (days are UTC)")
    if "insist" not in options or options.insist or today - day <= timedelta(days=1) or live_files_of_day(landing, day):
        return
    raise ConfigError(
        f"--date {day}: what Spotify says today ({today} UTC) does not tell what was so on that day. A day can be read "
        "until the end of the next one, or resumed if it has begun; to store today's responses under it anyway, add "
        "--insist"
    )


def _login(config: Config, options: argparse.Namespace, console: Console) -> int:
    # With --print-token, standard output holds the token alone, for a program that stores it.
    screen = sys.stderr if options.print_token else sys.stdout
    token = authorize_user(config.api, Credentials.of_app(), options.port, console.clock, screen, sys.stdin)
    if options.print_token:
        with printing(sys.stdout):
            print(token.refresh_token)
        console.note("logged_in", f"logged in until {token.ends_on}; give this to runs as SPOTIFY_REFRESH_TOKEN")
        return 0
    console.result("logged_in", save_login(token, token_file()), ends_on=token.ends_on)
    if TokenStore.from_environment().given:
        console.note("warning", "runs use SPOTIFY_REFRESH_TOKEN instead while it is set")
    return 0


def _purge(config: Config, options: argparse.Namespace, console: Console) -> int:
    if options.keep_days is None:
        raise ConfigError(
            "purge: --keep-days is missing, the number of days of raw answers to keep: ./run.sh purge --keep-days 90"
        )
    with exclusive(config.warehouse, "warehouse", console.waits):
        purged = purge(config, console.day - timedelta(days=options.keep_days - 1))
        console.result("purged", str(purged), **asdict(purged))
    return 0


def _verify(config: Config, _: argparse.Namespace, console: Console) -> int:
    with exclusive(config.warehouse, "warehouse", console.waits):
        verified = verify_all(config)
    console.result("verified", str(verified), **asdict(verified))
    return verified.exit_code


def _forget(config: Config, options: argparse.Namespace, console: Console) -> int:
    playlist = spotify_id(options.playlist, "playlist", "--playlist") if options.playlist else None
    with exclusive(config.warehouse, "warehouse", console.waits):
        forgotten = forget(config, Withdrawal(options.day, options.run, playlist))
        console.result("forgotten", str(forgotten), **asdict(forgotten))
    return 0


def _import(config: Config, options: argparse.Namespace, console: Console) -> int:
    request = Request(options.source, options.path, options.name, options.dry_run, options.strict, options.complete)
    seed = config.seeds / "playlists.csv"
    if options.watch and not (options.yes or options.dry_run or sys.stdin.isatty()):
        raise ConfigError("--watch: there is no terminal to ask on; add --yes, or --dry-run to see what it would add")
    with nullcontext() if options.dry_run else exclusive(config.warehouse, "import", console.waits):
        with progress_on(console) as progress:
            today, announce = console.clock.now().date(), lambda each: console.note("planned", each.plan())
            found = import_history(config, request, today, announce, progress.show)
        console.result("imported", str(found), **found.facts())
        if options.watch:
            _watch(seed, unwatched(seed, found.names), options, console)
    return PARTLY_READ if found.problems or found.not_written else 0


def _watch(seed: Path, names: dict[str, str], options: argparse.Namespace, console: Console) -> None:
    playlists = counted(len(names), "playlist")
    if options.dry_run or not names:
        console.result("watched", f"  --watch: {playlists} not yet in {seed}", playlists=len(names))
        return
    if not options.yes:
        print(f"Add {playlists} to {seed}? Each costs a request a day. [y/N] ", end="", flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            console.result("watched", "  --watch: not added", playlists=0)
            return
    watch(seed, names)
    console.result("watched", f"  added {playlists} to {seed}", playlists=len(names))


def _status(config: Config, _: argparse.Namespace, console: Console) -> int:
    try:
        found = status(config, console.day, console.clock.now())
    except NothingToWatchError as empty:
        console.result("status", f"no run yet. {empty}", exit_code=PARTLY_READ)
        return PARTLY_READ
    console.result("status", str(found), **asdict(found))
    return found.exit_code


def _sql(config: Config, options: argparse.Namespace, _: Console) -> int:
    run_sql(config, query_of(options.query, sys.stdin), options.format, sys.stdout)
    return 0


def _changes(config: Config, options: argparse.Namespace, console: Console) -> int:
    if options.digest:
        page = DIGEST_FORMATS[options.format](read_digest(config, options.digest))
        with printing(sys.stdout):
            sys.stdout.write(printable(fitting(page, options.format, sys.stdout.encoding or "utf-8"), sys.stdout))
        return 0
    asked = Asked(options.since, options.days, options.playlist, options.artist, options.track)
    found = read_changes(config, asked)
    encoding = sys.stdout.encoding or "utf-8"
    with printing(sys.stdout):
        text = fitting(FORMATS[options.format](found), options.format, encoding)
        text = printable(text, sys.stdout)
        sys.stdout.write(coloured("changes", text) if options.format == "text" and has_colours(sys.stdout) else text)
    if not found.changes and options.format not in ("text", "md"):
        console.note("nothing", heading(found))
    return 0


def _export(config: Config, options: argparse.Namespace, console: Console) -> int:
    with exclusive(config.database, "export", console.waits):
        exported = export(config, options.format, _into(config, options, "export"), options.only)
        console.result("exported", str(exported), **asdict(exported))
    return 0


def _into(config: Config, options: argparse.Namespace, default: str) -> Path:
    """Return where to write. Raises ConfigError for a place whose content can't be made again, or is published."""
    into: Path = (options.into or config.database.parent / default).absolute()
    kept = (config.warehouse, config.raw, config.database, config.seeds, config.handed_over, config.feed)
    if is_within(into, config.landing) or any(is_same(into, path) for path in kept):
        raise ConfigError(f"--into {into}: this program keeps what is there; choose another place")
    return into


def _docs(config: Config, options: argparse.Namespace, console: Console) -> int:
    with exclusive(config.warehouse, "warehouse", console.waits):
        documented = docs(config, _into(config, options, "docs.html"))
        console.result("documented", str(documented), **asdict(documented))
    return 0


def _report(config: Config, options: argparse.Namespace, console: Console) -> int:
    excerpt, page = Excerpt(tuple(options.playlist), options.days), _into(config, options, "report.html")
    reported = report(config, page / "report.html" if page.is_dir() else page, excerpt)
    console.result("reported", str(reported), **asdict(reported))
    return 0


HANDLERS: dict[str, Callable[[Config, argparse.Namespace, Console], int]] = {
    "status": _status,
    "changes": _changes,
    "report": _report,
    "sql": _sql,
    "export": _export,
    "docs": _docs,
    "login": _login,
    "import": _import,
    "purge": _purge,
    "forget": _forget,
    "verify": _verify,
}
"""Commands that are not steps of a daily run."""

ENGINES_OF = {
    "changes": ("duckdb", "spark"),
    "report": ("duckdb", "spark"),
    "sql": ("duckdb", "spark"),
    "export": ("duckdb", "spark"),
    "docs": ("duckdb",),
    "purge": ("duckdb",),
    "forget": ("duckdb",),
    "verify": ("duckdb",),
}
"""The engines of commands that need DuckDB files. Spark publishes such a file, but has no warehouse file."""


def _run_steps(config: Config, options: argparse.Namespace, console: Console, folder: Path) -> int:
    steps = STEPS if options.command == "daily" else (options.command,)
    target = target_of(config)
    exit_code = 0
    if options.command == "daily":
        for warning in check_rules(config):
            console.note("warning", warning)
    with ExitStack() as locks:
        if "extract" in steps:
            # Held to the end of a daily run: a second one waits, then finds everything done.
            locks.enter_context(exclusive(config.warehouse, f"worker-{config.batch_number}", console.waits))
            exit_code = _extract(config, console)
        if options.command == "daily":
            of_slices = _check_slices(config, console)
            exit_code = exit_code or of_slices
        if options.command != "extract":
            locks.enter_context(exclusive(config.warehouse, "warehouse", console.waits))
        if "load" in steps:
            loaded = target.load(config)
            console.result("loaded", str(loaded), **asdict(loaded))
        if options.command == "daily" and not _wants_everything(options) and target.is_published(config):
            console.result("unchanged", f"nothing new since {config.database} was published: not rebuilt")
            _pass_on(config, console, folder)
            _say_news(config, options, console)
            return exit_code
        if "build" in steps:
            how = BuildOptions(options.full_refresh, options.full_tests, options.forget_purged, options.log_format)
            built = target.build(config, how)
            console.result("built", str(built), **asdict(built))
        if "publish" in steps:
            published = target.publish(config)
            console.result("published", str(published), **asdict(published))
            if options.command == "daily":
                _pass_on(config, console, folder)
            _say_news(config, options, console)
    return exit_code


def _say_news(config: Config, options: argparse.Namespace, console: Console) -> None:
    """Print alarms, and at the end of a day what it shows of changes."""
    with _warning_of(console, f"the changes of {console.day} can't be shown"):
        for alarm in read_alarms(config):
            console.note("warning", alarm)
        if options.command == "daily":
            text, facts = summarize_day(config, console.day)
            console.result("changes", text, **facts)


def _pass_on(config: Config, console: Console, folder: Path) -> None:
    """Write the feed, and hand the changes to the command `on_change`, if there is one."""
    with _warning_of(console, f"{config.feed} is not renewed"):
        write_feed(config)
    if config.on_change.command:
        with _warning_of(console, "on_change: not all changes were handed over; the next daily run goes on"):
            hand_over(config, folder, console)


@contextmanager
def _warning_of(console: Console, what: str) -> Iterator[None]:
    """Turn a failure after publishing into a warning: the day is published whatever else happens."""
    try:
        yield
    except Exception as error:
        if isinstance(error, RuntimeError) and "interrupted" in str(error):
            raise
        console.note("warning", f"{what}: {error if isinstance(error, ExtractorError) else type(error).__name__}")


def _wants_everything(options: argparse.Namespace) -> bool:
    return bool(options.full_refresh or options.full_tests)


def _extract(config: Config, console: Console) -> int:
    credentials = Credentials.from_environment()
    if credentials.login and (warning := credentials.login.read().warning(console.clock.now().date())):
        console.note("warning", warning)

    if (last := last_instant(config.landing)) and last > console.clock.now():
        console.note(
            "warning",
            f"this machine's clock is at {console.clock.now():%Y-%m-%d %H:%M} UTC, but responses of "
            f"{last:%Y-%m-%d %H:%M} UTC have landed: if the clock is wrong, responses get wrong days; correct it, and "
            "withdraw them with ./run.sh forget",
        )

    def announce(plan: Plan) -> None:
        console.note("planned", f"{console.day}: {plan}", **asdict(plan))

    rng = random.Random()  # noqa: S311 (jitter, no secret)

    @cache
    def names() -> Mapping[str, str]:
        with suppress(ExtractorError):  # a name is worth no failure
            return target_of(config).report(config).names
        return {}

    run = RunContext(config, console.day, console.clock, progress_on(console), names)
    extraction = extract(run, credentials, rng, announce)
    console.result("extracted", extraction.summary, **extraction.facts)
    return extraction.exit_code


def _check_slices(config: Config, console: Console) -> int:
    """Warn of slices of the watch list that no worker has finished; return PARTLY_READ if there are any, else 0."""
    missing = unasked(config, read_day(config.landing, console.day)) if config.batch_size else None
    if not (missing and missing.slices):
        return 0
    console.note("warning", str(missing), **asdict(missing))
    return PARTLY_READ
