"""A git archive of playlists: which of its commits are reads, and what they held."""

import json
import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from extractor.simulator.identifiers import spotify_id
from tests.imports.conftest import Target
from tests.imports.layouts import archive, archive_files, clone, response, write_git
from tests.imports.worlds import FIRST_DAY, Imported, Snapshot, generate, landed, of_archive
from tests.pipeline.oracle import Entry

PLAYLIST = spotify_id("playlist")
A, B, C = (spotify_id(name) for name in "ABC")
OLD, NEW = "2020-01-01T00:00:00Z", "2024-02-21T00:00:00Z"


def snapshots(*contents: tuple[Entry, ...], playlist_id: str = PLAYLIST, owner: str = "curator") -> list[Snapshot]:
    """Return one snapshot a day."""
    return [
        Snapshot(playlist_id, FIRST_DAY + timedelta(days=day), entries, owner, day)
        for day, entries in enumerate(contents)
    ]


def simple(reads: list[Imported]) -> list[list[tuple[str | None, str | None]]]:
    return [[(entry.track_id, entry.added_at) for entry in read.entries] for read in reads]


@pytest.mark.parametrize("seed", range(4))
def test_random_archives_land_what_their_commits_prove(target: Target, tmp_path: Path, seed: int) -> None:
    world = generate(seed)
    wanted = of_archive(world)
    assert target.read("archive", archive(tmp_path / "git", world)) == wanted
    hidden = sum(entry.is_null for read in wanted for entry in read.entries)
    assert hidden > 5 and len(wanted) > 100, "a world without the cases of this test"


def test_a_track_that_returns_with_its_claim_was_hidden(target: Target, tmp_path: Path) -> None:
    held = (Entry(A, OLD), Entry(B, OLD), Entry(C, OLD))
    world = snapshots(held, held[1:], held[1:], held)
    git, shorter = archive(tmp_path / "git", world), archive(tmp_path / "shorter", snapshots(held, held[1:], held))
    assert "restored: 2 null entries, for" in target.run("import", "archive", git, "--dry-run")[1]
    assert "restored: 1 null entry, for" in target.run("import", "archive", shorter, "--dry-run")[1]
    reads = target.read("archive", git)
    assert simple(reads)[1] == [(B, OLD), (C, OLD), (None, OLD)]
    assert simple(reads)[2] == [(B, OLD), (C, OLD), (None, OLD)]


def test_a_track_that_returns_with_another_claim_was_removed(target: Target, tmp_path: Path) -> None:
    held = (Entry(A, OLD), Entry(B, OLD), Entry(C, OLD))
    world = snapshots(held, held[1:], (Entry(A, NEW), *held[1:]))
    assert simple(target.read("archive", archive(tmp_path / "git", world)))[1] == [(B, OLD), (C, OLD)]


def test_a_file_that_is_not_named_by_an_id_is_named(target: Target, tmp_path: Path) -> None:
    [world] = snapshots((Entry(A, OLD),))
    files = archive_files(world)
    content = files[f"playlists/pretty/{PLAYLIST}.json"]
    others = {"playlists/pretty/short.json": content, "playlists/pretty/My List.json": b'{"tracks": []}'}
    git = write_git(tmp_path / "git", [(world.at, files | others)])
    exit_code, printed = target.run("import", "archive", git)
    assert exit_code == 3
    for name in ("short", "My List"):
        assert f':playlists/pretty/{name}.json: playlist_id "{name}"' in printed, printed
    assert simple(landed(target.landing)) == [[(A, OLD)]]


@pytest.mark.parametrize(("playlist_id", "owner"), [(PLAYLIST, "spotify"), (f"37i9dQZF1DX{PLAYLIST[11:]}", "x")])
def test_nothing_is_restored_on_playlists_of_spotify(
    target: Target, tmp_path: Path, playlist_id: str, owner: str
) -> None:
    held = (Entry(A, OLD), Entry(B, OLD), Entry(C, OLD))
    world = snapshots(held, held[1:], held, playlist_id=playlist_id, owner=owner)
    assert simple(target.read("archive", archive(tmp_path / "git", world)))[1] == [(B, OLD), (C, OLD)]


