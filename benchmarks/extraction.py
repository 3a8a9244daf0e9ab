"""extract: the wall time of a run compared with the minimum given by latency and rate limit; and its memory."""

from __future__ import annotations

from benchmarks.bench import Bench, Project
from benchmarks.fixed_cost import watch
from benchmarks.results import Result, ratio
from extractor.simulator.faults import Fault
from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.identifiers import spotify_id
from extractor.simulator.server import Simulator
from extractor.simulator.window import Window

LATENCY = 0.08
IN_FLIGHT = 2
WINDOW_SECONDS = 30.0
MOST_MEMORY = 250e6


def measure(bench: Bench) -> list[Result]:
    """Measure playlists of one page, one request each; then many tracks, without latency, for the memory."""
    lists, window = (20, 100) if bench.quick else (450, 100)
    wall, requests = _paced(bench, lists, window)
    # The first window's requests may be sent at once; further ones as the window rolls on.
    allowed = max(requests * LATENCY / IN_FLIGHT, (requests - 1) // window * WINDOW_SECONDS)
    told = f"{wall:.1f} s for {requests} requests, allowed in {allowed:.1f} s at {window} in {WINDOW_SECONDS:.0f} s"
    pace = ratio("extract", wall / allowed, 1.1, told, seconds=wall, allowed_seconds=allowed, requests=requests)
    tracks = 2_000 if bench.quick else 100_000
    memory = _of_many_tracks(bench, tracks)
    told = f"{memory / 1e6:.0f} MB at {tracks:,} tracks"
    met = memory <= MOST_MEMORY
    return [pace, Result("extract, memory", told, f"≤ {MOST_MEMORY / 1e6:.0f} MB", met, {"memory_bytes": memory})]


def _paced(bench: Bench, lists: int, window: int) -> tuple[float, int]:
    names = ", ".join(f"list {number}: {{size: 10}}" for number in range(lists))
    world = GeneratedWorld.from_text(f"{{tracks: 500, days: 1, playlists: {{{names}}}}}")
    with Simulator(world, faults=[Fault("/v1/", delay=LATENCY)]) as simulator:
        project = _project(bench, "pace", simulator)
        watch(project, world.playlist_ids)
        simulator.window = Window(window, WINDOW_SECONDS)
        ran = project.run("extract", "--date", str(world.days[0]), "--insist", environment=simulator.credentials)
        answered = sum(request.status == 200 and "/v1/" in request.path for request in simulator.requests)
    return ran.seconds, answered


def _of_many_tracks(bench: Bench, tracks: int) -> int:
    world = GeneratedWorld.from_text(f"{{seed: many, tracks: {tracks}, days: 1, playlists: {{a list: {{size: 10}}}}}}")
    with Simulator(world) as simulator:
        project = _project(bench, "memory", simulator, tracks_file="tracks.txt")
        watch(project, ())
        ids = "".join(f"{spotify_id(f'many/track/{number}')}\n" for number in range(tracks))
        (project.folder / "tracks.txt").write_text(ids, encoding="utf-8")
        ran = project.run("extract", "--date", str(world.days[0]), "--insist", environment=simulator.credentials)
    return ran.memory


def _project(bench: Bench, name: str, simulator: Simulator, **options: object) -> Project:
    api = {"base_url": simulator.base_url, "token_url": simulator.token_url, "max_in_flight": IN_FLIGHT}
    return Project(bench.folder / name, api=api, **options)
