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

from recsys.serving.sandbox import Limits
from recsys.sources.importing.recipe import Options, run
from recsys.ui.app import application
from tests.browser import browser
from tests.given import build_sql

__all__ = ["browser"]

PATIENT = Limits(seconds=60)  # for a machine that is busy with other work
HOME = "http://127.0.0.1:8350"


@pytest.fixture(scope="session")
def explored_warehouse(small_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the small warehouse: DuckDB opens a file once in a process, and others have that one open."""
    return Path(shutil.copyfile(small_warehouse, tmp_path_factory.mktemp("explored") / "small.duckdb"))


@pytest.fixture
def client(explored_warehouse: Path) -> TestClient:
    return TestClient(application(explored_warehouse, PATIENT, seed=1), base_url=HOME, follow_redirects=False)


@pytest.fixture(scope="session")
def address(explored_warehouse: Path) -> Iterator[str]:
    """The explorer behind a real socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(application(explored_warehouse, PATIENT), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def named_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Imported data: users and items have ids and names of their own, some with a slash or an ampersand."""
    folder = tmp_path_factory.mktemp("named")
    songs = [("s/1", "Shine & on", "AC/DC"), ("s2", "Hold the line", "Toto"), ("s3", "Thunder", "AC/DC")]
    (folder / "songs.csv").write_text(
        "item,name,artist,genres\n" + "".join(f"{one},{name},{by},rock\n" for one, name, by in songs)
    )
    ratings = [("ann", "s2", 5), ("ann", "s3", 4), ("bob", "s/1", 5), ("bob", "s3", 1), ("cy", "s/1", 3)]
    (folder / "ratings.csv").write_text(
        "user,item,rating,time\n" + "".join(f"{u},{i},{r},{t}\n" for t, (u, i, r) in enumerate(ratings))
    )
    items = str(folder / "songs.csv")
    run(Options([str(folder / "ratings.csv")], folder / "data", items=items, scale=(1, 5), holdout=0))
    build_sql(folder / "data", folder / "named.duckdb")
    return folder / "named.duckdb"


@pytest.fixture
def named_client(named_warehouse: Path) -> TestClient:
    return TestClient(application(named_warehouse, PATIENT, seed=1), base_url=HOME, follow_redirects=False)
