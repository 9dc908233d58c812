"""The page and the picture, as files."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
import vl_convert

from recsys.errors import UsageError
from recsys.report.model_sections import calibration
from recsys.report.page import VEGA_LITE, leaderboard_picture, write
from recsys.report.relations import Relations
from recsys.report.sections import SECTIONS
from recsys.report.themes import THEMES
from tests.given import build_sql, write_directory
from tests.report.conftest import TRICKY

MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def page(learned_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("report") / "report.html"
    assert write(learned_warehouse, out) == []
    return out.read_text(encoding="utf-8")


def data_of(page: str, name: str) -> Any:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_every_section_is_there_and_linked(page: str) -> None:
    for title in SECTIONS:
        anchor = title.lower().replace(" ", "-")
        assert f'<section id="{anchor}">' in page
        assert f'<a href="#{anchor}">{title}</a>' in page
    assert 'id="left-out"' not in page


def test_the_best_model_comes_first_with_its_interval_and_what_each_step_adds(page: str) -> None:
    top = page[page.index('<div class="hero">') : page.index("<nav ")]
    found = re.search(r"<h1>(\w+) sorts ([0-9.]+) % of test items correctly</h1>", top)
    assert found and "95 % interval" in top
    figures = [float(text) for text in re.findall(r'<span class="figure[ a-z]*">([-+0-9.]+)</span>', top)]
    assert sum(figures[:-1]) == pytest.approx(figures[-1], abs=0.05 * len(figures))
    assert figures[-1] == float(found[2])


def test_foreign_data_is_compared_with_nothing(page: str, learned_warehouse: Path, tmp_path: Path) -> None:
    foreign = Path(shutil.copy(learned_warehouse, tmp_path / "foreign.duckdb"))
    with duckdb.connect(str(foreign)) as connection:
        connection.execute(
            "update marts.build set value = 'ratings.parquet' where kind = 'input' and name = 'train'"
        )
    write(foreign, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    for word in ("the real data", "published", "Yahoo"):
        assert word in _markup(page), word
        assert word not in _markup(text), word
    assert "<h1>ease makes the best lists of tracks</h1>" in text
    assert "A list of the most popular tracks: 0.100. Not significantly different: ials." in text
    assert text.index('id="leaderboard-of-lists"') < text.index('id="leaderboard"')


def test_the_list_models_are_ranked_and_those_without_a_figure_left_out(page: str) -> None:
    board = page[page.index('<section id="leaderboard-of-lists">') :].split("</section>", maxsplit=1)[0]
    assert re.findall(r'<th scope="row">(?:<b>)?(\w+)', board) == ["ease", "ials", "popularity"]
    assert "<b>ease</b>" in board and "0.290 to 0.330" in board and "40 users" in board


def test_an_owner_of_films_reads_no_track(learned_warehouse: Path, tmp_path: Path) -> None:
    films = Path(shutil.copy(learned_warehouse, tmp_path / "films.duckdb"))
    with duckdb.connect(str(films)) as connection:
        connection.execute("update marts.build set value = 'ratings.parquet' where kind = 'input'")
        connection.execute("update staging.dataset set noun = 'film'")
        connection.execute("delete from marts.data_summary where measure like '%album%'")
    write(films, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    specs = json.dumps(data_of(text, "specs"))
    assert "the best lists of films" in text and "share of ratings on films" in text
    assert "track" not in _markup(text).lower() and '"track"' not in specs
    assert "album" not in _markup(text).split("The data</h2>")[1]


def _markup(page: str) -> str:
    """The page without its style and its scripts."""
    return page[page.index("<body>") : page.index("<script")]


def test_the_page_is_self_contained_and_of_reasonable_size(page: str) -> None:
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)""", markup)
    assert "url(" not in markup and "@import" not in markup
    assert "default-src 'none'" in markup
    assert len(page) < 3 * MEGABYTE


def test_a_name_out_of_a_file_stays_a_text(page: str) -> None:
    assert TRICKY not in page
    assert TRICKY in json.dumps(data_of(page, "specs"))


def test_each_chart_has_its_place_and_draws_in_both_themes(page: str) -> None:
    specs = data_of(page, "specs")
    assert re.findall(r'data-chart="(\d+)"', page) == [str(place) for place in range(len(specs))]
    for place, spec in enumerate(specs):
        theme = THEMES["dark" if place % 2 else "light"]
        drawing = vl_convert.vegalite_to_svg({**spec, "width": 400}, vl_version=VEGA_LITE, config=theme)
        assert "NaN" not in drawing and "undefined" not in drawing, spec


