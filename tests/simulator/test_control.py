"""The simulator as a program, and its control requests."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import requests

from extractor.simulator.identifiers import spotify_id
from tests.simulator.reader import Serve

ROOT = Path(__file__).resolve().parents[2]
WORLD = """
histories:
  watch: {label: watched, days: {2026-01-01: [A], 2026-01-02: [B]}}
faults: [{path: ., times: 1, status: 500}]
"""


def test_day_can_be_changed_by_a_control_request(serve: Serve) -> None:
    reader = serve(WORLD.partition("faults")[0])
    url, path = reader.simulator.url, f"playlists/{spotify_id('watch')}?fields=items(items(item(name)))"
    names = []
    for day in ("2026-01-01", "2026-01-02"):
        answer = requests.put(f"{url}/simulator/day", data=day, timeout=5)
        assert (answer.status_code, answer.json()) == (200, {"day": day})
        names.append(reader.json(path)["items"]["items"][0]["item"]["name"])
    assert names == ["A", "B"]
    wrong = requests.put(f"{url}/simulator/day", data="tomorrow", timeout=5)
    assert (wrong.status_code, "tomorrow" in wrong.text) == (400, True)
    assert reader.simulator.day == date(2026, 1, 2)


def test_control_requests_return_playlists_and_counts_without_being_counted(serve: Serve) -> None:
    reader = serve(WORLD.partition("faults")[0])
    url = reader.simulator.url
    reader.get(f"playlists/{spotify_id('watch')}")
    reader.get(f"tracks?ids={spotify_id('A')}")
    reader.get("nonsense")
    assert requests.get(f"{url}/simulator/playlists", timeout=5).json() == {
        "day": "2026-01-01",
        "days": ["2026-01-01", "2026-01-02"],
        "playlists": [{"playlist_id": spotify_id("watch"), "label": "watched"}],
    }
    assert requests.get(f"{url}/simulator/nonsense", timeout=5).status_code == 404
    assert requests.get(f"{url}/simulator/requests", timeout=5).json() == {
        "GET /v1/nonsense": 1,
        "GET /v1/playlists/{id}": 1,
        "GET /v1/tracks": 1,
        "POST /api/token": 1,
    }


@pytest.fixture
def program(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run the simulator in its own process."""
    (tmp_path / "world.yaml").write_text(WORLD)
    command = [sys.executable, "-m", "extractor.simulator", "--scenario", str(tmp_path / "world.yaml")]
    with subprocess.Popen(
        [*command, "--day", "2026-01-02"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_program_prints_its_address_and_stops_on_a_signal(program: "subprocess.Popen[str]", number: int) -> None:
    assert program.stdout is not None
    printed = ""
    while "watched" not in printed:
        line = program.stdout.readline()
        assert line, program.communicate()
        printed += line
    assert re.findall(r"export (\w+)=(\S+)", printed) == [
        ("SPOTIFY_CLIENT_ID", "simulator"),
        ("SPOTIFY_CLIENT_SECRET", "simulator-secret"),
    ]
    assert f"{spotify_id('watch')}  watched" in printed
    token_url, base_url = (re.findall(rf"{name}_url: (\S+)", printed)[0] for name in ("token", "base"))
    asked = requests.get(f"{base_url.removesuffix('/v1')}/simulator/playlists", timeout=5)
    assert asked.json()["day"] == "2026-01-02"
    # The rule of the scenario applies to the first request of the Spotify API, not to control requests.
    assert [requests.post(token_url, timeout=5).status_code for _ in range(2)] == [500, 400]
    program.send_signal(number)
    output, errors = program.communicate(timeout=10)
    assert (program.returncode, errors) == (0, "")
    assert "stopped after 2 requests" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scenario", "{folder}/wrong.yaml"], "wrong.yaml: playlist: unknown key"),
        (["--scenario", "{folder}/missing.yaml"], "missing.yaml: No such file"),
        (["--replay", "{folder}"], "snapshots.parquet"),
        (["--scenario", "{folder}/wrong.yaml", "--replay", "{folder}"], "not allowed with"),
        (["--scenario", "{folder}/wrong.yaml", "--day", "tomorrow"], "not a day: 'tomorrow'"),
        ([], "one of the arguments --scenario --replay is required"),
    ],
)
def test_wrong_arguments_are_explained(tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "wrong.yaml").write_text("playlist: {}")
    ended = run(*(each.format(folder=tmp_path) for each in arguments))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_port_in_use_is_named(tmp_path: Path, serve: Serve) -> None:
    (tmp_path / "world.yaml").write_text(WORLD)
    taken = serve(WORLD.partition("faults")[0]).simulator.url.rpartition(":")[2]
    ended = run("--scenario", str(tmp_path / "world.yaml"), "--port", taken)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"simulator: port {taken}: Address already in use\n"


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "extractor.simulator", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
