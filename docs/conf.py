"""Sphinx configuration of the site: `make docs` builds it into build/site.

Neither the build nor a page needs a network. Four pages are made when the site is built: ARCHITECTURE.md,
CONTRIBUTING.md, CHANGELOG.md and the help of the command line. Pages that index.md does not list are added to
its section "How to". A link to a file that is no page of the site, such as a SQL model, becomes its name.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import dirname, normpath, relpath

import click
from sphinx.application import Sphinx

from recsys.cli.commands import NAMES, load
from recsys.cli.program import program
from recsys.version import __version__

ROOT = Path(__file__).resolve().parent.parent
INCLUDED = {"ARCHITECTURE.md": "architecture", "CONTRIBUTING.md": "contributing", "CHANGELOG.md": "changelog"}
PAGES = {**{source: f"docs/{name}.md" for source, name in INCLUDED.items()}, "README.md": "docs/index.md"}
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")
WIDTH = 88  # characters of the help texts

project = "recsys"
release = version = __version__
author = "the recsys authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"recsys {__version__}"
html_show_sphinx = html_copy_source = html_show_copyright = False
exclude_patterns = ["pictures"]
pygments_style, pygments_dark_style = "default", "github-dark"
myst_heading_anchors = 3
myst_enable_extensions = ["attrs_inline"]
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings name types
napoleon_google_docstring = False
napoleon_use_rtype = False
nitpicky = False
suppress_warnings = ["misc.highlighting_failure"]


def setup(app: Sphinx) -> None:
    """Register the hook that makes and links pages."""
    app.connect("source-read", read)


def read(app: Sphinx, name: str, content: list[str]) -> None:
    """Replace the text of a page that is made, and rewrite links to files of the repository."""
    origin = next((source for source, page in INCLUDED.items() if page == name), f"docs/{name}.md")
    if origin in INCLUDED:
        content[0] = (ROOT / origin).read_text(encoding="utf-8")
    if name == "cli":
        content[0] = command_line()
    if name == "index":
        content[0] = with_all_pages(content[0], app.env.found_docs)
    content[0] = linked(content[0], origin, f"docs/{name}.md", app.env.found_docs)


def linked(text: str, origin: str, page: str, documents: set[str]) -> str:
    """Return a page's text with links from ``origin`` rewritten for ``page``; both are repository paths."""

    def rewritten(found: re.Match[str]) -> str:
        mark, label, target, anchor = found.groups()
        path = normpath(f"{dirname(origin) or '.'}/{target}")
        anchor = None if path == "README.md" else anchor
        path = PAGES.get(path, path)
        is_page = path.startswith("docs/") and path.removeprefix("docs/").removesuffix(".md") in documents
        if is_page or mark:
            return f"{mark}[{label}]({relpath(path, dirname(page))}{anchor or ''})"
        return label if (ROOT / path).exists() else found[0]  # Sphinx reports what is missing

    return LINK.sub(rewritten, text)


def with_all_pages(text: str, documents: set[str]) -> str:
    """Return the first page with unlisted documents added to the table of how-to pages."""
    missing = [
        name for name in sorted(documents - {"index"}) if not re.search(rf"^{name}$", text, re.MULTILINE)
    ]
    return re.sub(
        r"(:caption: How to\n.*?)(?=```)",
        lambda found: found[0] + "".join(f"{name}\n" for name in missing),
        text,
        count=1,
        flags=re.DOTALL,
    )


def command_line() -> str:
    """Return the reference of all commands: the text of each one's ``--help``."""
    context = click.Context(program, info_name="recsys", max_content_width=WIDTH, terminal_width=WIDTH)
    parts = [
        "# Command line\n\nEach command prints its part of this page with `--help`. Exit status: 0 done, 1 "
        "the build failed, 2 the input or the arguments are wrong.",
        f"```text\n{program.get_help(context)}\n```",
    ]
    for name in NAMES:
        command = load(name)
        one = click.Context(
            command, info_name=name, parent=context, max_content_width=WIDTH, terminal_width=WIDTH
        )
        parts.append(f"## recsys {name}\n\n```text\n{command.get_help(one)}\n```")
    return "\n\n".join(parts)
