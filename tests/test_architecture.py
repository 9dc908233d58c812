"""ARCHITECTURE.md and its picture tell of the rooms and layers that there are."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from recsys.project.model import LAYERS

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def script():
    spec = importlib.util.spec_from_file_location("architecture", ROOT / "docs" / "architecture.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_is_what_its_script_draws():
    drawing = script()
    assert drawing.PICTURE.read_text(encoding="utf-8") == drawing.drawn(), "run: python docs/architecture.py"


def test_the_way_passes_every_layer_in_order():
    assert [name for name, *_ in script().STEPS[1:]] == [*LAYERS]
    for layer in LAYERS:
        assert f"`{layer}`" in TEXT


def test_every_folder_of_the_package_is_a_room_in_the_picture():
    drawing = script()
    rooms = {name for layer in drawing.layers() for name in layer}
    folders = {path.parent.name for path in (ROOT / "recsys").glob("*/__init__.py")}
    assert folders <= rooms == set(drawing.ROLES)


def test_files_and_folders_that_are_named_exist():
    for name in re.findall(r"`((?:recsys|sql|docs)/[a-z_./]*)`", TEXT):
        assert (ROOT / name).exists(), name
