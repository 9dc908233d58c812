"""The explorer of the small warehouse, for requests in this process and for a browser."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient

from recsys.ui.server import application
from tests.browser import browser

__all__ = ["browser"]

HOME = "http://127.0.0.1:8350"


@pytest.fixture(scope="session")
def explored_warehouse(small_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the small warehouse: DuckDB opens a file once in a process, and others have that one open."""
    return Path(shutil.copyfile(small_warehouse, tmp_path_factory.mktemp("explored") / "small.duckdb"))


@pytest.fixture
def client(explored_warehouse: Path) -> TestClient:
    return TestClient(application(explored_warehouse, seed=1), base_url=HOME, follow_redirects=False)


@pytest.fixture(scope="session")
def address(explored_warehouse: Path) -> Iterator[str]:
    """The explorer behind a real socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(application(explored_warehouse), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)
