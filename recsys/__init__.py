"""A recommender that is a database: ratings in, a DuckDB warehouse of explainable scores out.

>>> import recsys
>>> with recsys.open("warehouse/recsys.duckdb") as warehouse:
...     warehouse.leaderboard().show()

The names of `__all__` are the library; everything else may change from one version to the next.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from recsys.version import __version__

if TYPE_CHECKING:
    from recsys.errors import BuildError, Error, InputError, UnknownIdError, UsageError
    from recsys.library import Warehouse, append, build, forget, open
    from recsys.sources.importing.library import import_ratings

__all__ = [
    "BuildError",
    "Error",
    "InputError",
    "UnknownIdError",
    "UsageError",
    "Warehouse",
    "__version__",
    "append",
    "build",
    "forget",
    "import_ratings",
    "open",
]
_HOMES = {"import_ratings": "sources.importing.library"}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that the command line starts without loading the engine."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES.get(name) or ("errors" if name.endswith("Error") else "library")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__]
