"""The documentation: dbt's page, comments in the published file, README.md and docs/; every code block is run."""

import io
import json
import re
import shlex
import subprocess
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt.cli.main import cli

from extractor.cli.commands import main
from extractor.cli.options import COMMANDS, read_options
from extractor.config.settings import read_config
from extractor.engines.functions import FUNCTIONS, Function
from extractor.imports.neutral import columns_of, missing_columns
from tests.cluster import Database
from tests.conftest import Demo
from tests.functions.conftest import copy_marts
from tests.pipeline.docs_pages import (
    DATA_MODEL,
    GENERATED,
    INLINE_CODE,
    LINK,
    PAGES,
    PARAMETERS,
    README,
    Block,
    anchors,
    answer,
    blocks,
    blocks_in,
    commands,
    contracts,
    inline_queries,
    prose,
    tables_of_marts,
)
from tests.pipeline.harness import REPO

pytestmark = pytest.mark.slow

DOCS = REPO / "docs"
PRESENT = [page for page in PAGES if page.name != "CHANGELOG.md"]
"""Pages about the present: a changelog also has names of the past."""

ANALYSES = sorted(path.name for path in (REPO / "analyses").glob("*.sql"))
LOADED_BY_A_BROWSER = re.compile(rb"""<(?:script|img|iframe)[^>]*\ssrc=["']?[^"'$ >]+|<link[^>]*\shref=["']?https?:""")

LANGUAGES = {"sql", "sql postgres", "sql spark", "sql adapter", "shell", "text", "json", "yaml", "jinja", "mermaid"}
"""Blocks that are tested. `sql` runs on the demo, `sql postgres` on a server, `sql adapter` on a table; `jinja` is what
test_endpoints builds."""

MAX_README_LINES = 170

SYSTEM_PROGRAMS = (
    "apt-get",
    "cd",
    "cp",
    "curl",
    "datasette",
    "echo",
    "export",
    "git",
    "jupyter",
    "mkdir",
    "pip",
    "tar",
)
"""Programs in shell blocks that are not ours: they are not run."""

FOREIGN_OPTIONS = (
    "--cap-drop",
    "--env-file",
    "--fast",
    "--init-sql",
    "--no-healthcheck",
    "--read-only",
    "--read-write",
    "--rm",
    "--strict",
    "--userns",
)
"""Options in the text that are those of docker, podman, mypy, an MCP server, or of tests/run.sh."""

PLACEHOLDERS = {"COMMAND": "daily", "CONFIG": "config.yaml", "DAY": "2026-01-30", "ENGINE": "duckdb", "N": "9"}

CHECKOUT_COMMANDS = ("test", "lint", "lock", "bench")
"""Commands of run.sh itself."""

RUN_ON_THE_DEMO = ("status", "changes", "report", "export", "sql")
"""Commands that need no account and take about a second."""


@dataclass(frozen=True)
class Documented:
    """The page that ./run.sh docs wrote for the demo, and its dbt artifacts."""

    page: bytes
    folder: Path

    def artifact(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_bytes())
        return content


@pytest.fixture(scope="module")
def documented(demo: Demo) -> Documented:
    command = [str(REPO / "run.sh"), "docs", "--config", str(demo.folder / "config.yaml")]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return Documented((demo.folder / "docs.html").read_bytes(), demo.folder / "dbt-docs")


@pytest.fixture(scope="module")
def marts() -> dict[str, dict[str, str]]:
    """Return the columns of each mart with their types, from the contracts."""
    return {mart["name"]: {column["name"]: column["data_type"] for column in mart["columns"]} for mart in contracts()}


# dbt's documentation, and the comments in the published file


def test_dbt_docs_are_one_self_contained_file(documented: Documented) -> None:
    assert documented.page.startswith(b"<!doctype html>")
    assert not LOADED_BY_A_BROWSER.findall(documented.page)
    for name in (b"model.spotify.tracks_in_playlist", b"exposure.spotify.report", b"analysis.spotify.stays_of_a_track"):
        assert name in documented.page


