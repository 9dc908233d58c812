"""The long forms: each attack repeated for its share of the time, and the figures that it gives."""

from __future__ import annotations

import random
import re
import shutil
import signal
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from recsys import synthetic
from recsys.engine import manifest
from tests.project.test_single_query import TEXTS, check_text
from tests.torture import changes, small_disk
from tests.torture.bad_bytes import READERS, Ingestion
from tests.torture.crashes import crash_build, crash_output, crash_synth, interrupt_build, own_warehouse
from tests.torture.crowd import READERS as CROWD
from tests.torture.crowd import crowd
from tests.torture.edits import Bench
from tests.torture.mutations import damaged
from tests.torture.programs import World, command, litter, run
from tests.torture.serving import CLIENTS, serve
from tests.torture.test_incremental import ROUNDS, check_rounds, digests

LONGEST = 2.0  # seconds: by then any of the small programs has ended
LARGEST_ROOM = 20_000_000  # bytes: more than a build of the small world needs
QUIET = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate],
}


@dataclass(frozen=True)
class Figure:
    """One line of what the product survives."""

    attack: str
    outcome: str


@dataclass(frozen=True)
class Budget:
    """How far an attack may go: until so many seconds have passed, or the count that is meant is reached."""

    seconds: float

    def rounds(self, most: int) -> Iterator[int]:
        ends = time.monotonic() + self.seconds
        for number in range(most):
            if time.monotonic() > ends:
                return
            yield number


def killed_builds(folder: Path, budget: Budget) -> Figure:
    world, moments, killed = World.create(folder), random.Random(11), list[bool]()
    for _ in budget.rounds(400):
        killed.append(crash_build(world, moments.uniform(0, LONGEST)))
        if sum(killed) == 100:
            break
    return Figure(
        "kill -9 at a random moment of a build",
        f"{sum(killed)} killed, {len(killed) - sum(killed)} done before: the warehouse answered as before or as "
        "after each time, and the next build needed no hand",
    )


def killed_commands(folder: Path, budget: Budget) -> Figure:
    world, moments, killed = World.create(folder), random.Random(12), Counter[str]()
    for _ in budget.rounds(40):
        killed["submit"] += crash_output(world, ("submit", "adaptive", "OUT"), moments.uniform(0, 0.6), None)
        killed["report"] += crash_output(world, ("report", "--out", "OUT"), moments.uniform(0, LONGEST), None)
        with_demo = folder / "synth"
        with_demo.mkdir(exist_ok=True)
        killed["synth"] += crash_synth(with_demo, moments.uniform(0, LONGEST))
    shown = ", ".join(f"{count} of {name}" for name, count in sorted(killed.items()))
    return Figure("kill -9 of other commands", f"{shown}: each file whole or absent, the next run wrote it")


def interrupted_builds(folder: Path, budget: Budget) -> Figure:
    world, moments, seconds = World.create(folder), random.Random(13), []
    for number in budget.rounds(50):
        sent, status = ((signal.SIGINT, 130), (signal.SIGTERM, 143))[number % 2]
        ended = interrupt_build(world, moments.uniform(0.15, LONGEST), sent)
        assert ended.status in (0, -sent, status), ended.complaint
        assert "Traceback" not in ended.complaint
        if ended.status == status:  # else it was done: an interpreter that is closing down just dies
            seconds.append(ended.seconds)
    return Figure(
        "SIGINT and SIGTERM at a random moment of a build",
        f"{len(seconds)} ended with 130 or 143 in one line, in {statistics.median(seconds):.2f} s (median), "
        f"{max(seconds):.2f} s (longest)",
    )


def killed_changes(folder: Path, budget: Budget) -> Figure:
    shop, moments, killed, done = changes.Shop.create(folder / "shop"), random.Random(15), Counter[str](), 0
    for number in budget.rounds(400):
        change = changes.CHANGES[number % 2]
        is_killed = changes.crash(shop, change, moments.uniform(0, LONGEST))
        killed[change] += is_killed
        done += not is_killed
        if killed.total() == 100:
            break
    return Figure(
        "kill -9 at a random moment of append and forget",
        f"{killed['append']} and {killed['forget']} killed, {done} done before: data and warehouse were each as before "
        "or as after, the next run needed no hand, and no byte of a forgotten id was left",
    )


