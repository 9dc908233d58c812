"""Random edits of models, parameters and inputs of a small project, and which models they make run.

The expectation is worked out from the text of the files alone: who names whom in ``ref()``, and who names the
parameter or the input.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import SMALL
from tests.given import build_sql, write_directory
from tests.torture.programs import ROOT

MODELS = (
    *("staging/ratings", "staging/track_lines"),
    *(
        "staging/tracks",
        "staging/track_genres",
        "staging/album_lines",
        "staging/albums",
        "staging/album_genres",
    ),
    *("staging/test_lines", "staging/test_headers", "staging/candidates", "priors/overall", "priors/items"),
    *("hierarchy/track_lineage", "hierarchy/track_genres"),
)
FINAL = """\
-- grain: one rated item
-- key: item_id
-- units: none
-- nulls: none
select item_id, rating_count * {{ var('bayes.confidence') }} + {{ var('adaptive.album') }} as value
from {{ ref('priors.items') }}
"""
INPUTS = {"train": "trainItem2.txt", "tracks": "trackData2.txt", "test": "testItem2.txt"}
PARAMETERS = ("bayes.confidence", "adaptive.album", "scale.middle")
COMMENTS = "-- edited: "


@dataclass
class Bench:
    """A project of a few models with a data directory, edited one step at a time."""

    folder: Path
    edits: int = 0
    values: dict[str, int] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=lambda: dict(SMALL))

    def __post_init__(self) -> None:
        self.sql, self.data = self.folder / "sql", write_directory(self.folder / "data", SMALL)
        for name in (*MODELS, "macros/text", "macros/formulas"):
            target = self.sql / f"{name}.sql"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "sql" / f"{name}.sql", target)
        (self.sql / "marts").mkdir()
        (self.sql / "marts" / "final.sql").write_text(FINAL)
        shutil.copy(ROOT / "sql" / "parameters.toml", self.sql)

    @property
    def texts(self) -> dict[str, str]:
        paths = [path for path in self.sql.glob("*/*.sql") if path.parent.name != "macros"]
        return {f"{path.parent.name}.{path.stem}": path.read_text() for path in paths}

    def edit_model(self, name: str) -> set[str]:
        """Change a model's text, not its meaning."""
        self.edits += 1
        path = self.sql / f"{name.replace('.', '/')}.sql"
        path.write_text(f"{path.read_text()}{COMMENTS}{self.edits}\n")
        return self._with_readers({name})

    def set_parameter(self, name: str) -> set[str]:
        self.edits += 1
        self.values[name] = self.edits
        users = {model for model, text in self.texts.items() if self._uses(text, name)}
        return self._with_readers(users)

    def edit_input(self, name: str) -> set[str]:
        """Another rating, another album, other candidates."""
        self.edits += 1
        file = INPUTS[name]
        added = {
            "train": f"{900 + self.edits}|1\n10\t50\n",
            "tracks": f"{5000 + self.edits}|10|None\n",
            "test": f"{7000 + self.edits}|2\n1\n2\n",
        }[name]
        self.written[file] += added
        (self.data / file).write_text(self.written[file])
        readers = {model for model, text in self.texts.items() if f"source('{name}')" in text}
        return self._with_readers(readers)

    def build(self, warehouse: Path) -> set[str]:
        """Build into a warehouse; the models that ran, but for those that live as long as a build."""
        overrides = tuple(f"{name}={value}" for name, value in self.values.items())
        ran = build_sql(self.data, warehouse, sql=self.sql, overrides=overrides).finished_models
        return {name for name in ran if not self._is_temporary(name)}

    def lasting(self, names: set[str]) -> set[str]:
        return {name for name in names if not self._is_temporary(name)}

    def _is_temporary(self, name: str) -> bool:
        return "-- materialized: temp" in self.texts[name]

    def _uses(self, text: str, parameter: str) -> bool:
        """Directly, or through the one macro that has constants of its own in it."""
        if f"var('{parameter}')" in text:
            return True
        macros = (self.sql / "macros" / "formulas.sql").read_text()
        blocks = re.findall(r"{% macro (\w+)\((?:.*?)%}(.*?){%- ?endmacro", macros, re.DOTALL)
        return any(f"var('{parameter}')" in body and f"{name}(" in text for name, body in blocks)

    def _with_readers(self, names: set[str]) -> set[str]:
        """The models with all that read them, at whatever remove."""
        parents = {model: set(re.findall(r"ref\('([\w.]+)'\)", text)) for model, text in self.texts.items()}
        found = set(names)
        while more := {model for model, read in parents.items() if read & found} - found:
            found |= more
        return found
