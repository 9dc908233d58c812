"""Draws docs/architecture.svg: `python docs/architecture.py`. A test compares the file with what this draws.

The upper half follows one rating of the demo data through the layers of sql/; the lower half shows the
packages of recsys/ in the order of the import-linter contract in pyproject.toml.
"""

from __future__ import annotations

import tomllib
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = Path(__file__).with_suffix(".svg")
WIDTH = 1000
MARGIN = 24
GAP = 16

STYLE = """
    text { font-family: system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: #1c2430 }
    .ground { fill: #ffffff }
    .head { font-size: 15px; font-weight: 600 }
    .name { font-size: 14px; font-weight: 600 }
    .role { font-size: 12px; fill: #526070 }
    .fact { font-size: 12px; font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; fill: #0b5a8a }
    .sql { fill: #eef5fb; stroke: #8fb8d8 }
    .file { fill: #fdf6e7; stroke: #d9b860 }
    .room { fill: #f3f4f6; stroke: #b6bec9 }
    .result { fill: #edf7ef; stroke: #86bd93 }
    .arrow { stroke: #526070; stroke-width: 1.5; fill: none; marker-end: url(#tip) }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .ground { fill: #0d1117 }
      .role { fill: #9aa7b4 }
      .fact { fill: #79c0ff }
      .sql { fill: #10263a; stroke: #2f5d82 }
      .file { fill: #2d2510; stroke: #7d6522 }
      .room { fill: #1b2028; stroke: #454d58 }
      .result { fill: #12291a; stroke: #37683f }
      .arrow { stroke: #9aa7b4 }
    }
"""

# One rating of the demo data (scale small, seed 1) in each layer: name, role, what the layer has of it.
# The README shows the same figures, and a test runs its commands.
STEPS = (
    (
        "a data directory",
        "the Cup's text, or Parquet that `recsys import` wrote",
        ("6076 <tab> 81", "below the line 3|..."),
    ),
    ("staging", "the input, checked by the line", ("user_id 3, item_id 6076,", "rating 81")),
    ("hierarchy", "albums, artists and genres, gaps filled", ("track 2703 is on", "album 6076")),
    ("priors", "what all users say", ("album 6076: 219 ratings,", "mean 47.1")),
    (
        "validation",
        "held-out likes, sampled negatives",
        ("user 3: 3 likes held out,", "3 sampled negatives"),
    ),
    ("learned", "fitted to all ratings", ("album 6076 predicts track 2703:", "weight .0068")),
    ("features", "facts about each candidate", ("user 3, track 2703:", "album_direct = 81")),
    ("scores", "one relation a model", ("adaptive: .5 * 81 + .3 * 50", "+ .2 * 50 = 65.5")),
    ("lists", "models that recommend from all items", ("item 6076 in a history adds", ".0068 to item 2703")),
    ("marts", "ranks, accuracy, intervals", ("rank 1 of 6:", "predicted as liked")),
    ("internal", "helper macros", ("require_pair(3, 2703)",)),
    ("main", "macros for any DuckDB client", ("explain(3, 2703):", "own rating of album 6076")),
)

ROLES = {
    "cli": "the command line: one file a command",
    "ui": "the explorer in a browser, and its JSON answers",
    "library": "recsys.open, recsys.build",
    "docs_site": "a page for every relation, with the lineage of its columns",
    "report": "a page about a warehouse, with charts",
    "serving": "lists, explanations, exports, ids of the data's owner",
    "engine": "plans, runs, records and publishes builds",
    "learners": "models in Python: relations in, scores out",
    "synthetic": "the demo data",
    "evaluation": "metrics of rankings and their intervals",
    "backends": "DuckDB and Spark, behind one interface",
    "sources": "reads and checks input files",
    "project": "reads sql/: headers, parameters, the graph of ref()",
    "outputs": "writes files whole, never over what is read",
    "identifiers": "names for SQL, checked and quoted",
    "interruptible": "runs work in a thread that Ctrl-C can stop",
    "errors": "errors with one line for the user",
    "version": "",
}


def layers() -> list[list[str]]:
    """The rooms of recsys/ from the top down, side by side where the contract has them so."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(one for one in settings["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    return [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]


def text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8" class="{kind}"/>'


def way(top: float) -> tuple[list[str], float]:
    """Return rows of three steps, and the y below them."""
    parts = [text(MARGIN, top, "How a rating flows through the layers of sql/", "head")]
    width, height = (WIDTH - 2 * MARGIN - 2 * GAP) / 3, 104
    for place, (name, role, facts) in enumerate(STEPS):
        row, column = divmod(place, 3)
        x, y = MARGIN + column * (width + GAP), top + 16 + row * (height + 28)
        kind = "file" if place == 0 else "result" if place == len(STEPS) - 1 else "sql"
        parts += [box(x, y, width, height, kind), text(x + 12, y + 22, name, "name")]
        lines = wrapped(role, 34)
        parts += [text(x + 12, y + 40 + 15 * line, words, "role") for line, words in enumerate(lines)]
        parts += [
            text(x + 12, y + height - 24 + 15 * line, words, "fact") for line, words in enumerate(facts)
        ]
        if column:
            parts.append(f'<path class="arrow" d="M {x - GAP + 1:g} {y + 52:g} h {GAP - 5}"/>')
        elif row:
            begin, lane = MARGIN + 2 * (width + GAP) + width / 2, y - 14
            parts.append(
                f'<path class="arrow" d="M {begin:g} {y - 28:g} V {lane:g} H {x + width / 2:g} V {y - 5:g}"/>'
            )
    rows = -(-len(STEPS) // 3)
    return parts, top + 16 + rows * height + (rows - 1) * 28


def wrapped(words: str, most: int) -> list[str]:
    lines = [""]
    for word in words.replace("`", "").split():
        if len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def rooms(top: float) -> tuple[list[str], float]:
    """The rooms as a stack, and the y below it."""
    parts = [text(MARGIN, top, "The packages of recsys/: each imports only what is below it", "head")]
    full, height, y = WIDTH - 2 * MARGIN, 34, top + 14
    for layer in layers():
        named = [name for name in layer if name != "version"]
        width = (full - GAP * (len(named) - 1)) / len(named)
        for place, name in enumerate(named):
            x = MARGIN + place * (width + GAP)
            parts += [box(x, y, width, height, "room"), text(x + 12, y + 22, name, "name")]
            parts.append(text(x + 96, y + 22, ROLES[name], "role"))
        y += height + 6
    return parts, y - 6


def drawn() -> str:
    """The picture as SVG."""
    first, below = way(MARGIN + 12)
    second, bottom = rooms(below + 40)
    height = bottom + MARGIN
    title = "How a rating becomes a recommendation, and what the code consists of"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img" '
            f'aria-label="{title}">',
            f"<title>{title}</title><style>{STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M 0 0 L 8 4 L 0 8 z" fill="#7a8794"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{height:g}" class="ground"/>',
            *first,
            *second,
            "</svg>",
            "",
        ]
    )


if __name__ == "__main__":
    PICTURE.write_text(drawn(), encoding="utf-8")
