"""The glossary has each term once, and no text uses an old word for one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?P<term>[^|]+) \| (?P<meaning>[^|]+) \|$", re.MULTILINE)
ENTRIES = [
    (row["term"], row["meaning"]) for row in ROW.finditer(GLOSSARY) if row["term"] not in ("term", "---")
]
SUFFIXES = (".py", ".sql", ".toml", ".html", ".js", ".css", ".md")
FOLDERS = ("recsys", "sql", "docs")
PAGES = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md")
KEEPS_OLD_NAMES = ("sql/renamed.toml",)

OLD = {  # a pattern for each old word, and the word of today
    r"practi[cs]e[ds]?|practi[cs]ing": "validation",
    r"rehears(al|als|e|es|ed|ing)": "validation of retrieval",
    r"law of (high ratings|likes|liked ratings)": "popularity-proportional negative sampling",
    r"unliked": "not liked, sampled negatives",
    r"hardest of": "hard negatives",
    r"hesitant": "low confidence",
    r"rungs?": "fallback level",
    r"oddity|oddities": "data quality check",
    r"out[ -]of[ -]fold|out_of_fold": "cross-validated",
    r"saw_labels|seers?": "leaky models",
    r"twins?": "scenario, synthetic data",
    r"substitutions?": "scenario",
    r"wish(es)?": "request",
    r"speaks? for": "predicts",
    r"(has|have|had) (a|no) say": "is used, is ignored",
    r"nobody|whoever|whomever": "the subject of the sentence",
    r"(is|are|was|were) told": "the subject of the sentence",
    r"besides?": "next to, in addition",
    r"known_accuracies": "input_accuracies",
    r"fit_score": "fit_predict",
    r"marts\.(judged|areas)|staging\.audit|features\.evidence": "see sql/renamed.toml",
}
USES = re.compile("|".join(rf"(?P<w{n}>\b(?:{old})\b)" for n, old in enumerate(OLD)), re.IGNORECASE)


def files() -> Iterator[Path]:
    """Yield the files whose words are checked."""
    yield from (ROOT / page for page in PAGES)
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.relative_to(ROOT).as_posix() not in KEEPS_OLD_NAMES:
                yield path


def uses(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the old word and the word of today for each use of an old word."""
    words = list(OLD.values())
    for number, line in enumerate(text.splitlines(), 1):
        for found in USES.finditer(line):
            yield number, found[0], words[int(str(found.lastgroup)[1:])]


def test_no_text_uses_an_old_word() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {old!r}, use: {new}"
        for path in files()
        for number, old, new in uses(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "old"),
    [
        ("Tracks for whoever likes it", "whoever"),
        ("the user's practice accuracy", "practice"),
        ("labelled users out of fold", "out of fold"),
        ("levels that were not rated have no say", "have no say"),
    ],
)
def test_an_old_word_is_found(text: str, old: str) -> None:
    assert [word for _, word, _ in uses(text)] == [old]
    assert list(uses("Score the held-out likes of each validation user.")) == []


def test_each_term_is_there_once() -> None:
    terms = [term for term, _ in ENTRIES]
    assert len(terms) == len({term.lower() for term in terms}) > 60


@pytest.mark.parametrize(("term", "meaning"), ENTRIES, ids=[term for term, _ in ENTRIES])
def test_a_meaning_is_one_sentence(term: str, meaning: str) -> None:
    assert not re.search(r"[.!?](?:\s|$)", meaning), f"{term}: one sentence, without a full stop"
    assert len(meaning) < 160
