"""Tables that are sorted, filtered, copied and saved."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.browser import Page
from tests.report.pages import DESKTOP, HOSTILE, PHONE, csv_of, modules

pytestmark = pytest.mark.slow

COLUMNS = """[
    { title: "name", of: ([one]) => one },
    { title: "size", of: ([, one]) => one, show: ([, one]) => (one === null ? null : `${one} tracks`), number: true },
    { title: "id", of: ([, , one]) => one ?? null, isQuiet: true },
]"""
ROWS: list[list[Any]] = [["Édith", 10], ["zebra", 9], ["Apple", None], ["eagle", 100], ["ångström", -3]]

Show = Callable[..., None]


@pytest.fixture
def show(page: Page, report_html: Path) -> Show:
    """Return a function that puts a table with these rows into a page."""

    def shown(rows: list[list[Any]], window: tuple[int, int] = DESKTOP, **options: Any) -> None:
        page.open(report_html, window=window)
        page.run(
            f"(() => {{ {modules('words', 'tracklists', 'world', 'shown', 'dom', 'table')}\n"
            f"const made = dataTable({{ caption: 'Invented', columns: {COLUMNS}, rows: {json.dumps(rows)},"
            f"...{json.dumps(options)} }});"
            "document.querySelector('main').replaceChildren(made) })()"
        )

    return shown


def names(page: Page) -> list[str]:
    return page.texts("main tbody th")


def click(page: Page, text: str) -> None:
    page.run(f"[...document.querySelectorAll('main button')].find((one) => one.textContent === '{text}').click()")


def enter(page: Page, text: str) -> None:
    page.run("document.querySelector('.filter').focus()")
    page.run("document.querySelector('.filter').select()")
    page.type(text)


def test_sorting_ignores_accents_compares_numbers_and_puts_null_last(page: Page, show: Show) -> None:
    show(ROWS)
    assert names(page) == [name for name, _ in ROWS]
    assert page.run("document.querySelectorAll('[aria-sort=none]').length") == 2
    click(page, "name")
    assert names(page) == ["ångström", "Apple", "eagle", "Édith", "zebra"]
    assert page.texts("[role=status].quiet") == ["Sorted by name, ascending"]
    click(page, "name")
    assert names(page) == ["zebra", "Édith", "eagle", "Apple", "ångström"]
    click(page, "size")
    assert names(page) == ["eagle", "Édith", "zebra", "ångström", "Apple"]
    assert page.run("document.querySelector('[aria-sort=descending]').textContent") == "size"
    click(page, "size")
    assert names(page) == ["ångström", "zebra", "Édith", "eagle", "Apple"]
    assert page.texts("main td")[-1] == "\N{EN DASH}"


def test_filter_finds_all_words_without_accents_also_in_quiet_columns(page: Page, show: Show) -> None:
    show([[f"Row {number}", number, f"id{number}é"] for number in range(40)], limit=5)
    assert page.texts("main .more") == ["Show all 40"]
    enter(page, "ROW ID3")
    assert names(page) == ["Row 3", *[f"Row {number}" for number in range(30, 34)]]
    assert page.texts("[role=status].quiet") == ["11 of 40 rows"]
    assert page.texts("main .more") == ["Show all 11"]
    click(page, "Show all 11")
    assert len(names(page)) == 11
    enter(page, "id7e")
    assert names(page) == ["Row 7"]
    assert page.run("document.querySelector('main .more').hidden")
    enter(page, "nothing")
    assert names(page) == []
    assert page.texts("[role=status].quiet") == ["0 of 40 rows"]


def test_few_rows_have_no_filter_and_none_have_no_table(page: Page, show: Show) -> None:
    show(ROWS)
    assert page.texts(".filter") == []
    show([], empty="No row.")
    assert page.texts("main") == ["No row."]


def test_csv_has_every_chosen_row_and_no_formula(page: Page, show: Show) -> None:
    odd = ["=1+1", "+44 20", "-2+3", "@sum", 'say "a", b', "two\nlines", "-5", HOSTILE, "", "日本"]
    show([[name, number, f"id {number}"] for number, name in enumerate(odd)], limit=2, sql="select 1")
    file, text, sql = csv_of(page, "Invented")
    assert (file, sql) == ("invented.csv", "select 1")
    assert text.startswith("\ufeff")
    assert text.endswith("\r\n")
    titles, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert titles == ["name", "size", "id"]
    assert [row[1:] for row in rows] == [[str(number), f"id {number}"] for number in range(len(odd))]
    safe = [f"'{name}" if name in ("=1+1", "+44 20", "-2+3", "@sum") else name for name in odd]
    assert [row[0] for row in rows] == safe


def test_rows_are_copied_as_they_are_sorted_and_filtered(page: Page, show: Show) -> None:
    show([*[[f"Row {number}", number] for number in range(20)], ["=a\tb\nc", 99], ["Row x", None]])
    page.run(
        "window.copied = [], Object.defineProperty(navigator, 'clipboard', { configurable: true, "
        "value: { writeText: async (text) => window.copied.push(text) } })"
    )
    click(page, "size")
    click(page, "Copy")
    page.wait_for("document.querySelector('[role=status].quiet').innerText === 'Copied 22 rows'")
    lines = page.run("window.copied[0]").split("\r\n")
    assert lines[:3] == ["name\tsize\tid", "'=a b c\t99\t", "Row 19\t19\t"]
    assert lines[-1] == "Row x\t\t"
    # Where the browser has no clipboard, the text is selected and copied.
    page.run(
        "navigator.clipboard.writeText = () => Promise.reject(new Error('refused')), "
        "document.execCommand = (name) => window.copied.push(document.activeElement.value)"
    )
    enter(page, "row 15")
    click(page, "Copy")
    page.wait_for("window.copied.length === 2")
    assert page.run("window.copied[1]") == "name\tsize\tid\nRow 15\t15\t"
    assert page.run("document.querySelector('textarea')") is None


def test_rows_are_cards_on_a_phone(page: Page, show: Show) -> None:
    show([*ROWS, [HOSTILE, 12], ["x" * 3000, 1]], window=PHONE, sql="select " + "x" * 3000)
    assert page.run("getComputedStyle(document.querySelector('main thead')).display") == "none"
    assert page.run("document.documentElement.scrollWidth") == PHONE[0]
    wide = "[...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth)"
    assert page.run(f"{wide}.length") == 0
    page.run("document.querySelector('main .sql').open = true")
    assert page.run("document.documentElement.scrollWidth") == PHONE[0]
    label = "getComputedStyle(document.querySelector('main td'), '::before').content"
    assert page.run(label) == '"size "'
    choice = "(() => { const order = document.querySelector('.order'); order.value = 'size\\tascending'; "
    page.run(choice + "order.dispatchEvent(new Event('change')) })()")
    assert names(page)[:2] == ["ångström", "x" * 3000]
    page.run("document.querySelector('main').replaceChildren()")
    show(ROWS)
    assert page.run("getComputedStyle(document.querySelector('.order')).display") == "none"


def test_showing_all_rows_moves_the_focus_to_the_first_new_one(page: Page, show: Show) -> None:
    show([[f"Row {number}", number] for number in range(30)], limit=3)
    click(page, "Show all 30")
    assert len(names(page)) == 30
    assert page.run("document.activeElement.innerText") == "Row 3"


def test_rows_are_read_once_for_the_filter_and_once_for_an_order(page: Page, report_html: Path) -> None:
    page.open(report_html)
    page.run(
        f"(() => {{ {modules('words', 'tracklists', 'world', 'shown', 'dom', 'table')}\n"
        "window.read = 0;"
        "const rows = Array.from({ length: 1000 }, (_, row) => [`Row ${row}`]);"
        "const columns = [{ title: 'name', of: ([one]) => { window.read += 1; return one } }];"
        "const sort = ['name', 'descending'];"
        "const made = dataTable({ caption: 'Many', columns, rows, sort, limit: 10 });"
        "document.querySelector('main').replaceChildren(made) })()"
    )
    assert names(page)[:2] == ["Row 999", "Row 998"]
    assert page.run("window.read") == 1000 + 10
    for count, (text, first) in enumerate([("r", "Row 999"), ("19", "Row 919"), ("39", "Row 939")], 1):
        enter(page, text)
        assert names(page)[0] == first
        assert page.run("window.read") == 1000 + 10 + 1000 + 10 * count


def test_order_of_the_rows_can_be_chosen_again(page: Page, show: Show) -> None:
    show(ROWS, window=PHONE)
    choice = "document.querySelector('.order')"
    for value, first in (("size\tascending", "ångström"), ("", "Édith")):
        page.run(f"{choice}.value = {json.dumps(value)}, {choice}.dispatchEvent(new Event('change'))")
        assert names(page)[0] == first
