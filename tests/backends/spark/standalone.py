"""A standalone cluster on this machine: a master and workers, each a process of its own, from pip's packages alone."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyspark

from recsys.backends.spark import java
from tests.java import SHORT_LIVED

HOME = Path(pyspark.__file__).parent
CLASSES = "org.apache.spark.deploy"
SECONDS = 60.0


@dataclass
class Standalone:
    """A running cluster: the address of its master, and the processes of its workers."""

    folder: Path
    java_options: str
    master: str = ""
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def workers(self) -> list[subprocess.Popen[bytes]]:
        return self.started[1:]

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "SPARK_HOME": str(HOME),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "JAVA_HOME": str(java.java_home(self.folder)),
            "JAVA_TOOL_OPTIONS": self.java_options,
            "PYSPARK_PYTHON": sys.executable,
        }

    def start(self, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [str(HOME / "bin" / "spark-class"), f"{CLASSES}.{kind}", *arguments]
        with (self.folder / f"{kind}-{len(self.started)}.log").open("wb") as log:
            process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        self.started.append(process)
        return process

    def programs(self) -> set[str]:
        """What the workers and their executors run; a Python that an executor starts lives as long as it."""
        processes = [one for worker in self.workers for one in [worker.pid, *children(worker.pid)]]
        found = set[str]()
        for process in processes:
            with contextlib.suppress(OSError):  # it has ended
                found.add(Path(f"/proc/{process}/exe").readlink().name)
        return found

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """What happens to the processes of a machine that loses its power: the worker and its executors."""
        for process in [worker.pid, *children(worker.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        worker.wait()


def children(process: int) -> list[int]:
    """The processes that a process started, and theirs; all may end while they are asked."""
    direct: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            with contextlib.suppress(OSError):
                direct += map(int, (thread / "children").read_text().split())
    return direct + [one for child in direct for one in children(child)]


@contextlib.contextmanager
def standalone(
    folder: Path, workers: int = 2, memory: str = "1g", java_options: str = SHORT_LIVED
) -> Iterator[Standalone]:
    """A master and workers of one core each, which end with the block."""
    cluster, port = Standalone(folder, java_options), free_port()
    cluster.master = f"spark://127.0.0.1:{port}"
    try:
        cluster.start("master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0")
        wait_for(port)
        for number in range(workers):
            place = ("--host", "127.0.0.1", "--webui-port", "0", "--work-dir", str(folder / f"work-{number}"))
            cluster.start("worker.Worker", cluster.master, "--cores", "1", "--memory", memory, *place)
        yield cluster
    finally:
        for process in reversed(cluster.started):
            cluster.kill(process)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(port: int) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
