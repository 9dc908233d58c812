"""The pictures of the documents show the product as it is: warehouses with its models, and each picture is used."""

from __future__ import annotations

import json
import re
from pathlib import Path

from recsys.project import Project
from recsys.sources.directory import OPTIONAL
from tests.pictures import MANIFEST

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
RENEW = "take the pictures anew: python -m tests.pictures"


def test_the_pictures_show_all_models_of_the_product() -> None:
    shown = json.loads((PICTURES / MANIFEST).read_text(encoding="utf-8"))
    models = Project.load(present=OPTIONAL).writers.values()
    scores = {model.stem for model in models if model.layer == "scores"}
    lists = {model.stem for model in models if model.layer == "lists" and model.header.get("lists")}
    assert set(shown["demo"]["models"]) == scores, RENEW
    assert set(shown["films"]["models"]) <= scores, RENEW
    pictured = {*shown["demo"]["list_models"], *shown["films"]["list_models"]}
    assert lists - {"blend"} <= pictured <= lists, RENEW  # a blend is made where it is better than its parts
    assert shown["demo"]["recsys"] == shown["films"]["recsys"]


def test_each_picture_is_shown_by_a_document_and_each_shown_one_exists() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    linked = {
        Path(found).name
        for page in pages
        for found in re.findall(r"pictures/([\w.-]+)", page.read_text(encoding="utf-8"))
    }
    assert linked == {path.name for path in PICTURES.iterdir()} - {MANIFEST}
