"""The commands behind ./run.sh, which are also those of `python -m extractor`: see --help."""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import timedelta

from extractor.cli.console import Console
from extractor.cli.on_failure import tell_failure
from extractor.cli.options import STEPS, read_options
from extractor.cli.progress import progress_on
from extractor.clock import Clock
from extractor.config.settings import TARGETS, Config, read_config
from extractor.engines.base import BuildOptions
from extractor.engines.duckdb.files import check_paths
from extractor.engines.duckdb.purge import purge
from extractor.engines.registry import target_of
from extractor.errors import PARTLY_READ, ConfigError, ExtractorError
from extractor.extract.plan import Plan, unasked
from extractor.extract.run import extract
from extractor.landing.day import remember_day
from extractor.lock import alone
from extractor.outputs.docs import docs
from extractor.outputs.export import export
from extractor.outputs.report.report import report
from extractor.outputs.status import status
from extractor.spotify.credentials import Credentials
from extractor.spotify.login import ask_user, keep_login
from extractor.spotify.token_store import UserLogin, token_file

INTERRUPTED = 130


def main(arguments: Sequence[str], clock: Clock | None = None) -> int:
    """Run a command; returns the exit code. Errors go to standard error in one sentence, without a traceback."""
    clock = clock or Clock()
    options = read_options(arguments)
    day = options.date or clock.now().date()
    console = Console(clock, day, options.log_format)
    config = Config()
    exit_code = 1  # of what nobody has foreseen, which goes its way
    try:
        config = read_config(options.config)
        config = replace(config, target=options.target or config.target)
        check_paths(config.warehouse, config.raw, config.database)
        if day > clock.now().date():
            raise ConfigError(f"--date {day}: a day that is still to come can't have been observed (days are UTC)")
        if config.target not in WORKS_ON.get(options.command, TARGETS):
            raise ConfigError(f"{options.command}: works on DuckDB's files; there are none with target {config.target}")
        if options.command in ASIDE:
            exit_code = ASIDE[options.command](config, options, console)
        else:
            exit_code = _run(config, options, console)
    except ExtractorError as error:
        console.note("error", str(error), exit_code=error.exit_code)
        exit_code = error.exit_code
    except KeyboardInterrupt:
        console.note("interrupted", "interrupted: what was answered is landed; the same command asks only for the rest")
        exit_code = INTERRUPTED
    finally:
        if options.command == "daily" and config.on_failure and exit_code not in (0, INTERRUPTED):
            tell_failure(config.on_failure, options.config.parent, exit_code, console)
    return exit_code


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


def _purge(config: Config, options: argparse.Namespace, console: Console) -> int:
    if options.keep_days is None:
        raise ConfigError("purge: say how many days of raw answers to keep: ./run.sh purge --keep-days 90")
    with alone(config.warehouse, "warehouse", console.waits):
        purged = purge(config, console.day - timedelta(days=options.keep_days - 1))
        console.result("purged", str(purged), **asdict(purged))
    return 0


def _status(config: Config, _: argparse.Namespace, console: Console) -> int:
    found = status(config, console.day, console.clock.now())
    console.result("status", str(found), **asdict(found))
    return found.exit_code


def _export(config: Config, options: argparse.Namespace, console: Console) -> int:
    with alone(config.database, "export", console.waits):
        exported = export(config, options.format, options.into or config.database.parent / "export")
        console.result("exported", str(exported), **asdict(exported))
    return 0


def _docs(config: Config, options: argparse.Namespace, console: Console) -> int:
    with alone(config.warehouse, "warehouse", console.waits):
        documented = docs(config, options.into or config.database.parent / "docs.html")
        console.result("documented", str(documented), **asdict(documented))
    return 0


def _report(config: Config, options: argparse.Namespace, console: Console) -> int:
    reported = report(config, options.into or config.database.parent / "report.html")
    console.result("reported", str(reported), **asdict(reported))
    return 0


ASIDE: dict[str, Callable[[Config, argparse.Namespace, Console], int]] = {
    "status": _status,
    "report": _report,
    "export": _export,
    "docs": _docs,
    "login": _login,
    "purge": _purge,
}
"""Commands that are no step of a daily run."""

WORKS_ON = {"report": ("duckdb", "spark"), "export": ("duckdb", "spark"), "docs": ("duckdb",), "purge": ("duckdb",)}
"""Targets of commands that work on DuckDB's files: Spark has a published one, but no warehouse."""


def _run(config: Config, options: argparse.Namespace, console: Console) -> int:
    command, day = options.command, console.day
    steps = STEPS if command == "daily" else (command,)
    target = target_of(config)
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
            loaded = target.load(config)
            console.result("loaded", str(loaded), **asdict(loaded))
        if command == "daily" and not (options.full_refresh or options.full_tests) and target.is_published(config):
            console.result("unchanged", f"nothing new since the last publication of {config.database}: not built again")
            return exit_code
        if "build" in steps:
            how = BuildOptions(options.full_refresh, options.full_tests, options.forget_purged, options.log_format)
            built = target.build(config, how)
            console.result("built", str(built), **asdict(built))
        if "publish" in steps:
            published = target.publish(config)
            console.result("published", str(published), **asdict(published))
    return exit_code
