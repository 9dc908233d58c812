"""The catalogue as files: complete, linked, true to the warehouse, and careful with other people's folders."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from markupsafe import escape

from recsys.docs_site.entries import BUILT, LEFT_OUT
from recsys.docs_site.folder import catalogue_of, write
from recsys.errors import UsageError
from recsys.project import Project
from recsys.project.files import shipped
from tests.given import headed


def test_every_relation_of_the_build_has_a_page(folder: Path, small_warehouse: Path) -> None:
    with duckdb.connect(str(small_warehouse), read_only=True) as connection:
        built = connection.execute(
            "select name from marts.build where kind in ('table', 'view', 'macro', 'check')"
        )
        names = {name for (name,) in built.fetchall()}
    assert {"scores.adaptive", "marts.leaderboard", "main.explain"} <= names
    assert names <= {page.name.removesuffix(".html") for page in folder.glob("*.html")}


def test_every_link_leads_to_a_page_or_a_row_of_one(folder: Path) -> None:
    texts = {
        page.name: page.read_text(encoding="utf-8") for page in folder.iterdir() if page.suffix == ".html"
    }
    anchors = {name: set(re.findall(r'id="([^"]+)"', text)) for name, text in texts.items()}
    assert len(texts) > 150
    for name, text in texts.items():
        for link in set(re.findall(r'(?:href|src)="([^"]+)"', text)):
            page, _, anchor = link.partition("#")
            assert (folder / (page or name)).is_file(), f"{name}: {link}"
            if anchor and page not in ("", "lineage.html"):
                assert anchor in anchors[page], f"{name}: {link}"


def test_a_page_tells_of_the_header_the_columns_and_the_sql(folder: Path) -> None:
    text = (folder / "scores.adaptive.html").read_text(encoding="utf-8")
    header = Project.load().models["scores.adaptive"].header
    assert all(escape(" ".join(header[key].split())) in text for key in ("formula", "units"))
    assert 'href="features.candidates.html#genre_mean"' in text
    assert "user_id + track_id is unique and never null." in text
    assert '<a href="features.candidates.html">features.candidates</a>' in text
    assert "weighted_mean_of_known" in text  # as it is written
    assert "0.3 * artist_direct" in re.sub(r"<.*?>", "", text)  # as it ran


def test_a_warehouse_of_before_a_model_was_split_is_shown_as_far_as_the_models_are_known(
    small_warehouse: Path, tmp_path: Path
) -> None:
    sql = Path(shutil.copytree(shipped(), tmp_path / "sql"))
    (sql / "marts" / "newer.sql").write_text(headed("select 1 as x"))
    lift = sql / "marts" / "lift.sql"
    reading = "from final where (select count(*) from {{ ref('marts.newer') }}) = 1 order by step"
    lift.write_text(lift.read_text().replace("from final order by step", reading))
    entries = catalogue_of(small_warehouse, sql).entries
    assert entries["scores.adaptive"].standing == BUILT
    assert {entries[name].standing for name in ("marts.newer", "marts.lift")} == {LEFT_OUT}


def test_a_column_is_followed_to_the_input_and_back(small_warehouse: Path) -> None:
    catalogue = catalogue_of(small_warehouse)
    score = ("scores.adaptive", "score")
    assert catalogue.roots(score) == (("staging.ratings", "rating"),)
    assert score in catalogue.uses["features.candidates", "genre_mean"]


def test_all_sql_that_was_built_can_be_traced(small_warehouse: Path) -> None:
    catalogue = catalogue_of(small_warehouse)
    sql = {
        name
        for name, entry in catalogue.entries.items()
        if entry.standing == BUILT and entry.rendered.call is None and not entry.is_check
    }
    traced = {name for name, _ in catalogue.origins}
    assert sql and sql <= traced, sql - traced


def test_the_same_warehouse_gives_the_same_pages_and_old_pages_go(
    folder: Path, small_warehouse: Path, tmp_path: Path
) -> None:
    write(small_warehouse, tmp_path)
    stale = tmp_path / "scores.forgotten.html"
    stale.write_text("")
    write(small_warehouse, tmp_path)
    assert not stale.exists()
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        file.name: file.read_bytes() for file in folder.iterdir()
    }


def test_the_search_knows_the_columns(folder: Path) -> None:
    text = (folder / "columns.js").read_text(encoding="utf-8")
    words = json.loads(text.removeprefix("const CATALOGUE = ").removesuffix(";\n"))
    assert "genre_mean" in words["features.candidates"].split()


def test_a_folder_of_somebody_else_is_left_alone(small_warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.html").write_text("mine")
    with pytest.raises(UsageError, match="has other files; choose a new folder"):
        write(small_warehouse, tmp_path)
    with pytest.raises(UsageError, match="is a file; give a folder"):
        write(small_warehouse, tmp_path / "thesis.html")
    with pytest.raises(UsageError, match="its folder does not exist; create it"):
        write(small_warehouse, tmp_path / "missing" / "out")
    with pytest.raises(UsageError, match="no warehouse at .* Create it"):
        write(tmp_path / "missing.duckdb", tmp_path / "out")
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.html"]