def crowded_changes(folder: Path, budget: Budget) -> Figure:
    """Two changes at a time, changes without room, and readers through changes."""
    shop, rooms = changes.Shop.create(folder / "shop"), random.Random(16)
    pairs = refused = failed = roomy = answered = seen = 0
    for number in budget.rounds(20):
        change = changes.CHANGES[number % 2]
        pairs, refused = pairs + 1, refused + changes.two_at_once(shop, change)
        is_failed = changes.with_room(shop, change, rooms.randrange(LARGEST_ROOM))
        failed, roomy = failed + is_failed, roomy + (not is_failed)
        count, states = changes.with_readers(shop, change)
        answered, seen = answered + count, seen + states
    return Figure(
        "append and forget: two at once, little room, readers",
        f"{pairs} pairs, {refused} refused by name and then done; {failed} ended in one line with nothing changed, "
        f"{roomy} had room; {answered:,} transactions of {changes.READERS} readers, each of one state",
    )


def bad_bytes(folder: Path, budget: Budget) -> Figure:
    share, verdicts = Budget(budget.seconds / len(READERS)), Counter[str]()
    for name in READERS:
        ingestion = Ingestion(folder / name, name)
        for number in share.rounds(25):
            _attack(ingestion, name, number)
        ingestion.close()
        verdicts += ingestion.verdicts
    return Figure(
        "damaged input files",
        f"{verdicts.total():,} files: {verdicts['accepted']:,} read with exactly the rows they state, "
        f"{verdicts['refused']:,} refused by file and line",
    )


def _attack(ingestion: Ingestion, name: str, number: int) -> None:
    @seed(number)
    @settings(max_examples=100, **QUIET)
    @given(content=damaged(name))
    def attack(content: bytes) -> None:
        ingestion.check(content)

    attack()


def full_disk(folder: Path, budget: Budget) -> Figure:
    attack = "a disk with too little room, at random"
    if not small_disk.is_possible():
        return Figure(attack, "not tried: users of this machine may not mount file systems")
    world, rooms, ends = World.create(folder), random.Random(14), []
    for _ in budget.rounds(20):
        ended = small_disk.build_with_room(world, rooms.randrange(LARGEST_ROOM))
        assert ended.litter == []
        assert ended.is_mended
        assert ended.status == 0 or (ended.complaint.count("\n"), ended.is_untouched) == (1, True), ended
        ends.append(ended.status)
    return Figure(
        attack,
        f"{ends.count(1)} builds ended in one line with the warehouse as it was, {ends.count(0)} had room; the next "
        "one, with room, needed no hand",
    )


def giant_line(folder: Path, budget: Budget) -> Figure:
    """One line of a gigabyte; the file has no line feed but the last."""
    world = World.create(folder)
    with (world.after / "genreData2.txt").open("wb") as file:
        for _ in range(1024):
            file.write(b"7" * (1 << 20))
        file.write(b"\n")
    done = run(command("build", "--sql-only", "--data", world.after, "--warehouse", folder / "w.duckdb"))
    assert done.returncode == 2, done.stderr
    assert re.search(r"genreData2\.txt:1: .*expected a line of under", done.stderr), done.stderr
    return Figure("a line of 1 GiB", f"refused: {done.stderr.strip().rsplit(': ', 1)[-1]}")


def many_readers(folder: Path, budget: Budget) -> Figure:
    world = World.create(folder)
    answered = published = 0
    with own_warehouse(world) as warehouse:
        for _ in budget.rounds(10):
            count, seen = crowd(world, warehouse, builds=4)
            assert seen == 2
            answered, published = answered + count, published + 4
            warehouse.with_name("stop").unlink()
    return Figure(
        f"{CROWD} readers while builds publish",
        f"{published} builds published, {answered:,} transactions, each of one build, no error",
    )