def test_nothing_is_restored_where_most_claims_change(target: Target, tmp_path: Path) -> None:
    rewritten = (Entry(B, NEW), Entry(C, NEW))
    world = snapshots((Entry(A, OLD), Entry(B, OLD), Entry(C, OLD)), rewritten, (Entry(A, OLD), *rewritten))
    assert simple(target.read("archive", archive(tmp_path / "git", world)))[1] == [(B, NEW), (C, NEW)]


def test_personalised_playlists_are_left_out_but_charts_are_not(target: Target, tmp_path: Path) -> None:
    ids = ["37i9dQZF1E", "37i9dQZEVXc", "37i9dQZEVXbs", "37i9dQZEVXbM"]
    world = [
        snapshot
        for prefix in ids
        for snapshot in snapshots((Entry(A, OLD),), playlist_id=prefix + PLAYLIST[len(prefix) :])
    ]
    exit_code, printed = target.run("import", "archive", archive(tmp_path / "git", world))
    assert (exit_code, "left out: 3 personalised playlists with 3 reads" in printed) == (0, True), printed
    assert [read.playlist_id[:12] for read in landed(target.landing)] == ["37i9dQZEVXbM"]


def test_a_deleted_file_and_other_folders_are_no_reads(target: Target, tmp_path: Path) -> None:
    [first, second] = snapshots((Entry(A, OLD),), (Entry(A, OLD), Entry(B, NEW)))
    files = archive_files(first)
    gone = (first.at + timedelta(hours=2), {f"playlists/pretty/{PLAYLIST}.json": None})
    other = (first.at + timedelta(hours=3), {f"playlists/cumulative/{PLAYLIST}.json": b'{"tracks": []}'})
    git = write_git(tmp_path / "git", [(first.at, files), gone, other, (second.at, archive_files(second))])
    assert simple(target.read("archive", git)) == [[(A, OLD)], [(A, OLD), (B, NEW)]]


def test_a_folder_in_a_checkout_and_side_branches_are_read(target: Target, tmp_path: Path) -> None:
    world = snapshots((Entry(A, OLD),), (Entry(B, OLD),))
    git = archive(tmp_path / "git", world)
    checkout = tmp_path / "checkout"
    subprocess.run(["git", "clone", "--quiet", str(git), str(checkout)], check=True)
    assert simple(target.read("archive", checkout / "playlists" / "pretty")) == [[(A, OLD)], [(B, OLD)]]


def test_a_read_of_another_layout_of_the_time_is_dated_in_utc(target: Target, tmp_path: Path) -> None:
    [late] = snapshots((Entry(A, OLD),))
    at = FIRST_DAY + timedelta(hours=23, minutes=30)  # the next day in the committer's time zone
    reads = target.read("archive", write_git(tmp_path / "git", [(at, archive_files(late))]))
    assert [(read.day, read.at) for read in reads] == [(FIRST_DAY.date(), at)]


def test_unreadable_files_are_named_and_the_rest_is_imported(target: Target, tmp_path: Path) -> None:
    world = snapshots((Entry(A, OLD),), (Entry(B, OLD),), (Entry(C, OLD),), (Entry(A, OLD), Entry(B, OLD)))
    path = f"playlists/pretty/{PLAYLIST}.json"
    no_id = archive_files(world[3])[path].replace(f"track/{B}".encode(), b"track/short")
    contents = [b"{", b'{"tracks": {}}', b"\xff\xfe", no_id]
    commits = [(world[0].at, archive_files(world[0]))]
    for snapshot, content in zip(world, contents, strict=True):
        commits.append((snapshot.at + timedelta(hours=1), {path: content}))
    git = write_git(tmp_path / "git", commits)
    exit_code, printed = target.run("import", "archive", git)
    named = printed.count(f"{path}: not a playlist in JSON")
    assert (exit_code, named) == (3, 3), printed
    assert [(read.outcome, len(read.entries)) for read in landed(target.landing)] == [("complete", 1), ("partial", 1)]
    before = target.files()
    assert target.run("import", "archive", git, "--name", "again", "--strict")[0] == 2
    assert target.files() == before


