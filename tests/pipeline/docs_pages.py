"""The documentation as data: pages, headings, links, fenced blocks, and generated parts."""

import re
import shlex
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any

import duckdb
import yaml

from extractor.outputs.sql import format_table
from tests.pipeline.harness import REPO

PAGES = sorted([*REPO.glob("*.md"), *(REPO / "docs").rglob("*.md")])
README = REPO / "README.md"
DATA_MODEL = REPO / "docs" / "data-model.md"
CONTRACTS = REPO / "models" / "marts" / "_marts__models.yml"

FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
INLINE_CODE = re.compile(r"`([^`\n]+)`")
GENERATED = re.compile(r"(<!-- generated: [^\n]* -->\n)(.*?)(<!-- end generated -->)", re.DOTALL)

PARAMETERS: Mapping[str, Any] = {
    "playlist": "4QW0N0Yvn1yxsO88243p39",
    "track": "0FYuY7m4QkG4icaGqzzaXl",
    "start_date": date(2026, 1, 10),
    "end_date": date(2026, 1, 16),
}
"""Values of the $parameters in SQL blocks: something that the demo has."""


@dataclass(frozen=True)
class Block:
    """A fenced block. `info` is the text after the language, `output` the text block right below, if there is one."""

    page: Path
    line: int
    language: str
    info: str
    text: str
    output: str | None

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(REPO)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    fences = list(FENCE.finditer(text))
    found = []
    for fence, following in zip_longest(fences, fences[1:]):
        language, _, info = fence["info"].partition(" ")
        output = None
        if following and following["info"] == "text" and not text[fence.end() : following.start()].strip():
            output = textwrap.dedent(following["text"])
        line = text.count("\n", 0, fence.start()) + 1
        found.append(Block(page, line, language, info, textwrap.dedent(fence["text"]), output))
    return found


def blocks_in(language: str, info: str = "") -> list[Block]:
    """Return the blocks of all pages in a language, with this text after it."""
    return [block for page in PAGES for block in blocks(page) if (block.language, block.info) == (language, info)]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)|`", r"\1", heading) for heading in HEADING.findall(prose(page)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def inline_queries() -> list[tuple[str, str]]:
    """Return page and text of every query that is written as inline code."""
    return [
        (str(page.relative_to(REPO)), code)
        for page in PAGES
        for code in INLINE_CODE.findall(prose(page))
        if re.match(r"(from|select) ", code)
    ]


def answer(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Run the statements of a block; returns the rows of the last one as `./run.sh sql` prints them."""
    cursor = connection.cursor()
    for statement in duckdb.extract_statements(sql):
        given = {name: value for name, value in PARAMETERS.items() if name in statement.named_parameters}
        cursor.execute(statement, given or None)
    lines = format_table([column[0] for column in cursor.description or ()], cursor.fetchall())
    return "".join(f"{line}\n" for line in lines)


def contracts() -> list[dict[str, Any]]:
    """Return the properties of every mart, in the order of their file."""
    models: list[dict[str, Any]] = yaml.safe_load(CONTRACTS.read_text(encoding="utf-8"))["models"]
    return models


def tables_of_marts() -> str:
    """Return the generated part of the data model: a section with a table of columns for each mart."""
    return "".join(_section(mart) for mart in contracts()) + "\n"


def _section(mart: Mapping[str, Any]) -> str:
    lines = [f"\n## {mart['name']}\n", *textwrap.wrap(_plain(mart["description"]), 120, break_long_words=False), ""]
    lines += ["| column | type | meaning |", "| --- | --- | --- |"]
    for column in mart["columns"]:
        lines.append(f"| `{column['name']}` | {column['data_type']} | {_plain(column['description'])} |")
    return "\n".join(lines) + "\n"


def _plain(description: str) -> str:
    return " ".join(description.split()).replace("|", "\\|")


def commands(block: Block) -> list[list[str]]:
    """Return the simple commands of a shell block as words, without comments, redirections and variables in front."""
    found: list[list[str]] = []
    for line in block.text.replace("\\\n", " ").splitlines():
        found.append([])
        for word in _words(line):
            if set(word) <= set("|&;"):
                found.append([])
            else:
                found[-1].append(word)
    return [command for words in found if (command := _without_extras(words))]


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    return list(lexer)


def _without_extras(words: list[str]) -> list[str]:
    words = words[: words.index(">")] if ">" in words else words
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    return words
