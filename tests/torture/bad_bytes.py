"""Runs the models that read one input file over damaged versions of it, without the rest of a build."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from recsys.backends.database import Limits
from recsys.backends.duckdb.database import Writer
from recsys.engine.memory import PeakMeter
from recsys.engine.plan import Step, plan
from recsys.engine.publish import Workplace
from recsys.engine.runner import Runner
from recsys.errors import InputError
from recsys.project import LAYERS, Project
from recsys.project.contract import Context
from recsys.project.rendered import Rendered
from recsys.sources.directory import discover
from recsys.sources.lines import explain_refusal
from tests.given import write_directory
from tests.torture.mutations import FILES, SCORES, Rows, is_compressed, stated

READERS = {
    "trackData2.txt": ("staging.track_lines", "staging.tracks", "staging.track_genres", "hierarchy.items"),
    "albumData2.txt": ("staging.album_lines", "staging.albums", "staging.album_genres", "hierarchy.items"),
    "artistData2.txt": ("staging.artists", "hierarchy.items"),
    "genreData2.txt": ("staging.genres", "hierarchy.items"),
    "trainItem2.txt": ("staging.ratings",),
    "testItem2.txt": (
        *("staging.test_lines", "staging.test_headers", "staging.candidates"),
        *("staging.labels", "staging.truth"),
    ),
    "test2_new.txt": ("staging.labels",),
    "truth2.txt": ("staging.truth",),
    "submissions/ids.csv": ("staging.submissions",),
    "submissions/bare.csv": ("staging.submissions",),
    SCORES: ("staging.submissions",),
}
QUERIES = {
    "trackData2.txt": ("track_id, album_id, artist_id from staging.tracks", "* from staging.track_genres"),
    "albumData2.txt": ("album_id, artist_id from staging.albums", "* from staging.album_genres"),
    "artistData2.txt": ("artist_id from staging.artists",),
    "genreData2.txt": ("genre_id from staging.genres",),
    "trainItem2.txt": ("user_id, item_id, rating from staging.ratings",),
    "testItem2.txt": ("user_id, track_id from staging.candidates",),
    "test2_new.txt": ("user_id, track_id, label from staging.labels",),
    "truth2.txt": ("user_id, track_id, label from staging.truth",),
    "submissions/ids.csv": ("user_id, track_id, score from staging.submissions where file = 'ids.csv'",),
    "submissions/bare.csv": ("user_id, track_id, score from staging.submissions where file = 'bare.csv'",),
    SCORES: ("file, score from staging.submission_scores",),
}
ELSEWHERE = ("not listed yet", "candidate", "a user and track of", "a score for", "a file of this name")
LACKING = ("a row for each", "a score for")


class _Unmeasured(PeakMeter):
    """Measures nothing: asking the system for peak memory takes longer than reading a small file."""

    def start(self, name: str) -> None: ...

    def stop(self, name: str) -> int:
        return 0


@cache
def _project() -> Project:
    return Project.load(present=("train", "test", "labels", "truth", "submissions"))


@cache
def _graph() -> dict[str, Rendered]:
    return _project().graph()


class Ingestion:
    """The staging layer over a small data directory; one file, ``name``, is replaced again and again."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.data = write_directory(folder / "data", FILES)
        self.workplace = Workplace(folder / "w.duckdb")
        self.workplace.scratch.mkdir(parents=True)
        self.project = _project()
        self.writer = Writer(Path(":memory:"), Limits(1, "1GB"), self.workplace.spill)
        self.writer.prepare(LAYERS)
        steps = plan(self.project, _graph(), discover(self.data), {})
        self.steps: dict[str, Step] = {step.name: step for step in steps}
        self.verdicts: Counter[str] = Counter()
        used = {model for models in READERS.values() for model in models}
        self._run([step.name for step in steps if step.name in used])

    def close(self) -> None:
        self.writer.close()

    def check(self, content: bytes) -> None:
        """AssertionError unless the file is refused by its name and line, or gives the rows that it states."""
        whole = self.data / self.name
        is_zipped = is_compressed(content) and self.name != SCORES
        path = whole.with_name(f"{whole.name}.gz") if is_zipped else whole
        whole.unlink()
        path.write_bytes(content)
        try:
            refusal = self._outcome(path.name, content)
            if whole.parent == self.data:  # the engine reads it; submissions have a line reader alone
                self._compare(refusal)
        finally:
            path.unlink()
            whole.write_text(FILES[self.name])
        self.verdicts["refused" if refusal else "accepted"] += 1

    def _outcome(self, file: str, content: bytes) -> InputError | None:
        try:
            rows = self._run(READERS[self.name])
        except InputError as error:
            self._is_clear(error, file)
            return error
        assert sorted(rows, key=str) == sorted(stated(self.name, content), key=str)
        return None

    def _compare(self, refusal: InputError | None) -> None:
        """The engine and the line reader must agree on whether the file is refused, and for what."""
        try:
            explain_refusal(discover(self.data))
        except InputError as error:
            assert refusal is not None, f"the engine accepts what the line reader refuses: {error}"
            assert str(error) == str(refusal) or _is_gzip_damage(refusal)
        else:
            assert refusal is None, f"the line reader accepts what the engine refuses: {refusal}"

    def _is_clear(self, error: InputError, file: str) -> None:
        """File and line in one line; what one file says may make a line of a later one the wrong one.

        No line is to blame for what a file of submissions lacks.
        """
        assert error.path.name == file or any(words in error.expected for words in ELSEWHERE), error
        assert error.line is not None or any(words in error.expected for words in LACKING), error
        assert "\n" not in str(error) and len(str(error)) < 600

    def _run(self, models: Sequence[str]) -> Rows:
        context = Context(self.workplace.scratch, threads=1)
        files = discover(self.data)
        runner = Runner(self.project, files, self.workplace, context, "fuzz")
        runner.meter = _Unmeasured()
        for model in models:
            runner.run(self.steps[model], self.writer)
        return [row for query in QUERIES[self.name] for row in self.writer.run(f"select {query}")]


def _is_gzip_damage(error: InputError) -> bool:
    """What the line reader refuses line by line before it comes to the damage, the engine never sees."""
    return error.path.suffix == ".gz" and "complete gzip" in error.expected
