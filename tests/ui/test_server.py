"""The command's side of the explorer: what it refuses to serve."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from recsys.errors import UsageError
from recsys.ui import app
from recsys.ui.app import serve


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.168.1.5", "example.org"])
def test_only_this_machine_is_served(explored_warehouse: Path, host: str) -> None:
    with pytest.raises(UsageError, match=r"use 127\.0\.0\.1"):
        serve(explored_warehouse, host=host)


def test_a_taken_port_is_told_of(explored_warehouse: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="--port"):
        serve(explored_warehouse, port=taken.getsockname()[1])


@pytest.mark.parametrize("port", [-1, 70000])
def test_an_impossible_port_is_told_of(explored_warehouse: Path, port: int) -> None:
    with pytest.raises(UsageError, match="--port"):
        serve(explored_warehouse, port=port)


def test_a_missing_warehouse_is_told_of_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no warehouse at"):
        serve(tmp_path / "none.duckdb", port=0)


def test_a_page_does_not_wait_for_an_answer_to_its_header() -> None:
    """asyncio sets TCP_NODELAY for what is named TCP alone, and what is accepted has the listener's name."""
    with app._listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP


def test_it_prints_its_address_serves_and_stops_at_an_interrupt(explored_warehouse: Path) -> None:
    code = "import sys; from pathlib import Path; from recsys.ui.app import serve; serve(Path(sys.argv[1]), port=0)"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(explored_warehouse)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdout
    address = re.search(r"http\S+", process.stdout.readline())[0]
    with urlopen(address, timeout=30) as answer:
        assert "List models" in answer.read().decode()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    process.stdout.close()
