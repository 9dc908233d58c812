"""Files of sql/: text that is not clean UTF-8, names that cannot be used, and files that are not where they belong."""

from __future__ import annotations

import codecs

import duckdb
import pytest

from recsys.errors import BuildError, RecsysError, UsageError
from recsys.project import Project
from recsys.project.files import JOINING, RESERVED, read_text
from tests.given import headed

MODEL = headed("select {{ var('a.b') }} as x\n")
MACRO = "{% macro f(x) -%} {{ x }} {%- endmacro %}\n"
PARAMETERS = "[a]\nb = 1  # 0..9: a number\n"
FILES = {
    "staging/m.sql": MODEL,
    "macros/f.sql": MACRO,
    "parameters.toml": PARAMETERS,
    "scenarios.toml": "# none\n",
}


def project_of(folder, **changed):
    for name, text in {**FILES, **changed}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    project = Project.load(folder)
    project.graph()
    return project


@pytest.mark.parametrize("name", FILES)
class TestText:
    def test_a_byte_order_mark_is_read(self, tmp_path, name):
        project = project_of(tmp_path, **{name: codecs.BOM_UTF8 + FILES[name].encode()})
        assert project.render("staging.m").sql.endswith("select 1 as x\n")

    def test_windows_line_ends_are_read(self, tmp_path, name):
        project = project_of(tmp_path, **{name: FILES[name].replace("\n", "\r\n")})
        assert project.render("staging.m").sql.endswith("select 1 as x\n")

    @pytest.mark.parametrize("bad", [b"\xe9", b"\xff\xfe", b"\xc3("])
    def test_another_encoding_is_refused_by_file_and_line(self, tmp_path, name, bad):
        begin = b"{#" if name.startswith("macros") else b"-- " if name.endswith("sql") else b"# "
        end = b"#}\n" if name.startswith("macros") else b"\n"
        text = FILES[name].encode()
        line = text.count(b"\n") + 1
        with pytest.raises(UsageError) as caught:
            project_of(tmp_path, **{name: text + begin + bad + end})
        found = str(caught.value)
        assert found.startswith(f"{tmp_path / name}:{line}: byte 0x{bad[0]:02x} is not UTF-8")
        assert "\n" not in found


def test_a_character_that_marks_lines_is_refused_by_file_and_line(tmp_path):
    (tmp_path / "a.sql").write_text("select\n'\ue000'")
    with pytest.raises(UsageError, match=r"a\.sql:2: U\+E000"):
        read_text(tmp_path / "a.sql")


def test_a_wrong_macro_is_named_by_file_and_line(tmp_path):
    with pytest.raises(BuildError, match=r"macros/mine/g\.sql:2: "):
        project_of(tmp_path, **{"macros/mine/g.sql": "{% macro g() -%}\n{{ 1 + }}\n{%- endmacro %}\n"})


class TestPlaces:
    def test_folders_in_a_layer_group(self, tmp_path):
        project = project_of(tmp_path, **{"staging/mine/deep/n.sql": MODEL})
        assert {"staging.m", "staging.n"} == {*project.models}

    def test_folders_in_macros_group(self, tmp_path):
        project = project_of(
            tmp_path,
            **{
                "macros/mine/g.sql": "{% macro g() -%} 7 {%- endmacro %}",
                "staging/n.sql": headed("select {{ g() }} as x"),
            },
        )
        assert project.render("staging.n").sql.endswith("select 7 as x")

    def test_a_linked_folder_is_read(self, tmp_path):
        far = tmp_path / "far"
        far.mkdir()
        (far / "n.sql").write_text(MODEL)
        (far / "circle").symlink_to(far)
        root = tmp_path / "sql"
        (root / "staging").mkdir(parents=True)
        (root / "staging" / "linked").symlink_to(far)
        assert "staging.n" in project_of(root).models

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("staging/N.sql", "lower-case letters"),
            ("staging/n.SQL", r"expected a name that ends in \.sql"),
            ("staging/mine/n.Sql", r"expected a name that ends in \.sql"),
            ("n.sql", "expected in the folder of a layer"),
            ("staging/two words.sql", "lower-case letters"),
            ("staging/Mine/n.sql", "lower-case letters"),
            ("features/group.sql", "group is a reserved word"),
            ("scores/left.sql", "left is a reserved word"),
            ("order/n.sql", "the folder order has a name that SQL or DuckDB uses"),
            ("scratch/n.sql", "the folder scratch has a name that SQL or DuckDB uses"),
            ("staging/mine/m.sql", r"staging\.m is defined in .*already"),
        ],
    )
    def test_a_file_that_would_be_skipped_or_break_others_is_refused_by_name(self, tmp_path, name, expected):
        with pytest.raises(RecsysError, match=expected) as caught:
            project_of(tmp_path, **{name: MODEL})
        assert str(caught.value).startswith(f"{tmp_path / name}: ") or "is defined in" in expected

    @pytest.mark.parametrize("name", [".n.sql", "staging/.#n.sql", "staging/n.sql~", "staging/README.md"])
    def test_files_of_editors_and_notes_are_let_be(self, tmp_path, name):
        assert [*project_of(tmp_path, **{name: "no model"}).models] == ["staging.m"]

    def test_reserved_words_are_the_engines(self):
        found = duckdb.sql("select keyword_name, keyword_category from duckdb_keywords()").fetchall()
        assert {word for word, kind in found if kind == "reserved"} == RESERVED
        assert {word for word, kind in found if kind == "type_function"} == JOINING
