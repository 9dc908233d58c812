"""Hold out likes of users by the Cup's protocol."""

from __future__ import annotations

from recsys.sources.importing.engine import Engine
from recsys.sources.importing.options import Options

DRAWS = 12  # tracks drawn for each negative in the second turn, of users whose first turn found too few


def draw(engine: Engine, options: Options, liked: float | None, split: str) -> dict[str, int]:
    """Make the relation ``truth``; return how many candidates and users it has.

    Most users have enough unrated tracks after a few draws, so that the rest are drawn for few.
    """
    holdout = {"holdout": options.holdout}
    engine.run("likes", {} if liked is None else {"liked": liked}, liked=liked)
    engine.run("users_to_hold_out", holdout)
    engine.run("no_negatives")
    for turns in (options.holdout + 1, DRAWS * options.holdout):
        engine.run("negatives", {**holdout, "seed": options.seed, "turns": turns})
        engine.run("drop_users_held_out")
    if split == "time":
        engine.run("last_likes", holdout)
    else:
        engine.run("truth", {**holdout, "seed": options.seed})
    return engine.run("held_out")[0]
