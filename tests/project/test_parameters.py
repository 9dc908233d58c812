"""The constants of ``sql/parameters.toml``: what each may be, and what is refused by name."""

from __future__ import annotations

import re

import pytest

from recsys.errors import UsageError
from recsys.project import Project
from recsys.project.allowed import Allowed
from recsys.project.parameters import Parameters

FILE = """\
whole = 3        # 0..9: fingers
real = 1.5       # >0.0..<2.0: of a bottle
word = "x"       # text: any # sign in it
choice = "a"     # a | b: either
grid = [1, 2]    # [1..3]: to try
[deep]
flag = true      # true | false: yes or no
[shares]         # 0.0..1.0: of all
one = 0.25
two = 1          # 0..1: speaks for itself
"""


def load(tmp_path, *overrides, text=FILE):
    path = tmp_path / "parameters.toml"
    path.write_text(text)
    return Parameters.load(path, overrides)


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("whole=4", 4),
        ("whole=0", 0),
        ("real=1", 1.0),
        ("deep.flag=false", False),
        ("word={{ evil }}'; --", "{{ evil }}'; --"),
        ("word=nan", "nan"),
        ("choice=b", "b"),
        ("grid=[3]", [3]),
        ("shares.one=1", 1.0),
        ("shares.two=0", 0),
    ],
)
def test_an_override_is_of_the_declared_type(tmp_path, override, value):
    key = override.split("=")[0]
    found = load(tmp_path, override).get(key)
    assert found == value
    assert isinstance(found, type(value))


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("whole=4.5", "give an integer from 0 up to 9"),
        ("whole=x", "give an integer from 0 up to 9"),
        ("whole=10", "give an integer from 0 up to 9"),
        ("whole=-1", "give an integer from 0 up to 9"),
        ("whole=true", "give an integer from 0 up to 9"),
        ("whole=[1]", "give an integer from 0 up to 9"),
        ("real=0", "give a number above 0.0 and below 2.0"),
        ("real=2.0", "give a number above 0.0 and below 2.0"),
        ("real=nan", "give a number above 0.0 and below 2.0"),
        ("real=nan()", "give a number above 0.0 and below 2.0"),
        ("real=inf", "give a number above 0.0 and below 2.0"),
        ("real=1\ny = 2", "give a number above 0.0 and below 2.0"),
        ("choice=c", "give one of a, b"),
        ("choice=", "give one of a, b"),
        ("grid=2", "give a list of integers from 1 up to 3"),
        ("grid=[]", "give a list of integers from 1 up to 3"),
        ("grid=[1, 4]", "give a list of integers from 1 up to 3"),
        ("grid=[1.0]", "give a list of integers from 1 up to 3"),
        ("deep.flag=1", "give true or false"),
        ("shares.one=1.5", "give a number from 0.0 up to 1.0"),
        ("deep=1", "no such parameter; did you mean deep.flag?"),
        ("whol=1", "no such parameter; did you mean whole?"),
        ("whole", "give PARAMETER=VALUE"),
        ("=1", "no such parameter; they are listed in sql/parameters.toml"),
    ],
)
def test_an_override_that_is_not_allowed_is_refused(tmp_path, override, expected):
    with pytest.raises(UsageError) as caught:
        load(tmp_path, override)
    assert str(caught.value).startswith(f"--set {override}: {expected}")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("count = 0  # 2..: folds", "count = 0: expected an integer from 2 on"),
        ("share = nan  # 0.0..: of it", "share = NaN: expected a number from 0.0 on"),
        ("share = -0.1  # 0.0..: of it", "share = -0.1: expected a number from 0.0 on"),
        ("rank = 16.5  # 1..: factors", "rank = 16.5: expected an integer from 1 on"),
        ("low = 7  # ..5: at most", "low = 7: expected an integer up to 5"),
        ('method = "x"  # a | b: either', 'method = "x": expected one of a, b'),
        ("at = 2020-01-01  # text: a day", 'at = "2020-01-01": expected text'),
        ("count = 4", "count: expected a comment that begins with what is allowed"),
        ("count = 4  # folds of users", "count: expected a comment that begins with what is allowed"),
        ("count = 4  # ..: folds", "count: expected a comment that begins with what is allowed"),
        ("text = '# 1..: no comment'", "text: expected a comment that begins with what is allowed"),
        ("count = ", "Invalid value"),
    ],
)
def test_the_file_is_held_to_its_declarations(tmp_path, line, complaint):
    with pytest.raises(UsageError) as caught:
        load(tmp_path, text=f"# a file\n\n{line}\n")
    assert str(caught.value).startswith(f"{tmp_path / 'parameters.toml'}:3: {complaint}")


def test_a_value_in_an_inline_table_has_no_place_for_a_declaration(tmp_path):
    with pytest.raises(UsageError, match=r"deep.x: expected NAME = VALUE on a line of its own"):
        load(tmp_path, text="deep = { x = 1 } # 0..: no")


def test_what_is_expected_reads_well():
    said = {
        text: str(Allowed.read(text)) for text in ("1..", "..3", "0.0..<1.0", ">0.0..", ">0.0..1.0", "1e-3..")
    }
    assert said == {
        "1..": "an integer from 1 on",
        "..3": "an integer up to 3",
        "0.0..<1.0": "a number from 0.0 and below 1.0",
        ">0.0..": "a number above 0.0",
        ">0.0..1.0": "a number above 0.0 up to 1.0",
        "1e-3..": "a number from 0.001 on",
    }


@pytest.mark.parametrize(
    "override",
    [
        "folds.count=0",
        "als.rank=-1",
        "bayes.confidence=nan",
        "liked.rating=150",
        "random_forest.max_depth=[31]",
        "ensemble.method=magic",
        "autoencoder.dropout=1",
        "published.adaptive=79.2",
    ],
)
def test_the_shipped_parameters_have_bounds(override):
    with pytest.raises(UsageError, match=f"--set {re.escape(override)}: give "):
        Project.load(overrides=[override])