@pytest.mark.parametrize("link", [None, "", " ", "spotify:local:a:b:c:1"])
def test_an_entry_without_a_link_is_a_local_file_and_hides_nothing(
    target: Target, tmp_path: Path, link: str | None
) -> None:
    [world] = snapshots((Entry(A, OLD), Entry(B, OLD)))
    path = f"playlists/pretty/{PLAYLIST}.json"
    content = json.loads(archive_files(world)[path])
    content["tracks"][1]["url"] = link
    content["tracks"].append(None)
    [read] = target.read("archive", write_git(tmp_path / "git", [(world.at, {path: json.dumps(content).encode()})]))
    assert (read.outcome, *read.entries) == (
        "complete", Entry(A, OLD), Entry(None, OLD, other=True), Entry(None, None)
    )  # fmt: skip


@pytest.mark.parametrize("tracks", [["a", "b"], [{"track": {"url": f"https://open.spotify.com/track/{A}"}}], [1], [[]]])
def test_entries_of_another_form_prove_no_removal(target: Target, tmp_path: Path, tracks: list[object]) -> None:
    world = snapshots((Entry(A, OLD),), (Entry(A, OLD),))
    path = f"playlists/pretty/{PLAYLIST}.json"
    other = json.loads(archive_files(world[1])[path]) | {"tracks": tracks}
    commits = [(world[0].at, archive_files(world[0])), (world[1].at, {path: json.dumps(other).encode()})]
    exit_code, printed = target.run("import", "archive", write_git(tmp_path / "git", commits))
    assert (exit_code, f'{path}: id "a track without link and name"' in printed) == (3, True), printed
    assert [read.outcome for read in landed(target.landing)] == ["complete", "partial"]


def test_what_is_wrong_with_all_entries_of_a_file_is_one_problem(target: Target, tmp_path: Path) -> None:
    [world] = snapshots((Entry(A, "yesterday"), Entry(B, "yesterday"), Entry(C, "today")))
    exit_code, printed = target.run("import", "archive", archive(tmp_path / "git", [world]))
    path = f":playlists/pretty/{PLAYLIST}.json: added_at"
    assert (exit_code, printed.count("not usable")) == (3, 2), printed
    assert f'{path} "yesterday" (2 times)\n' in printed and f'{path} "today"\n' in printed, printed


def test_a_file_that_is_moved_copied_or_added_again_is_no_read(target: Target, tmp_path: Path) -> None:
    first, second, third = snapshots((Entry(A, OLD), Entry(B, OLD)), (Entry(C, OLD),), (Entry(A, OLD), Entry(B, OLD)))
    path, moved = f"playlists/pretty/{PLAYLIST}.json", f"registry/playlists/pretty/{PLAYLIST}.json"
    held = [archive_files(each)[path] for each in (first, second, third)]
    commits: list[dict[str, bytes | None]] = [
        {path: held[0]},
        {path: held[1]},
        {f"old/pretty/{PLAYLIST}.json": held[0]},  # a copy of what it has been
        {path: None, moved: held[1]},
        {moved: None},
        {moved: held[1]},
        {moved: held[2]},
    ]
    days = [FIRST_DAY + timedelta(number) for number in range(len(commits))]
    assert held[0] != held[2]
    reads = target.read("archive", write_git(tmp_path / "git", zip(days, commits, strict=True)))
    assert [read.at for read in reads] == [days[0], days[1], days[6]]


@pytest.mark.parametrize("seconds", ["99999999999999999999", "99999999999999", "-5"])
def test_a_commit_without_a_date_is_named_and_the_rest_is_imported(
    target: Target, tmp_path: Path, seconds: str
) -> None:
    world = snapshots((Entry(A, OLD),), (Entry(B, OLD),), (Entry(C, OLD),))
    path = f"playlists/pretty/{PLAYLIST}.json"
    git = write_git(tmp_path / "git", [(world[0].at, archive_files(world[0])), (world[1].at, archive_files(world[1]))])
    git_command = ["git", "-C", str(git)]
    raw = subprocess.run([*git_command, "cat-file", "commit", "main"], check=True, capture_output=True).stdout
    made = re.sub(rb"^committer .*$", f"committer a <a@b> {seconds} +0000".encode(), raw, flags=re.MULTILINE)
    write = [*git_command, "hash-object", "-t", "commit", "--literally", "-w", "--stdin"]
    commit = subprocess.run(write, check=True, capture_output=True, input=made).stdout.decode().strip()
    last = archive_files(world[2])[path]
    script = f"commit refs/heads/main\ncommitter a <a@b> {int(world[2].at.timestamp())} +0000\ndata 0\nfrom {commit}\n"
    script += f"M 100644 inline {path}\ndata {len(last)}\n"
    subprocess.run(
        [*git_command, "fast-import", "--quiet", "--force"], check=True, input=script.encode() + last + b"\n"
    )
    exit_code, printed = target.run("import", "archive", git)
    assert (exit_code, f"{path}: the date of its commit is none" in printed) == (3, True), printed
    assert [read.entries for read in landed(target.landing)] == [(Entry(A, OLD),), (Entry(C, OLD),)]


