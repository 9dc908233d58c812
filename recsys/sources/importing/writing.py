"""Write the files of a data directory: ratings, and candidates and truth where likes are held out."""

from __future__ import annotations

from typing import Any

from recsys.sources.importing import findings, holdout, times
from recsys.sources.importing.options import SUMMED, Result, Scale
from recsys.sources.importing.state import Job, State


def write(job: Job, name: str, **names: Any) -> None:
    """Run the statement that writes a file; ``names`` are the variables of its template."""
    job.engine.run(f"write_{name}", {"path": str(job.folder / f"{name}.parquet")}, **names)


def write_ratings(job: Job, state: State) -> Result:
    """Hold out likes, write the ratings, and return the result of the import."""
    job.engine.run("value_counts", relation="coded")
    top = top_count(job, state)
    split = job.options.split or ("time" if state.columns["time"] else "random")
    warnings = _warnings(job, state)
    counts = _write_rows(job, state, split, top)
    return Result(
        job.options.out,
        state.columns,
        state.item_columns,
        state.kind.name,
        state.kind.reason,
        state.kind.scale,
        job.options.scale is not None,
        state.liked,
        top,
        split,
        job.options.noun,
        counts,
        job.notes,
        warnings,
        _recipe(state),
    )


def top_count(job: Job, state: State) -> float | None:
    """Return the count that is the rating 100, from ``value_counts``; None for other feedback."""
    return job.engine.run("top_count")[0]["top_count"] if state.kind.name in SUMMED else None


def rating_parameters(scale: Scale | None, top: float | None) -> dict[str, Any]:
    """Return the bound parameters of a rating: the scale of the values, or the largest count."""
    parameters: dict[str, Any] = {"lowest": scale[0], "highest": scale[1]} if scale else {}
    return parameters if top is None else {**parameters, "top_count": top}


def _warnings(job: Job, state: State) -> list[str]:
    liked = state.liked
    found = job.engine.run("findings", {} if liked is None else {"liked": liked}, liked=liked)[0]
    name = state.items.name if state.items else None
    if name and found["listed_items"] == found["rated_items"]:
        what = "rated items" if state.kind.name == "ratings" else "items"
        job.notes.append(f"all {found['rated_items']:,} {what} are in {name}")
    return findings.sentences(found, state.kind.name, name, state.merged)


def _write_rows(job: Job, state: State, split: str, top: float | None) -> dict[str, int]:
    """Hold out likes, write test items and ratings, and return the counts of what was written."""
    counts = job.engine.run("counts")[0]
    held_out = {"candidates": 0, "test_users": 0}
    if job.options.holdout:
        job.tell("holding out likes")
        held_out = holdout.draw(job.engine, job.options, state.liked, split)
    if held_out["candidates"]:
        for name in ("truth", "candidates", "held_out"):
            write(job, name)
    job.tell("writing ratings")
    path = {"path": str(job.folder / "ratings.parquet")}
    job.engine.run(
        "write_ratings",
        rating_parameters(state.kind.scale, top) | path,
        feedback=state.kind.name,
        is_held_out=bool(held_out["candidates"]),
        has_time=bool(state.columns["time"]),
    )
    return {**counts, "ratings": counts["ratings"] - held_out["candidates"] // 2, **held_out}


def _recipe(state: State) -> dict[str, Any]:
    """Return the part of ``dataset.json`` by which later rows are read the same way."""
    style = state.style
    return {
        "layout": state.ratings.described(),
        "items_layout": state.items.described() if state.items else None,
        "time": {"style": style.name, "format": style.format, "unit": times.unit(state.latest)}
        if style
        else None,
        "attributes": {one.name: one.type for one in state.attributes},
    }
