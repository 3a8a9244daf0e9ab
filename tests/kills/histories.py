"""Four days in two projects: one undisturbed, one in which every command is killed repeatedly."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from tests.kills.killing import Attempt, Moment, after, appeared, asked, kill, landed, logged, replaced, said
from tests.kills.watching import Sight, State, Watcher, state_of
from tests.pipeline.harness import Project

DAYS = tuple(date(2026, 1, 1) + timedelta(days=number) for number in range(4))
STEPS = ("extract", "load", "build", "publish")

WORLD = """
first_day: 2026-01-01
days: 4
tracks: 150
playlists:
  churning: {size: 30, churn: 0.3, returns: 0.6, pool: [0, 50]}
  still: {size: 105, pool: [10, 150]}
  editorial: {owner: spotify, size: 20, churn: 0.2, claims_rewritten: true, stuck_snapshot: true, pool: [40, 80]}
  zeros: {size: 15, churn: 0.2, list_popularity_zero: 0.5, pool: [100, 130]}
  outage: {size: 12, churn: 0.1, pool: [120, 150], events: {2026-01-02: {status: 404}}}
histories:
  written: {days: {2026-01-01: [A, B, B, C], 2026-01-02: [{null: A}, B], 2026-01-03: [], 2026-01-04: [A, C]}}
"""

MODEL_BUILT = r"Finished running node model\."
MODEL_COMMITS = r"On model\.\S+: COMMIT"
MODEL_REPLACED = r"create or replace (table|view)"
DBT_ENDED = r"Completed successfully"


@dataclass(frozen=True)
class Day:
    """An undisturbed day: its durations, and what it published."""

    seconds: dict[str, float]
    state: State


def undisturbed_day(project: Project, day: date) -> Day:
    """Run all steps of a day, one after the other."""
    seconds = {}
    for command in STEPS:
        finished = project.run(command, day)
        assert finished.exit_code in (0, 3), finished.told
        seconds[command] = finished.seconds
    return Day(seconds, state_of(project.database))


@dataclass
class Disturbed:
    """The same days, with kills at moments chosen by the seed, and a watcher of the published file."""

    project: Project
    undisturbed: Sequence[Future[Day]]
    seed: int
    attempts: list[Attempt] = field(default_factory=list)
    published: dict[date, State] = field(default_factory=dict)
    sight: Sight | None = None

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)

    @property
    def told(self) -> str:
        """Return the context shown with every failure."""
        return f"KILLS_SEED={self.seed}\n" + "\n".join(map(str, self.attempts))

    @property
    def kills(self) -> Counter[str]:
        """Return the number of kills by command."""
        return Counter(attempt.command for attempt in self.attempts if attempt.killed)

    def live(self) -> None:
        """Run all days."""
        with Watcher(self.project.database) as watcher:
            for number, live in enumerate((self._first_day, self._second_day, self._third_day, self._last_day)):
                live(DAYS[number])
            self.sight = watcher.stop()

    def _first_day(self, day: date) -> None:
        """Start from scratch: no landing folder, no warehouse, no published file."""
        self._kill("extract", day, asked(self.chance.randint(1, 4)), landed(1), landed(self.chance.randint(2, 12)))
        self._finish("extract", day)
        self._kill("load", day, appeared("*.wal"), appeared("*.wal", self.chance.uniform(0, 0.01)))
        self._finish("load", day)
        self._kill("build", day, logged(MODEL_BUILT, self.chance.randint(1, 12)))
        self._finish("build", day)
        self._kill("publish", day, appeared(), appeared("*", self.chance.uniform(0, 0.1)))
        self._publish(day)

    def _second_day(self, day: date) -> None:
        """Load killed runs before the day is complete; it is never built completely, so never published."""
        self._kill("extract", day, landed(self.chance.randint(2, 12)), self._sometime("extract"))
        self._kill("load", day, self._sometime("load"))
        self._finish("load", day)
        self._kill("extract", day, asked(self.chance.randint(2, 6)))
        self._finish("extract", day)
        self._kill("load", day, said("loaded", stepped=True), self._sometime("load"))
        self._finish("load", day)
        self._kill("build", day, self._sometime("build"), logged(MODEL_COMMITS, self.chance.randint(1, 40)))

    def _third_day(self, day: date) -> None:
        """Build two days on the remains of two killed builds, and kill this build as soon as dbt is done."""
        self._kill("extract", day, *(self._sometime("extract") for _ in range(2)))
        self._finish("extract", day)
        self._kill("load", day, appeared("*.wal", self.chance.uniform(0, 0.01)), self._sometime("load"))
        self._finish("load", day)
        self._kill("build", day, logged(DBT_ENDED))
        self._finish("build", day)
        self._kill("publish", day, self._sometime("publish"), appeared("*", self.chance.uniform(0, 0.1)), replaced())
        self._publish(day)

    def _last_day(self, day: date) -> None:
        """Run the day as a scheduler does."""
        self._kill("daily", day, landed(self.chance.randint(1, 12)), said("loaded"), self._sometime("extract"))
        self._kill("daily", day, logged(MODEL_REPLACED, self.chance.randint(1, 12)), said("built"))
        self._publish(day, "daily")

    def _sometime(self, command: str) -> Moment:
        """Return a moment, uniform over the duration of the step on the undisturbed first day."""
        whole = self.undisturbed[0].result().seconds[command]
        return after(self.chance.uniform(0, whole), f" of {whole:.3f} s")

    def _kill(self, command: str, day: date, *moments: Moment) -> None:
        """Kill the command at each moment. If it ended before, kill it again within the duration just measured."""
        for moment in moments:
            attempt = self._try_to_kill(command, day, moment)
            if not attempt.killed:
                seconds = self.chance.uniform(0, attempt.seconds)
                self._try_to_kill(command, day, after(seconds, f" of {attempt.seconds:.3f} s"))

    def _try_to_kill(self, command: str, day: date, moment: Moment) -> Attempt:
        attempt = kill(self.project, command, day, moment)
        self.attempts.append(attempt)
        assert attempt.killed or attempt.exit_code in (0, 3), f"{attempt.told}\n{self.told}"
        return attempt

    def _finish(self, command: str, day: date) -> None:
        finished = self.project.run(command, day)
        assert finished.exit_code in (0, 3), f"{command} of {day} run again: {finished.told}\n{self.told}"

    def _publish(self, day: date, command: str = "publish") -> None:
        self._finish(command, day)
        self.published[day] = state_of(self.project.database)
