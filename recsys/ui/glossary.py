"""The terms of ``docs/glossary.md``, for tooltips and the page of the explorer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

HERE = Path(__file__).resolve().parent
CODE = re.compile(r"`([^`]+)`")


def file() -> Path:
    """Return the glossary: inside a wheel's package, else in the checkout's ``docs``."""
    inside = HERE / "glossary.md"
    return inside if inside.is_file() else HERE.parents[1] / "docs" / "glossary.md"


@cache
def sections() -> Mapping[str, Mapping[str, str]]:
    """Return the terms with their meanings by section, in order."""
    found: dict[str, dict[str, str]] = {}
    for line in file().read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = found.setdefault(line[3:].strip(), {})
        elif line.startswith("| ") and found:
            name, meaning = (part.strip() for part in line.strip("| ").split(" | ", 1))
            if name != "term":
                section[name] = meaning
    return found


@cache
def meanings() -> Mapping[str, str]:
    """Return the meaning of each term, without marks of code."""
    return {
        name: CODE.sub(r"\1", meaning) for section in sections().values() for name, meaning in section.items()
    }


def anchor(name: str) -> str:
    """Return the place of a term in its page."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def term(name: str, shown: str | None = None) -> Markup:
    """Return a word as a link to its meaning, which a tooltip shows; ``shown`` is the word in the text."""
    meaning = meanings()[name]
    return Markup(
        '<a class="term" href="/glossary#{}" data-meaning="{}" aria-description="{}">{}</a>'
    ).format(anchor(name), meaning, meaning, name if shown is None else shown)


def with_code(text: str) -> Markup:
    """Return a meaning with its names as code."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))
