"""Highlight SQL and templates, with links on the names of relations."""

from __future__ import annotations

import re
from collections.abc import Container

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

LEXER = "sql+jinja"
PLAIN = re.compile(r'<span class="(?:w|n|p|o)">(.*?)</span>', re.DOTALL)  # tokens without a colour
BEFORE_DOT = re.compile(r'<span class="[a-z0-9]+">(\w+)</span>(?=\.\w)')
AFTER_DOT = re.compile(r'(?<=\w\.)<span class="[a-z0-9]+">(\w+)</span>')
NAME = re.compile(r"\b(?:scratch\.)?([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)\b")


def highlighted(text: str, known: Container[str]) -> Markup:
    """Render a model's text as HTML; the names of ``known`` relations link to their pages."""
    html = highlight(text, get_lexer_by_name(LEXER), HtmlFormatter(nowrap=True))
    for pattern in (PLAIN, BEFORE_DOT, AFTER_DOT):
        html = pattern.sub(r"\1", html)

    def linked(found: re.Match[str]) -> str:
        return f'<a href="{found[1]}.html">{found[0]}</a>' if found[1] in known else found[0]

    return Markup(NAME.sub(linked, html))