def test_build_can_be_published_after_docs(documented: Documented, demo: Demo) -> None:
    assert documented.page
    command = [str(REPO / "run.sh"), "publish", "--config", str(demo.folder / "config.yaml")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("kind", ["nodes", "sources"])
def test_every_dbt_table_has_descriptions(documented: Documented, kind: str) -> None:
    known = documented.artifact("manifest")[kind]
    tables = documented.artifact("catalog")[kind]
    assert tables
    for name, table in tables.items():
        assert known[name]["description"], name
        if kind == "sources" or known[name]["original_file_path"].startswith("models/marts"):
            described = {column for column, about in known[name]["columns"].items() if about["description"]}
            assert described == set(table["columns"]), name


def test_every_table_column_and_function_of_the_published_file_has_a_comment(demo: Demo) -> None:
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        comments = connection.execute(
            "select table_name, comment from duckdb_tables() where schema_name = 'main' union all "
            "select view_name, comment from duckdb_views() where schema_name = 'main' and not internal union all "
            "select table_name || '.' || column_name, comment from duckdb_columns() "
            "where schema_name = 'main' and not internal union all "
            "select function_name, comment from duckdb_functions() where not internal"
        ).fetchall()
    assert len(comments) > 90
    assert [name for name, comment in comments if not comment] == []


@pytest.mark.parametrize("analysis", ANALYSES)
def test_every_analysis_runs_on_the_published_file_and_returns_rows(
    documented: Documented, demo: Demo, analysis: str
) -> None:
    query = (documented.folder / "compiled" / "spotify" / "analyses" / analysis).read_text(encoding="utf-8")
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        assert connection.execute(query).fetchall()


# Pages and links


def test_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= MAX_README_LINES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_every_link_target_exists(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if re.match(r"https?:", link):
            continue
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_linked_from_the_readme() -> None:
    reached, to_visit = set[Path](), [README]
    while to_visit:
        page = to_visit.pop().resolve()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        to_visit += [page.parent / link.split("#")[0] for link in LINK.findall(prose(page)) if not link.startswith("#")]
    assert [page for page in PAGES if page not in reached] == []


@pytest.mark.parametrize("page", PRESENT, ids=lambda page: str(page.relative_to(REPO)))
def test_every_path_in_the_docs_exists(page: Path) -> None:
    folders = {path.name for path in REPO.iterdir() if path.is_dir()} - {"data"}
    for code in INLINE_CODE.findall(prose(page)):
        if re.fullmatch(r"[\w-]+(/[\w.-]+)+/?", code) and code.split("/")[0] in folders:
            assert (REPO / code).exists(), code


# SQL blocks


def test_every_block_has_a_tested_language() -> None:
    languages = {f"{block.language} {block.info}".strip() for page in PAGES for block in blocks(page)}
    assert languages <= LANGUAGES


@pytest.mark.parametrize("block", blocks_in("sql"), ids=lambda block: block.name)
def test_every_sql_block_returns_the_output_below_it(demo: Demo, block: Block) -> None:
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        output = answer(connection, block.text)
    assert output.count("\n") > 2, "no rows"
    if block.output is not None:
        assert block.output == output, "python -m tests.pipeline.docs_refresh rewrites it"


@pytest.mark.parametrize(("page", "query"), inline_queries())
def test_every_inline_query_returns_rows(demo: Demo, page: str, query: str) -> None:
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        assert answer(connection, query).count("\n") > 2, page


def test_every_postgresql_block_runs_on_a_server(demo: Demo, server: Database) -> None:
    copy_marts(demo.database, server)
    found = blocks_in("sql", "postgres")
    assert found
    for block in found:
        server.rows(block.text)


def test_every_adapter_block_gives_the_neutral_columns() -> None:
    found = blocks_in("sql", "adapter")
    assert found
    with duckdb.connect() as connection:
        connection.execute(
            "create view input as select '' as playlist, '' as date, '' as nr, '' as song, '' as filename"
        )
        for block in found:
            connection.execute(f"create or replace view mapped as {block.text}")
            assert missing_columns(columns_of(connection, "mapped")) == []


@pytest.mark.parametrize("block", blocks_in("sql", "spark"), ids=lambda block: block.name)
def test_every_spark_sql_block_runs(block: Block) -> None:
    pytest.skip(f"{block.name} needs a Spark session of a minute; tests/spark calls the same functions")


# Shell blocks and commands


@pytest.mark.parametrize("block", blocks_in("shell"), ids=lambda block: block.name)
def test_every_command_in_a_shell_block_exists_with_its_options(block: Block) -> None:
    found = commands(block)
    assert found
    for command in found:
        check_command(command)


def check_command(words: list[str]) -> None:
    """Fail unless a command is accepted by the project's own parser, or is a system program."""
    program, *arguments = words
    match program:
        case "./run.sh":
            check_own(arguments)
        case ".venv/bin/dbt":
            check_dbt(arguments)
        case ".venv/bin/python" if arguments[0] == "-m":
            assert find_spec(arguments[1]), arguments
        case ".venv/bin/python" | "python3":
            assert (REPO / arguments[0]).exists(), arguments
        case "docker":
            check_docker(arguments)
        case _ if program.startswith("./"):
            assert (REPO / program).exists(), program
        case _:
            assert program in SYSTEM_PROGRAMS, words


def check_own(arguments: list[str]) -> None:
    if arguments and arguments[0] in CHECKOUT_COMMANDS:
        assert re.search(rf"^ +{arguments[0]}\)$", (REPO / "run.sh").read_text(encoding="utf-8"), re.MULTILINE)
        paths = [word for word in arguments if word.startswith("tests/")]
        assert [path for path in paths if not (REPO / path).exists()] == []
        return
    try:
        read_options(arguments)
    except SystemExit as end:
        assert end.code in (0, None), arguments


def check_dbt(arguments: list[str]) -> None:
    [name] = [word for word in arguments if word in cli.commands]
    cli.commands[name].make_context(name, [word for word in arguments if word != name])
    selected = arguments[arguments.index("--select") + 1].strip("+")
    assert [*REPO.glob(f"models/**/{selected}.sql"), *REPO.glob(f"analyses/{selected}.sql")], selected


def check_docker(arguments: list[str]) -> None:
    if arguments[0] != "compose":
        assert "spotify-track-history" in arguments
        return
    services = yaml.safe_load((REPO / "compose.yaml").read_text(encoding="utf-8"))["services"]
    service, *command = [word for word in arguments[2:] if not word.startswith("-")]
    assert service in services
    check_own(command)


@pytest.mark.parametrize("block", blocks_in("shell"), ids=lambda block: block.name)
def test_cheap_commands_of_shell_blocks_run_on_the_demo(
    demo: Demo, block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "query.sql").write_text("from playlists")
    for program, *arguments in commands(block):
        if program == "./run.sh" and arguments and arguments[0] in RUN_ON_THE_DEMO:
            words = [word.replace("~", str(tmp_path)) for word in arguments if word != "--demo"]
            if words[0] == "export" and "--into" not in words:
                words += ["--into", "export"]
            assert main([*words, "--config", str(demo.folder / "config.yaml")]) == 0, words


@pytest.mark.parametrize("page", PRESENT, ids=lambda page: str(page.relative_to(REPO)))
def test_every_inline_command_is_accepted(page: Path) -> None:
    for code in INLINE_CODE.findall(prose(page)):
        if code.startswith("./run.sh") and "…" not in code and not re.search(r"[;|&<]", code):
            check_own([PLACEHOLDERS.get(word, word) for word in shlex.split(code)[1:]])


@pytest.fixture(scope="module")
def options() -> set[str]:
    """Return every option that the help of a command shows."""
    shown = io.StringIO()
    for command in COMMANDS:
        with redirect_stdout(shown), pytest.raises(SystemExit):
            read_options([command, "--help"])
    return {*re.findall(r"--[a-z-]+", shown.getvalue()), "--version"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_every_inline_option_exists(page: Path, options: set[str]) -> None:
    named = [code.split()[0] for code in INLINE_CODE.findall(prose(page)) if code.startswith("--")]
    assert [option for option in named if option not in options and option not in FOREIGN_OPTIONS] == []


def test_every_command_is_in_the_command_table() -> None:
    operating = (DOCS / "operating.md").read_text(encoding="utf-8")
    assert [command for command in COMMANDS if f"`./run.sh {command}" not in operating] == []


def test_every_exit_code_is_documented() -> None:
    operating = (DOCS / "operating.md").read_text(encoding="utf-8").split("## Exit codes")[1]
    assert set(re.findall(r"^\| (\d+) \|", operating, re.MULTILINE)) == {"0", "1", "2", "3", "75", "130"}


# Configuration


def test_every_config_example_is_accepted(tmp_path: Path) -> None:
    found = [block.text for block in blocks_in("yaml") if block.text.startswith("# config.yaml")]
    assert len(found) > 2
    for text in found:
        (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
        read_config(tmp_path / "config.yaml")


# The data model, functions and architecture


def test_data_model_tables_match_the_contracts() -> None:
    [(_, generated, _)] = GENERATED.findall(DATA_MODEL.read_text(encoding="utf-8"))
    assert generated == tables_of_marts(), "python -m tests.pipeline.docs_refresh rewrites it"


def test_readme_names_every_mart(marts: dict[str, dict[str, str]]) -> None:
    section = README.read_text(encoding="utf-8").split("## The tables")[1]
    assert [mart for mart in marts if f"[`{mart}`](docs/data-model.md#{mart})" not in section] == []


def test_mart_diagram_matches_the_contracts(marts: dict[str, dict[str, str]]) -> None:
    diagram = mermaid(DATA_MODEL)
    drawn = {
        table: dict(reversed(line.split()[:2]) for line in columns.strip().splitlines())
        for table, columns in re.findall(r"^ +(\w+) \{\n(.*?)^ +\}", diagram, re.DOTALL | re.MULTILINE)
    }
    assert drawn.keys() == marts.keys()
    relations = re.findall(r"^ +(\w+) \S*--\S* (\w+) : (\w+)$", diagram, re.MULTILINE)
    assert marts.keys() == {table for left, right, _ in relations for table in (left, right)}
    for table, columns in drawn.items():
        assert columns.items() <= marts[table].items(), table
    for left, right, column in relations:
        assert column in marts[left], (left, column)
        assert column in marts[right], (right, column)


def test_lineage_diagram_matches_the_dependencies_and_contains_every_mart(
    documented: Documented, marts: dict[str, dict[str, str]]
) -> None:
    parents: dict[str, list[str]] = documented.artifact("manifest")["parent_map"]
    arrows = re.findall(r"^ +(\w+).* --> (\w+)$", mermaid(DOCS / "architecture.md"), re.MULTILINE)
    assert marts.keys() <= {child for _, child in arrows}
    for parent, child in arrows:
        assert node(parent) in ancestors(parents, node(child)), (parent, child)


def test_every_function_is_documented_with_signature_and_example() -> None:
    page = (DOCS / "functions.md").read_text(encoding="utf-8")
    files = {path.stem for path in (REPO / "functions").glob("*.sql") if path.name.count(".") == 1}
    assert files == set(FUNCTIONS)
    signatures = {Function.of(name).signature for name in FUNCTIONS}
    sections = re.findall(r"^## (\w+)\n\n`([^`]+)`\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    assert {signature for _, signature, _ in sections} == signatures
    for name, signature, section in sections:
        assert signature.startswith(f"{name}(")
        assert "```sql\n" in section
        assert "```text\n" in section


def test_example_parameters_exist_in_the_demo(demo: Demo) -> None:
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        query = "from tracks_in_playlist where playlist_id = $playlist and track_id = $track"
        given = {name: PARAMETERS[name] for name in ("playlist", "track")}
        assert connection.execute(query, given).fetchall()


def node(drawn: str) -> str:
    """Return the dbt node of a name in a diagram: a model, or a source prefixed with raw_."""
    return f"source.spotify.raw.{drawn[4:]}" if drawn.startswith("raw_") else f"model.spotify.{drawn}"


def ancestors(parents: dict[str, list[str]], child: str) -> set[str]:
    found = set(parents[child])
    return found.union(*(ancestors(parents, parent) for parent in found))


def mermaid(page: Path) -> str:
    """Return the diagram of a page."""
    [diagram] = [block.text for block in blocks(page) if block.language == "mermaid"]
    return diagram
