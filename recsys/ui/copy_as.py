"""The commands that give what a page shows, from the command line, Python and SQL."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from recsys.ui.entities import Entity

Ways = Mapping[str, str]


class CopyAs:
    """Write the commands for one warehouse."""

    def __init__(self, warehouse: Path) -> None:
        self.file = str(warehouse)

    def query(self, sql: str) -> Ways:
        """Return the ways to run a query."""
        text = " ".join(sql.split())
        return {
            "CLI": f"recsys sql {shlex.quote(text)} --warehouse {shlex.quote(self.file)}",
            "Python": f"recsys.open({self.file!r}).sql({text!r})",
            "SQL": text,
        }

    def leaderboard(self, sql: str) -> Ways:
        """Return the ways to see the leaderboard that a query returns."""
        return {**self.query(sql), "CLI": f"recsys leaderboard --warehouse {shlex.quote(self.file)}"}

    def recommend(self, user: Entity, model: str, is_stored: bool, k: int) -> Ways:
        """Return the ways to get the list of a user; SQL has the lists that the build made."""
        option, argument = ("", "") if is_stored else (f" --model {model}", f", model={model!r}")
        who = user.original
        ways = {
            "CLI": f"recsys recommend {shlex.quote(who)} -k {k}{option} --warehouse {shlex.quote(self.file)}",
            "Python": f"recsys.open({self.file!r}).recommend({who!r}, k={k}{argument})",
        }
        return {**ways, "SQL": f"from recommend({_literal(who)}, {k})"} if is_stored else ways

    def recommend_for(self, values: Mapping[str, float], model: str | None, k: int) -> Ways:
        """Return the ways to get the list of somebody who is not in the data."""
        option, argument = ("", "") if model is None else (f" --model {model}", f", model={model!r}")
        given = ",".join(f"{item}={value:g}" for item, value in values.items())
        return {
            "CLI": f"recsys recommend --ratings {shlex.quote(given)} -k {k}{option} "
            f"--warehouse {shlex.quote(self.file)}",
            "Python": f"recsys.open({self.file!r}).recommend_for({dict(values)!r}, k={k}{argument})",
        }

    def similar(self, item: Entity, k: int) -> Ways:
        """Return the ways to get the items most similar to an item."""
        what = item.original
        return {
            "CLI": f"recsys similar {shlex.quote(what)} -k {k} --warehouse {shlex.quote(self.file)}",
            "Python": f"recsys.open({self.file!r}).similar({what!r}, k={k})",
            "SQL": f"from similar({_literal(what)}, {k})",
        }


def _literal(text: str) -> str:
    """Return a text as a literal of SQL."""
    quoted = text.replace("'", "''")
    return f"'{quoted}'"
