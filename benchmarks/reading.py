"""peers, extract: the same playlists and tracks read by this project, and by a plain program that uses spotipy."""

from __future__ import annotations

from benchmarks.bench import Bench, Project, run
from benchmarks.fixed_cost import watch
from benchmarks.results import Result
from extractor.simulator.faults import Fault
from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.server import Simulator

LATENCY = 0.08
LISTS = 100
LISTS_A_CHANGING_ONE = 10


def measure(bench: Bench) -> list[Result]:
    """Measure a day on which nine of ten playlists are unchanged; half have one page, half have three."""
    if absence := bench.environment.absence:
        return [Result("peers, extract", f"spotipy {absence}")]
    lists = (
        f"list {number}: {{size: {(60, 240)[number % 2]}, churn: {0 if number % LISTS_A_CHANGING_ONE else 0.05}}}"
        for number in range(LISTS)
    )
    world = GeneratedWorld.from_text(f"{{tracks: 5000, days: 2, playlists: {{{', '.join(lists)}}}}}")
    yesterday, today = world.days
    with Simulator(world, yesterday, [Fault("/v1/", day=today, delay=LATENCY)]) as simulator:
        api = {"base_url": simulator.base_url, "token_url": simulator.token_url}
        project = Project(bench.folder / "reading", api=api)
        watch(project, world.playlist_ids)
        project.run("extract", "--date", str(yesterday), "--insist", environment=simulator.credentials)
        before = simulator.count("^/v1/")
        simulator.day = today
        for playlist_id in world.playlist_ids:  # else the first request waits until the world is generated
            world.playlist(playlist_id, today)
        ours = project.run("extract", "--date", str(today), "--insist", environment=simulator.credentials)
        our_requests = simulator.count("^/v1/") - before
        ids = bench.folder / "playlists"
        ids.write_text("\n".join(world.playlist_ids), encoding="utf-8")
        program = [bench.environment.python, "-m", "benchmarks.peers.spotipy_program"]
        program += [*api.values(), str(ids), str(bench.folder / "answers")]
        login = {name.replace("SPOTIFY", "SPOTIPY"): value for name, value in simulator.credentials.items()}
        theirs = run(program, bench.folder / "log", login)
        their_requests = simulator.count("^/v1/") - before - our_requests
    told = f"{our_requests} requests, {ours.seconds:.1f} s; spotipy {their_requests} requests, {theirs.seconds:.1f} s"
    met = our_requests < their_requests and ours.seconds < theirs.seconds
    numbers = {
        "requests": our_requests,
        "seconds": ours.seconds,
        "spotipy_requests": their_requests,
        "spotipy_seconds": theirs.seconds,
        "requests_without_yesterday": before,
    }
    return [Result("peers, extract", told, "fewer, and faster", met, numbers)]
