"""Eight clients that ask the explorer for pages and answers while builds replace its warehouse."""

from __future__ import annotations

import http.client
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

from tests.given import build_sql
from tests.torture.programs import ROOT, World

CLIENTS = 8
ADDRESSES = (
    "/api/recommend?user=100&k=3",
    "/users/100/lists",
    "/api/similar?item=1",
    "/users/100",
    "/api/explain?user=100&item=1",
    "/",
    "/search.json?q=1",
)


def serve(world: World, warehouse: Path, builds: int) -> Counter[tuple[str, int]]:
    """Publish the two data sets in turn while clients ask; count the answers by address and status."""
    code = "import sys; from pathlib import Path; from recsys.ui.app import serve; serve(Path(sys.argv[1]), port=0)"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(warehouse)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = int(re.findall(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())[0])
    found: Counter[tuple[str, int]] = Counter()
    is_over = threading.Event()
    clients = [
        threading.Thread(target=_ask, args=(port, number, found, is_over)) for number in range(CLIENTS)
    ]
    try:
        for client in clients:
            client.start()
        for number in range(builds):
            build_sql((world.after, world.before)[number % 2], warehouse)
    finally:
        is_over.set()
        for client in clients:
            client.join(120)
        process.send_signal(signal.SIGINT)
        process.wait(60)
        process.stdout.close()
    return found


def _ask(port: int, number: int, found: Counter[tuple[str, int]], is_over: threading.Event) -> None:
    """Ask one thing after the other, each over a connection of its own."""
    turn = number
    while not is_over.is_set():
        address = ADDRESSES[turn % len(ADDRESSES)]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.request("GET", address)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        found[address, answer.status] += 1
        turn += 1
        is_over.wait(0.1)  # the machine is also to build


def told(found: Counter[tuple[str, int]]) -> str:
    """Say in a sentence what the clients were answered."""
    count, bad = sum(found.values()), sum(n for (_, status), n in found.items() if status != 200)
    return f"{count:,} answers to {CLIENTS} clients, {bad} of them not 200"
