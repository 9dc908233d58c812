"""The files of a demo data set: their format, their bytes, and that they appear as a whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recsys.errors import UsageError
from recsys.synthetic import files, generate
from recsys.synthetic.dataset import FILES
from recsys.synthetic.scales import SCALES


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def lines(directory: Path, name: str) -> list[str]:
    return (directory / name).read_text(encoding="ascii").splitlines()


def test_all_files_are_there_and_nothing_else_beside(tiny: Path) -> None:
    assert {path.name for path in tiny.iterdir()} == FILES
    assert [path.name for path in tiny.parent.iterdir()] == [tiny.name]


def test_the_same_seed_gives_the_same_bytes(tiny: Path, tmp_path: Path) -> None:
    generate(tmp_path / "again", "tiny", seed=1)
    assert contents(tmp_path / "again") == contents(tiny)


def test_another_seed_gives_other_ratings(tiny: Path, tmp_path: Path) -> None:
    generate(tmp_path / "other", "tiny", seed=2)
    assert contents(tmp_path / "other")["trainItem2.txt"] != contents(tiny)["trainItem2.txt"]


def test_provenance_says_what_made_it(tiny: Path) -> None:
    provenance = json.loads((tiny / "synth.json").read_text())
    assert (provenance["scale"], provenance["seed"]) == ("tiny", 1)


def test_catalogue_has_the_sizes_of_the_scale_and_one_id_space(tiny: Path) -> None:
    scale = SCALES["tiny"]
    names = ("trackData2.txt", "albumData2.txt", "artistData2.txt", "genreData2.txt")
    ids = [[int(line.split("|")[0]) for line in lines(tiny, name)] for name in names]
    assert [len(part) for part in ids] == [scale.tracks, scale.albums, scale.artists, scale.genres]
    together = [number for part in ids for number in part]
    assert sorted(together) == list(range(len(together)))


def test_taxonomy_refers_to_items_that_exist_and_has_its_gaps(tiny: Path) -> None:
    tracks = [line.split("|") for line in lines(tiny, "trackData2.txt")]
    albums = {line.split("|")[0] for line in lines(tiny, "albumData2.txt")}
    artists, genres = set(lines(tiny, "artistData2.txt")), set(lines(tiny, "genreData2.txt"))
    assert {track[1] for track in tracks} <= albums | {"None"}
    assert {track[2] for track in tracks} <= artists | {"None"}
    assert {genre for track in tracks for genre in track[3:]} <= genres
    assert all(len(set(track[3:])) == len(track[3:]) for track in tracks)
    assert any(track[1] == "None" for track in tracks) and any(len(track) == 3 for track in tracks)


def test_every_item_has_a_name_of_its_own(tiny: Path) -> None:
    scale = SCALES["tiny"]
    pairs = [line.split("|") for line in lines(tiny, "itemNames.txt")]
    assert [int(item) for item, _ in pairs] == list(
        range(scale.tracks + scale.albums + scale.artists + scale.genres)
    )
    assert len({name for _, name in pairs}) == len(pairs)
    genres = {int(line) for line in lines(tiny, "genreData2.txt")}
    assert {"Jazz", "Indie Rock"} <= {name for item, name in pairs if int(item) in genres}


def test_headers_count_their_ratings(tiny: Path) -> None:
    left = iter(lines(tiny, "trainItem2.txt"))
    users = []
    for header in left:
        user, count = map(int, header.split("|"))
        ratings = [tuple(map(int, next(left).split("\t"))) for _ in range(count)]
        assert len({item for item, _ in ratings}) == count
        assert all(0 <= rating <= 100 for _, rating in ratings)
        users.append(user)
    assert users == sorted(set(users)) and len(users) == SCALES["tiny"].users


def test_published_labels_are_whole_users_of_the_truth(tiny: Path) -> None:
    truth, published = lines(tiny, "truth2.txt"), lines(tiny, "test2_new.txt")
    labelled = {line.split("|")[0] for line in published}
    assert len(labelled) == SCALES["tiny"].labelled_users
    assert published == [line for line in truth if line.split("|")[0] in labelled]


@pytest.mark.parametrize(("scale", "seed"), [("huge", 1), ("", 1), ("tiny", -1)])
def test_unknown_scale_or_negative_seed_is_refused(scale: str, seed: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="scale|seed"):
        generate(tmp_path / "data", scale, seed)
    assert not list(tmp_path.iterdir())


def test_earlier_demo_data_is_replaced_on_request(tmp_path: Path) -> None:
    generate(tmp_path / "data", "tiny", seed=1)
    before = contents(tmp_path / "data")
    with pytest.raises(UsageError, match="already has a demo data set; replace it with --force"):
        generate(tmp_path / "data", "tiny", seed=2)
    assert contents(tmp_path / "data") == before
    generate(tmp_path / "data", "tiny", seed=2, replace=True)
    assert contents(tmp_path / "data").keys() == before.keys()
    assert contents(tmp_path / "data") != before
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize("stranger", ["thesis.tex", "trainItem2.txt"])
def test_other_content_is_refused_and_kept(stranger: str, tmp_path: Path) -> None:
    (tmp_path / stranger).write_text("precious")
    with pytest.raises(UsageError, match=stranger):
        generate(tmp_path, "tiny", seed=1)
    assert contents(tmp_path) == {stranger: b"precious"}


def test_demo_data_with_something_added_is_refused(tmp_path: Path) -> None:
    generate(tmp_path / "data", "tiny", seed=1)
    (tmp_path / "data" / "notes.txt").write_text("precious")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        generate(tmp_path / "data", "tiny", seed=1, replace=True)


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("precious")
    with pytest.raises(UsageError, match="is a file"):
        generate(tmp_path / "data", "tiny", seed=1)
    with pytest.raises(UsageError, match="cannot be written .File exists.; choose another directory"):
        generate(tmp_path / "data" / "below", "tiny", seed=1)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), KeyboardInterrupt()])
def test_nothing_is_left_of_a_run_that_fails(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(files, "write_ratings", fail)
    with pytest.raises((UsageError, KeyboardInterrupt)):
        generate(tmp_path / "data", "tiny", seed=1)
    assert not list(tmp_path.iterdir())


def test_a_failed_run_keeps_the_earlier_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(tmp_path / "data", "tiny", seed=1)
    before = contents(tmp_path / "data")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "write_test", fail)
    with pytest.raises(UsageError, match="No space left"):
        generate(tmp_path / "data", "tiny", seed=2, replace=True)
    assert contents(tmp_path / "data") == before


def test_a_killed_run_leaves_no_data_set_and_does_not_block_the_next(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from recsys.synthetic import generate\n"
        "def report(fraction, message):\n"
        "    if message == 'ratings': print(flush=True); time.sleep(60)\n"
        "generate(Path(sys.argv[1]), 'tiny', 1, report)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "data").exists()
    generate(tmp_path / "data", "tiny", seed=1)
    assert (tmp_path / "data" / "trainItem2.txt").is_file()


def test_progress_rises_from_nothing_to_all(tmp_path: Path) -> None:
    fractions: list[float] = []
    generate(tmp_path / "data", "tiny", 1, lambda fraction, _: fractions.append(fraction))
    assert fractions[0] == 0.0 and fractions[-1] == 1.0
    assert np.all(np.diff(fractions) >= 0)


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    leftover, alive = tmp_path / f".demo-partial-{dead.pid}", tmp_path / f".demo-partial-{os.getppid()}"
    for folder in (leftover, alive):
        (folder / "made").mkdir(parents=True)
    generate(tmp_path / "demo", "tiny", 1)
    assert not leftover.exists()
    assert alive.exists()
    assert (tmp_path / "demo" / "trainItem2.txt").exists()
