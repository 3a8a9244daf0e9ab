"""The container image: its content, its configuration, and the build script. (Linters check the rest.)"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from extractor.config.settings import read_config
from extractor.spotify.credentials import APP_VARIABLES
from tests.pipeline.harness import FILES, FOLDERS, REPO

CONFIGURATION = "examples/container.yaml"
LOCKS = ("requirements/run.txt", "requirements/postgres.txt")


def lines_of(name: str) -> list[str]:
    """Return the lines of a file without comments and empty lines."""
    return [line for line in (REPO / name).read_text().splitlines() if line and not line.startswith("#")]


def test_image_contains_only_what_is_needed_to_build_tables() -> None:
    everything, *rules = lines_of(".dockerignore")
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    assert everything == "*"
    assert let_in == {*FOLDERS, *FILES, CONFIGURATION, *LOCKS} - {"requirements", "run.sh"}
    copied = {source.rstrip("/") for source in re.findall(r"^COPY (\S+) \S+$", "\n".join(lines_of("Dockerfile")), re.M)}
    assert copied == {"requirements", ".", CONFIGURATION}


def test_all_persistent_files_are_in_the_volume() -> None:
    assert "VOLUME /data" in lines_of("Dockerfile")
    config = read_config(REPO / CONFIGURATION)
    for path in (config.seeds, config.landing, config.warehouse, config.database):
        assert path.is_relative_to("/data"), path
    services = yaml.safe_load((REPO / "compose.yaml").read_text())["services"]
    assert services["daily"]["volumes"] == ["data:/data", f"./seeds:{config.seeds}:ro"]


def test_compose_uses_a_build_argument_of_the_dockerfile() -> None:
    build = yaml.safe_load((REPO / "compose.yaml").read_text())["services"]["daily"]["build"]
    (target,) = build["args"].values()
    assert {f"ARG {name}=" for name in build["args"]} <= set(lines_of("Dockerfile"))
    assert f"requirements/{target}.txt" in LOCKS


def test_env_file_template_is_empty_and_the_env_file_is_ignored_by_git() -> None:
    assert lines_of(".env.example") == [f"{name}=" for name in (*APP_VARIABLES, "PGPASSWORD")]
    assert ".env" in lines_of(".gitignore")


FAKE = """#!/bin/sh
case $1 in
    info) exit {code} ;;
    *) echo "$BUILDAH_FORMAT: $*" ;;
esac
"""


@pytest.mark.parametrize(("arguments", "image"), [((), "latest"), (("postgres",), "postgres")])
def test_image_is_built_by_the_container_engine_that_responds(
    tmp_path: Path, arguments: tuple[str, ...], image: str
) -> None:
    built = build(tmp_path, {"docker": 1, "podman": 0}, *arguments)
    assert built.stdout == (
        f"docker: build --build-arg TARGET={''.join(arguments)} --tag spotify-track-history:{image} .\n"
    )


def test_image_build_fails_without_a_container_engine(tmp_path: Path) -> None:
    built = build(tmp_path, {"docker": 1})
    assert built.returncode == 2
    assert "error: neither docker nor podman answers here" in built.stderr


def build(folder: Path, engines: dict[str, int], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the script with only these container engines; the value is the exit code of `info`."""
    for program in ("bash", "dirname"):
        (folder / program).symlink_to(str(shutil.which(program)))
    for name, code in engines.items():
        (folder / name).write_text(FAKE.format(code=code))
        (folder / name).chmod(0o755)
    command = [str(REPO / "build_docker_image.sh"), *arguments]
    return subprocess.run(command, env={"PATH": str(folder)}, capture_output=True, text=True, check=False)
