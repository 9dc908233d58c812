"""Write the report as one self-contained HTML file, and the leaderboard as a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import vl_convert
from altair import SCHEMA_VERSION
from markupsafe import Markup

from recsys.backends.duckdb.connection import reading
from recsys.errors import UsageError
from recsys.outputs import replacing
from recsys.report import charts
from recsys.report.elements import Figure, Section
from recsys.report.headline import headline
from recsys.report.relations import AbsentError, Relations
from recsys.report.sections import LISTS, in_order
from recsys.report.themes import THEMES
from recsys.sources.interactions import plural_of

HERE = Path(__file__).resolve().parent
TEMPLATES = HERE / "templates"
LOOK = HERE / "static" / "look.css"
GLOBALS = "window.vegaEmbed = vegaEmbed;"  # what the library exports to the page's script
NO_TEST_ITEMS = "Not in this report, because the data have no test items"
PICTURE_WIDTH = 620
PICTURE_SCALE = 2.0  # pixels of a PNG for each unit of the drawing
VEGA_LITE = ".".join(SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def write(warehouse: Path, out: Path) -> list[str]:
    """Write the report on a warehouse as one page that needs no network, atomically.

    Return a line for each section left out, with the reason; one for all that need test items, where there
    are none. Raise UsageError if there is no warehouse or
    ``out`` cannot be written.
    """
    with reading(warehouse, guarded=True) as connection:
        relations = Relations(connection)
        sections, left_out = _sections(relations)
        page = _render(headline(relations), sections, left_out)
    _replace(out, page.encode("utf-8"))
    return left_out


def leaderboard_picture(warehouse: Path, out: Path) -> None:
    """Draw the leaderboard with intervals and published figures, as PNG or SVG by the suffix of ``out``.

    Raise UsageError for another suffix, or for a warehouse without known answers.
    """
    if out.suffix not in (".png", ".svg"):
        raise UsageError(f"{out}: the file name must end in .png or .svg")
    with reading(warehouse, guarded=True) as connection:
        try:
            rows = Relations(connection).leaderboard()
        except AbsentError as error:
            raise UsageError(f"{warehouse}: {error}") from None
    spec = charts.leaderboard(rows).to_dict()
    spec |= {"width": PICTURE_WIDTH, "padding": 12}
    config = {**THEMES["light"], "background": "white", "font": "sans-serif"}
    if out.suffix == ".svg":
        drawing = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, config=config).encode("utf-8")
    else:
        drawing = vl_convert.vegalite_to_png(spec, vl_version=VEGA_LITE, config=config, scale=PICTURE_SCALE)
    _replace(out, drawing)


def _sections(relations: Relations) -> tuple[list[Section], list[str]]:
    sections, left_out = [], []
    for title, section in in_order(relations.is_of_lists()).items():
        try:
            sections.append(section(relations))
        except AbsentError as error:
            left_out.append(f"{title}: {error}")
    return sections, left_out if relations.has_test_items() else _of_test_items(left_out)


def _of_test_items(left_out: Sequence[str]) -> list[str]:
    """Return the same lines with one for all sections that data without test items cannot have."""
    others = [line for line in left_out if line.startswith(f"{LISTS}:")]
    titles = [line.partition(":")[0] for line in left_out if line not in others]
    return [*others, *([f"{NO_TEST_ITEMS}: {', '.join(titles)}"] if titles else [])]


def _render(top: Mapping[str, Any], sections: list[Section], left_out: list[str]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["identity"] = id
    environment.filters["plural"] = plural_of
    figures = [figure for section in sections for figure in section.figures]
    return environment.get_template("page.html").render(
        top=top,
        sections=sections,
        left_out=left_out,
        number={id(figure): place for place, figure in enumerate(figures)},
        style=_asset(LOOK) + _asset(TEMPLATES / "page.css"),
        script=_asset(TEMPLATES / "page.js"),
        library=_library(),
        specs=_json([_spec(figure) for figure in figures]),
        themes=_json(THEMES),
    )


def _spec(figure: Figure) -> dict[str, Any]:
    """Return a chart as Vega-Lite without a theme, which the page sets."""
    spec: dict[str, Any] = figure.chart.to_dict()
    spec.pop("config", None)
    return spec


def _asset(path: Path) -> Markup:
    return Markup(path.read_text(encoding="utf-8"))


def _json(value: Any) -> Markup:
    """Return JSON that is safe inside a script element."""
    return Markup(json.dumps(value, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c"))


@cache
def _library() -> Markup:
    """Return Vega-Embed and its dependencies, with closing tags in strings escaped."""
    source = vl_convert.javascript_bundle(GLOBALS, vl_version=VEGA_LITE)
    return Markup(source.replace("</script", "<\\/script").replace("<!--", "<\\!--"))


def _replace(out: Path, content: bytes) -> None:
    """Replace ``out`` atomically."""
    with replacing(out) as unfinished:
        unfinished.write_bytes(content)
