"""Pages that were made before: what a published file says does not change."""

from __future__ import annotations

import threading
from collections import OrderedDict

MOST_BYTES = 32 << 20


class PageCache:
    """Bodies by address, the least used forgotten first."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.most, self.bytes = most, 0
        self.bodies: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, address: str) -> bytes | None:
        with self._lock:
            if address in self.bodies:
                self.bodies.move_to_end(address)
            return self.bodies.get(address)

    def put(self, address: str, body: bytes) -> None:
        with self._lock:
            self.bytes += len(body) - len(self.bodies.pop(address, b""))
            self.bodies[address] = body
            while self.bytes > self.most:
                _, forgotten = self.bodies.popitem(last=False)
                self.bytes -= len(forgotten)
