"""The examples for on_change, run as the command: a webhook, a mail, a desktop notice."""

import sys
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from extractor.cli.hook import run_hook
from extractor.outputs.changes.formats import as_objects
from extractor.project import PROJECT
from tests.extractor.test_on_failure import Receiver, receiver  # noqa: F401 (a fixture)

EXAMPLES = PROJECT / "examples" / "on_change"
ADDED = {
    "playlist": "Mörgen",
    "change": "added",
    "track_id": "t",
    "track": "Song",
    "artists": "X, Y",
    "date_before": "2026-01-01",
    "date": "2026-01-02",
}
CHANGES: list[dict[str, Any]] = [
    ADDED,
    ADDED | {"change": "removed", "track": None, "artists": None, "correction": True, "withdrawn": True},
    ADDED | {"change": "replaced", "replaced_track_id": "old", "again": True},
    ADDED | {"change": "popularity", "playlist": None, "popularity_before": 49, "popularity": 51, "correction": True},
]
SENTENCES = [
    "Mörgen: + Song – X, Y (2026-01-01 to 2026-01-02)",  # noqa: RUF001
    "Withdrawn: Mörgen: - t (2026-01-01 to 2026-01-02)",
    "Mörgen: = Song – X, Y, a new id of old (2026-01-01 to 2026-01-02) [again]",  # noqa: RUF001
    "Corrected: Song – X, Y: popularity 49 to 51 (2026-01-01 to 2026-01-02)",  # noqa: RUF001
]


def run_example(name: str, *arguments: str, changes: list[dict[str, Any]] = CHANGES) -> str:
    return run_hook((sys.executable, str(EXAMPLES / name), *arguments), PROJECT, as_objects(changes).encode())


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that puts a program on PATH, which writes its input and arguments into a folder."""

    def make(name: str) -> Path:
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\ncat > {tmp_path}/input\nprintf '%s\\0' \"$@\" > {tmp_path}/arguments\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        return tmp_path

    return make


def test_webhook_gets_the_changes_as_sentences(receiver: Receiver, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "webhook").write_text(f"http://127.0.0.1:{receiver.server_port}/hook\n")
    assert run_example("webhook.py", str(tmp_path / "webhook")) == ""
    assert receiver.received == [("/hook", "application/json", {"text": "\n".join(SENTENCES)})]


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://127.0.0.1:9/secret", "ended with 1: the webhook can't be reached: "),
        ("127.0.0.1:9/secret", "webhook must have an address that begins with https://"),
    ],
)
def test_webhook_that_is_not_there_is_a_problem_and_not_shown(tmp_path: Path, address: str, problem: str) -> None:
    (tmp_path / "webhook").write_text(f"{address}\n")
    said = run_example("webhook.py", str(tmp_path / "webhook"))
    assert problem in said
    assert "secret" not in said


def test_names_forge_no_sentence_and_no_markup(
    receiver: Receiver,  # noqa: F811
    fake: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    (tmp_path / "webhook").write_text(f"http://127.0.0.1:{receiver.server_port}/hook\n")
    hostile = [ADDED | {"track": "A\n\nB \x1b[31m\u202e<!channel> & <b>"}]
    assert run_example("webhook.py", str(tmp_path / "webhook"), changes=hostile) == ""
    [(_, _, body)] = receiver.received
    text = "Mörgen: + A  B  [31m &lt;!channel&gt; &amp; &lt;b&gt; – X, Y (2026-01-01 to 2026-01-02)"  # noqa: RUF001
    assert body["text"] == text
    folder = fake("notify-send")
    assert run_example("notice.py", changes=hostile) == ""
    assert (folder / "arguments").read_text().split("\0")[2] == text


def test_long_array_is_cut(receiver: Receiver, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "webhook").write_text(f"http://127.0.0.1:{receiver.server_port}/hook\n")
    assert run_example("webhook.py", str(tmp_path / "webhook"), changes=[ADDED] * 60) == ""
    [(_, _, body)] = receiver.received
    assert body["text"].splitlines()[-1] == "… and 10 more"


def test_mail_has_the_changes_in_its_body(fake: Callable[[str], Path]) -> None:
    folder = fake("sendmail")
    assert run_example("mail.py", "me@example.org") == ""
    mail = message_from_bytes((folder / "input").read_bytes(), policy=policy.default)
    assert (mail["To"], mail["Subject"]) == ("me@example.org", "4 playlist changes")
    assert mail.get_content().splitlines() == SENTENCES


def test_notice_shows_the_changes(fake: Callable[[str], Path]) -> None:
    folder = fake("notify-send")
    assert run_example("notice.py") == ""
    arguments = (folder / "arguments").read_text().split("\0")[:-1]
    assert arguments == ["--", "4 playlist changes", "\n".join(SENTENCES)]


@pytest.mark.parametrize(("example", "program"), [("mail.py", "sendmail"), ("notice.py", "notify-send")])
def test_program_that_fails_is_a_problem(example: str, program: str, fake: Callable[[str], Path]) -> None:
    (fake(program) / program).write_text("#!/bin/sh\nexit 5\n")
    assert "ended with 1" in run_example(example, "me@example.org")