def test_null_entries_are_restored_between_reads_of_a_user_only(target: Target, tmp_path: Path) -> None:
    held = (Entry(A, OLD), Entry(B, OLD), Entry(C, OLD))
    owners = ["spotify", "spotify", "spotify", "user", "user", "user", "spotify", "user"]
    contents = [held, held[1:], held, held, held[1:], held, held[1:], held]
    world = [replace(each, owner=owner) for each, owner in zip(snapshots(*contents), owners, strict=True)]
    reads = target.read("archive", archive(tmp_path / "git", world))
    null = Entry(None, OLD)
    assert [null in read.entries for read in reads] == [day == 4 for day in range(8)]
    assert simple(reads)[4] == [(B, OLD), (C, OLD), (None, OLD)]


@pytest.mark.parametrize("contents", [((A, B), (A,)), ((), (A,)), ((A, B, C), (A, C))])
def test_two_commits_of_one_instant_that_differ_are_named(
    target: Target, tmp_path: Path, contents: tuple[tuple[str, ...], ...]
) -> None:
    world = snapshots(*(tuple(Entry(track, OLD) for track in each) for each in contents))
    git = write_git(tmp_path / "git", [(FIRST_DAY, archive_files(each)) for each in world])
    exit_code, printed = target.run("import", "archive", git)
    problem = f"playlists/pretty/{PLAYLIST}.json: playlist {PLAYLIST} on {FIRST_DAY.date()}: two reads of one instant"
    assert (exit_code, problem in printed) == (3, True), printed
    assert [read.outcome for read in landed(target.landing)] == ["partial"]
    assert target.run("import", "archive", git, "--name", "again", "--strict")[0] == 2


def test_a_shallow_clone_is_named(target: Target, tmp_path: Path) -> None:
    world = snapshots((Entry(A, OLD),), (Entry(B, OLD),), (Entry(C, OLD),))
    git = archive(tmp_path / "git", world)
    shallow = clone(git, tmp_path / "shallow", "--depth=2")
    exit_code, printed = target.run("import", "archive", shallow, "--strict")
    assert (exit_code, "git fetch --unshallow" in printed, target.files()) == (2, True, {})
    exit_code, printed = target.run("import", "archive", shallow)
    assert (exit_code, simple(landed(target.landing))) == (3, [[(C, OLD)]]), printed


@pytest.mark.parametrize("source", ["archive", "api"])
def test_the_first_commit_of_a_shallow_clone_is_no_read(target: Target, tmp_path: Path, source: str) -> None:
    """It seems to change every file, also those that are unchanged since long ago."""
    world = snapshots((Entry(A, OLD),), (Entry(B, OLD),))
    path = f"playlists/pretty/{PLAYLIST}.json"
    of_source = {
        "archive": lambda each: archive_files(each)[path],
        "api": lambda each: json.dumps(response(each)).encode(),
    }
    old, new = map(of_source[source], world)
    commits = [{path: old}, {"x": b"1"}, {f"a copy/{path}": old}, {path: new}]
    days = [FIRST_DAY + timedelta(10 * number) for number in range(len(commits))]
    git = write_git(tmp_path / "git", zip(days, commits, strict=True))
    exit_code, printed = target.run("import", source, clone(git, tmp_path / "two", "--depth=3"))
    assert (exit_code, [read.at for read in landed(target.landing)]) == (3, [days[3]]), printed
    exit_code, printed = target.run("import", source, clone(git, tmp_path / "one", "--depth=1"), "--name", "one")
    assert (exit_code, "a shallow clone: its history is cut off" in printed) == (2, True), printed
    assert "not an archive of this layout" not in printed and "no file that ends with" not in printed