def test_the_leaderboard_table_has_the_figures_of_the_warehouse(page: str, learned_warehouse: Path) -> None:
    with duckdb.connect(str(learned_warehouse), read_only=True) as connection:
        rows = connection.execute("select model, accuracy from marts.leaderboard").fetchall()
    assert len(rows) >= 5
    board = page[page.index('<section id="leaderboard">') :]
    for model, accuracy in rows:
        name = model.replace("_", "_<wbr>")
        row = re.search(rf'<th scope="row">{name}</th>.*?</tr>', board, re.DOTALL)
        assert row and f"<td>{accuracy:.4f}</td>" in row[0]


def test_the_same_warehouse_gives_the_same_page(page: str, learned_warehouse: Path, tmp_path: Path) -> None:
    write(learned_warehouse, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page


def test_a_section_without_its_relation_is_left_out_with_a_reason(
    plain_warehouse: Path, tmp_path: Path
) -> None:
    left_out = write(plain_warehouse, tmp_path / "report.html")
    assert left_out == [
        "Leaderboard of lists: too few likes to hold some out",
        "Feature importances: marts.feature_importance is empty",
        "Ensemble weights: the warehouse has no marts.ensemble_weights",
    ]
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert all(f"<li>{line}</li>" in text for line in left_out)


def test_sections_that_need_test_items_are_one_line_without_them(tmp_path: Path) -> None:
    files = {"trackData2.txt": "1|None|None\n4|None|None\n", "trainItem2.txt": "9|2\n1\t90\n4\t10\n"}
    data = write_directory(tmp_path / "data", files)
    for name in ("testItem2.txt", "test2_new.txt", "truth2.txt"):
        (data / name).unlink(missing_ok=True)
    build_sql(data, tmp_path / "w.duckdb", no_candidates=True)
    left_out = write(tmp_path / "w.duckdb", tmp_path / "report.html")
    assert left_out[0] == "Leaderboard of lists: too few likes to hold some out"
    assert left_out[1].startswith("Not in this report, because the data have no test items: ")
    assert len(left_out) == 2 and "Calibration" in left_out[1] and "marts." not in left_out[1]


def test_a_model_with_constant_scores_has_no_calibration(learned_warehouse: Path, tmp_path: Path) -> None:
    """Half of each user's test items are liked, so that a constant model would look perfectly calibrated."""
    warehouse = Path(shutil.copy(learned_warehouse, tmp_path / "constant.duckdb"))
    with duckdb.connect(str(warehouse)) as connection:
        before = calibration(Relations(connection)).figures
        constant = before[0].caption.split(":")[0]
        connection.execute("insert into marts.constant_scores values (?, 2)", [constant])
        after = calibration(Relations(connection)).figures
        board = [row["model"] for row in Relations(connection).leaderboard()]
    assert constant not in board and board
    assert all(not figure.caption.startswith(f"{constant}:") for figure in after)
    assert len(after) >= len(before) - 1 >= 1


def test_without_labels_the_rest_is_reported(tmp_path: Path) -> None:
    files = {
        "trackData2.txt": "1|2|3\n4|None|None\n",
        "testItem2.txt": "9|2\n1\n4\n",
        "trainItem2.txt": "9|1\n2\t90\n",
    }
    build_sql(write_directory(tmp_path / "data", files), tmp_path / "warehouse.duckdb")
    left_out = write(tmp_path / "warehouse.duckdb", tmp_path / "report.html")
    assert "Accuracy by rated levels: the data has no known answers to evaluate with" in left_out
    assert {line.split(":")[0] for line in left_out}.isdisjoint(
        {"The data", "Fallback coverage", "Build timings"}
    )
    with pytest.raises(UsageError, match=r"marts\.user_accuracy is empty|no known answers"):
        leaderboard_picture(tmp_path / "warehouse.duckdb", tmp_path / "picture.svg")


def test_a_report_that_cannot_be_written_leaves_what_was_there(plain_warehouse: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing.report\.html: "):
        write(plain_warehouse, tmp_path / "missing" / "report.html")
    with pytest.raises(UsageError, match="no warehouse at"):
        write(tmp_path / "missing.duckdb", tmp_path / "report.html")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(UsageError, match=r"folder\.html: "):
        write(plain_warehouse, tmp_path / "folder.html")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.html"]


def test_the_picture_is_a_png_or_an_svg(plain_warehouse: Path, tmp_path: Path) -> None:
    leaderboard_picture(plain_warehouse, tmp_path / "picture.png")
    leaderboard_picture(plain_warehouse, tmp_path / "picture.svg")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert "weighted_average_bayes" in (tmp_path / "picture.svg").read_text()
    with pytest.raises(UsageError, match=r"must end in \.png or \.svg"):
        leaderboard_picture(plain_warehouse, tmp_path / "picture.gif")