def served_clients(folder: Path, budget: Budget) -> Figure:
    """Ask the explorer for pages and answers while builds publish."""
    world = World.create(folder)
    found: Counter[tuple[str, int]] = Counter()
    published = 0
    with own_warehouse(world) as warehouse:
        for _ in budget.rounds(5):
            found += serve(world, warehouse, builds=4)
            published += 4
    assert {status for _, status in found} == {200}, found
    return Figure(
        f"{CLIENTS} clients of pages and API while builds publish",
        f"{published} builds published, {sum(found.values()):,} answers, all of them 200",
    )


def texts_of_models(folder: Path, budget: Budget) -> Figure:
    """Run whatever texts the check of models accepts."""
    accepted = refused = 0

    def check(text: str) -> None:
        nonlocal accepted, refused
        is_accepted = check_text(text)
        accepted, refused = accepted + is_accepted, refused + (not is_accepted)

    for number in budget.rounds(5):
        seed(number)(settings(**QUIET, max_examples=4000)(given(TEXTS)(check)))()
    return Figure(
        "texts of models, put together at random",
        f"{refused:,} refused, {accepted:,} accepted: each one SELECT to the engine, and none changed a relation",
    )


def random_edits(folder: Path, budget: Budget) -> Figure:
    Bench(folder / "bench").build(folder / "w.duckdb")
    builds = 0

    for number in budget.rounds(30):

        @seed(number)
        @settings(max_examples=5, **QUIET)
        @given(rounds=ROUNDS)
        def attack(rounds: list[list[tuple[str, str]]]) -> None:
            nonlocal builds
            builds += len(rounds)
            check_rounds(folder, rounds)

        attack()
    return Figure(
        "random edits of models, parameters, inputs",
        f"{builds} incremental builds, each equal to one from scratch, and only the expected models ran",
    )


def same_again(folder: Path, budget: Budget) -> Figure:
    """The tiny data set, all models; only in the full form, for the learners take minutes."""
    data = folder / "data"
    synthetic.generate(data, "tiny", 5)
    found = []
    for threads in (1, 2):
        warehouse = folder / f"{threads}.duckdb"
        words = ("build", "--data", data, "--warehouse", warehouse, "--threads", threads, "--device", "cpu")
        done = run(command(*words), PYTHONHASHSEED=str(threads))
        assert done.returncode == 0, done.stderr
        found.append(digests(warehouse))
    differing = sorted(name for name in found[0] if found[0][name] != found[1].get(name))
    assert not differing, differing
    return Figure(
        "the same data built twice, 1 and 2 threads", f"{len(found[0])} relations with equal digests"
    )


def short_of_memory(folder: Path, budget: Budget) -> Figure:
    """Full scale in 1 GB; only in the full form, for it takes minutes."""
    data, warehouse = folder / "data", folder / "w.duckdb"
    synthetic.generate(data, "full", 1)
    begun = time.monotonic()
    done = run(command("build", "--sql-only", "--data", data, "--warehouse", warehouse, "--memory", "1GB"))
    assert done.returncode == 0, done.stderr
    assert litter(folder) == []
    peak = max(made.peak_bytes for made in manifest.read(warehouse).values())
    shutil.rmtree(data)
    return Figure(
        "full scale with --memory 1GB",
        f"built in {time.monotonic() - begun:.0f} s, peak {peak / (1 << 30):.1f} GiB resident, nothing left behind",
    )


Attack = Callable[[Path, Budget], Figure]
SHARES: dict[Attack, float] = {  # of the time
    killed_builds: 0.2,
    killed_commands: 0.12,
    killed_changes: 0.12,
    crowded_changes: 0.06,
    interrupted_builds: 0.08,
    bad_bytes: 0.15,
    full_disk: 0.04,
    giant_line: 0.02,
    many_readers: 0.06,
    served_clients: 0.06,
    texts_of_models: 0.02,
    random_edits: 0.07,
}
FULL: dict[Attack, float] = dict.fromkeys([*SHARES, same_again, short_of_memory], float("inf"))
