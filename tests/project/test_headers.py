"""Headers as they are read: required entries of each kind of model, and errors with file and line."""

from __future__ import annotations

import pytest

from recsys.errors import BuildError, UsageError
from recsys.project import Project
from recsys.project.header import nullable, read_header
from recsys.sources.directory import OPTIONAL
from tests.given import headed

WHOLE = "-- grain: one\n-- key: x\n-- units: none\n-- nulls: none\n"
SCORES = {"key": "user_id, track_id", "rows": "staging.candidates", "nulls": "none"}


def project_of(folder, name, text, *others):
    (folder / "parameters.toml").write_text("")
    for each, its_text in ((name, text), *others):
        path = folder / f"{each.replace('.', '/')}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(its_text)
    return Project.load(folder)


REFUSED = {
    "no header": ("marts.a", "select 1 as x", 1, "expected a line `-- grain: ...` in the header"),
    "a header after a blank line": ("marts.a", f"\n{WHOLE}select 1", 1, "expected a line `-- grain: ...`"),
    "no key": (
        "marts.a",
        "-- grain: one\n-- units: none\n-- nulls: none\nselect 1",
        1,
        "expected a line `-- key: ...` in the header",
    ),
    "no units": (
        "marts.a",
        "-- grain: a\n-- key: x\n-- nulls: none\nselect 1",
        1,
        "expected a line `-- units",
    ),
    "no nulls": (
        "marts.a",
        "-- grain: a\n-- key: x\n-- units: none\nselect 1",
        1,
        "expected a line `-- nulls",
    ),
    "an empty entry": ("marts.a", headed("select 1", key=""), 2, "expected a line `-- key: ...`"),
    "no key by intent": ("marts.a", headed("select 1", key="none"), 2, "key: expected columns"),
    "no key of a view": (
        "marts.a",
        headed("select 1", key="none", materialized="view"),
        2,
        "key: expected columns",
    ),
    "no key of a temporary": (
        "staging.a",
        "-- grain: a\n-- units: none\n-- nulls: none\n-- materialized: temp\nselect 1",
        1,
        "expected a line `-- key",
    ),
    "a misspelt entry": (
        "marts.a",
        f"{WHOLE}-- row: staging.b\nselect 1",
        5,
        "no line 'row' in a header: did you mean rows?",
    ),
    "an unknown entry": (
        "marts.a",
        f"{WHOLE}-- owner: me\nselect 1",
        5,
        "no line 'owner' in a header: expected one of",
    ),
    "nulls in prose": (
        "marts.a",
        headed("select 1", nulls="'x', of course"),
        4,
        "nulls: \"'x', of course\": expected 'none'",
    ),
    "nulls with a comma before the reason": (
        "marts.a",
        headed("select 1", nulls="x, where nobody rated"),
        4,
        "nulls: 'x, where nobody rated': expected 'none'",
    ),
    "nulls with an empty entry": (
        "marts.a",
        headed("select 1", nulls="x of a; "),
        4,
        "nulls: '': expected 'none'",
    ),
    "rows of nobody": ("marts.a", headed("select 1", rows="staging.b"), 5, "rows: staging.b is no model"),
    "needs of nobody": ("marts.a", headed("select 1", needs="staging.b"), 5, "needs: staging.b is no model"),
    "also without a schema": (
        "marts.a",
        headed("select 1", also="b"),
        5,
        "also: 'b': expected names such as features.b",
    ),
    "also in the place of another": (
        "marts.a",
        headed("select 1", also="marts.other"),
        5,
        "also: marts.other is a model of its own",
    ),
    "a macro without arguments": (
        "main.a",
        headed("select 1", materialized="macro"),
        1,
        "expected a line `-- arguments",
    ),
    "a check without grain": ("marts.a", "-- materialized: check\nselect 1", 1, "expected a line `-- grain"),
    "scores of another key": (
        "scores.a",
        headed("select 1", **{**SCORES, "key": "user_id"}),
        2,
        "expected `-- key: user_id, track_id`",
    ),
    "scores of some": (
        "scores.a",
        headed("select 1", **{**SCORES, "rows": "marts.other"}),
        5,
        "expected `-- rows: staging.candidates`",
    ),
    "scores that may be missing": (
        "scores.a",
        headed("select 1", **{**SCORES, "nulls": "score"}),
        4,
        "expected `-- nulls: none`",
    ),
}


@pytest.mark.parametrize(("name", "text", "line", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_header_is_refused_by_file_and_line(tmp_path, name, text, line, message):
    with pytest.raises(BuildError) as caught:
        project_of(tmp_path, name, text, ("marts.other", headed("select 1")))
    path = tmp_path / f"{name.replace('.', '/')}.sql"
    assert str(caught.value).startswith(f"{path}:{line}: {message}")
    assert len(str(caught.value).splitlines()) == 1


def test_another_way_of_being_kept_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"a\.sql:5: kept as 'heap': expected table"):
        project_of(tmp_path, "marts.a", headed("select 1", materialized="heap"))


def test_a_view_of_what_does_not_last_is_refused(tmp_path):
    temporary = headed("select 1 as x", key="none, one row", materialized="temp")
    view = headed("select x from {{ ref('staging.b') }}", materialized="view")
    project = project_of(tmp_path, "features.a", view, ("staging.b", temporary))
    with pytest.raises(BuildError, match=r"a\.sql:5: a view of staging\.b, which goes when the build ends"):
        project.graph()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("marts.a", headed("select 1")),
        ("staging.a", headed("select 1", key="none, lines have no names", materialized="temp")),
        ("main.a", headed("select 1", arguments="y", materialized="macro")),
        ("checks.a", "-- grain: one bad row\n-- materialized: check\nselect 1"),
    ],
)
def test_each_kind_has_its_entries(tmp_path, name, text):
    assert name in project_of(tmp_path, name, text).models


def test_headers_are_read_to_the_first_other_line():
    text = "-- grain: one\n--   rating\n-- key: a, b\nselect 1\n-- units: none"
    values, lines = read_header(text)
    assert values == {"grain": "one rating", "key": "a, b"}
    assert lines == {"grain": 1, "key": 3}


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("none", ()),
        ("none; a level without an item is M", ()),
        ("a", ("a",)),
        ("a, b", ("a", "b")),
        ("a, b where the file says None", ("a", "b")),
        ("a of x, and of y; *_mean, b_* where nobody rated", ("a", "*_mean", "b_*")),
        ("TrackID", ("TrackID",)),
        ("nonesuch", ("nonesuch",)),
    ],
)
def test_columns_that_may_be_missing(text, columns):
    assert nullable(text) == columns


def test_every_shipped_model_has_the_entries_of_its_kind():
    project = Project.load(present=OPTIONAL)
    assert len(project.models) > 80
    assert all(model.key for model in project.models.values() if model.materialized in ("table", "view"))