def test_a_clone_without_contents_is_named_with_what_to_do(target: Target, tmp_path: Path) -> None:
    git = archive(tmp_path / "git", snapshots((Entry(A, OLD),)))
    subprocess.run(["git", "-C", str(git), "config", "uploadpack.allowFilter", "true"], check=True)
    exit_code, printed = target.run("import", "archive", clone(git, tmp_path / "partial", "--filter=blob:none"))
    assert (exit_code, "clone it again without --filter" in printed, target.files()) == (2, True, {}), printed


def test_a_byte_order_mark_hides_no_read(target: Target, tmp_path: Path) -> None:
    [world] = snapshots((Entry(A, OLD),))
    path = f"playlists/pretty/{PLAYLIST}.json"
    git = write_git(tmp_path / "git", [(world.at, {path: b"\xef\xbb\xbf" + archive_files(world)[path]})])
    assert simple(target.read("archive", git)) == [[(A, OLD)]]


def test_what_is_no_archive_is_refused(target: Target, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    file = tmp_path / "file.json"
    file.write_text("{}")
    unborn = write_git(tmp_path / "unborn", [])
    without = write_git(tmp_path / "git", [(FIRST_DAY, {"a.json": b"{}"})])
    for path, reason in (
        (tmp_path / "empty", "no git repository, or folder of one, with a commit"),
        (file, "no git repository, or folder of one, with a commit"),
        (unborn, "no git repository, or folder of one, with a commit"),
        (tmp_path / "nowhere", "no such file or folder"),
        (without, "no commit has a file playlists/pretty/<id>.json"),
    ):
        exit_code, printed = target.run("import", "archive", path)
        assert (exit_code, f"{path}: {reason}" in printed, target.files()) == (2, True, {}), printed


def test_an_archive_of_personalised_playlists_only_leaves_everything_out(target: Target, tmp_path: Path) -> None:
    world = snapshots((Entry(A, OLD),), playlist_id=f"37i9dQZF1E{PLAYLIST[10:]}")
    exit_code, printed = target.run("import", "archive", archive(tmp_path / "git", world))
    assert (exit_code, "0 playlists on 0 days; reads: none" in printed, target.files()) == (0, True, {}), printed


def test_a_commit_that_changes_only_the_mode_is_no_read(target: Target, tmp_path: Path) -> None:
    world = snapshots((Entry(A, OLD),), (Entry(B, OLD),))
    git = archive(tmp_path / "git", world)
    checkout = tmp_path / "checkout"
    subprocess.run(["git", "clone", "--quiet", str(git), str(checkout)], check=True)
    (checkout / "playlists" / "pretty" / f"{PLAYLIST}.json").chmod(0o755)
    subprocess.run(
        ["git", "-C", str(checkout), "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-am", "mode"],
        check=True,
    )
    assert simple(target.read("archive", checkout)) == [[(A, OLD)], [(B, OLD)]]


@pytest.mark.parametrize(
    "setting",
    [
        "log.showRoot=false",
        "diff.orderFile=/nowhere/at all",
        "diff.relative=true",
        "log.follow=true",
        "i18n.logOutputEncoding=UTF-16",
    ],
)
def test_the_users_settings_of_git_change_nothing(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    checkout = tmp_path / "checkout"
    subprocess.run(
        [
            *("git", "clone", "--quiet"),
            *(str(archive(tmp_path / "git", snapshots((Entry(A, OLD),), (Entry(B, OLD),)))), str(checkout)),
        ],
        check=True,
    )
    settings = tmp_path / "gitconfig"
    subprocess.run(["git", "config", "--file", str(settings), *setting.split("=")], check=True)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert simple(target.read("archive", checkout / "playlists")) == [[(A, OLD)], [(B, OLD)]]


def test_why_git_refuses_a_repository_is_said(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git = archive(tmp_path / "git", snapshots((Entry(A, OLD),)))
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    for source in ("archive", "api"):
        exit_code, printed = target.run("import", source, git)
        assert (exit_code, target.files()) == (2, {}), printed
        assert "detected dubious ownership" in printed and f"safe.directory {git}" in printed, printed
