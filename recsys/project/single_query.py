"""Check that a model is one query, and that its answer depends on nothing but what the graph knows.

DuckDB's parser decides: a text must be a single SELECT. In the tree of that query nothing may write (DuckDB
accepts ``with a as (insert ...)``), and nothing may be read that no fingerprint covers: files, settings,
clocks, random numbers, the catalog. Models of ``staging`` may read files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from recsys.project.model import LAYERS
from recsys.project.parsing import Node, behind_comments, nodes, statements
from recsys.project.remembered import remembered

QUERY_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
RANDOM = {"random", "setseed", "uuid", "gen_random_uuid", "uuidv4", "uuidv7"}
CLOCK = {
    *("now", "today", "ago", "current_date", "current_time", "current_timestamp", "localtime"),
    *("localtimestamp", "current_localtime", "current_localtimestamp", "get_current_time"),
    *("get_current_timestamp", "transaction_timestamp", "pg_conf_load_time", "pg_postmaster_start_time"),
}
SETTING = {
    *("getenv", "getvariable", "current_setting", "current_database", "current_catalog", "current_schema"),
    *("current_schemas", "in_search_path", "current_query", "current_query_id", "current_connection_id"),
    *("current_transaction_id", "txid_current", "version", "stats", "vector_type", "inet_client_addr"),
    *("inet_client_port", "inet_server_addr", "inet_server_port", "pg_get_viewdef", "format_type"),
    *("pg_get_constraintdef", "format_pg_type", "map_type_id_to_pg_oid"),
}
EFFECT = {"nextval", "currval", "setval", "write_log", "sleep_ms", "pg_sleep"}
KINDS = {
    **dict.fromkeys(RANDOM, "a random value"),
    **dict.fromkeys(CLOCK, "the time of the build"),
    **dict.fromkeys(SETTING, "a setting of the session"),
    **dict.fromkeys(EFFECT, "what ran before"),
}
WITHOUT_BRACKETS = {
    *("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"),
    *("current_catalog", "current_schema"),
}
COMPUTED = {  # table functions of the engine that use their arguments alone
    *("unnest", "range", "generate_series", "repeat", "repeat_row", "json_each", "json_tree", "summary"),
    *("icu_calendar_names", "histogram_values", "histogram"),
}
ON_CALL = {"query", "query_table"}  # name what they read only when a macro is called
OF_FILES = re.compile(r"(read_(?!duckdb)|parquet_)\w+|glob|sniff_csv", re.IGNORECASE)
OUTSIDE = re.compile(  # all other table functions of the engine
    r"(duckdb|pragma|read|parquet|enable|disable|test|truncate|add|remove|create|destroy|register|deregister"
    r"|pg)_\w+|\w+_scan\w*|glob|sniff_csv|(force_)?checkpoint|query|query_table|which_secret"
    r"|python_map_function|json_execute_serialized_sql",
    re.IGNORECASE,
)
CATALOG = re.compile(r"(duckdb|pragma|sqlite|pg)_\w+", re.IGNORECASE)
CATALOG_SCHEMAS = {"information_schema", "pg_catalog"}
FILE_NAME = re.compile(r"\W")  # in the name of a table without a schema
FILE_ENDING = r"(csv|tsv|json|jsonl|ndjson|geojson|parquet|db|duckdb)(\.(gz|zst))?"
FILE_WITHOUT_QUOTES = re.compile(rf".+\.{FILE_ENDING}", re.IGNORECASE)  # ``from x.csv`` reads a file, too
SUSPICIOUS = re.compile(  # a query without any of this needs no tree
    rf"\b({OUTSIDE.pattern}|{'|'.join(sorted(KINDS))}"
    r"|insert|update|delete|merge|copy|describe|summarize|show|sample|tablesample|age|sqlite_\w+"
    rf"|information_schema|pg_catalog|{FILE_ENDING})\b"
    r"|['\"][^'\"]*[./:*][^'\"]*['\"]"
    r"|\$\$|\b(e|x|b|u&)['\"]",
    re.IGNORECASE,
)
BEGIN = re.compile(r"(with|select|from|values)\b", re.IGNORECASE)

ONE_QUERY = "expected one query (SELECT) and nothing else"
SEEDED = "for draws with a seed see CONTRIBUTING.md"
UNSTABLE = "which differs from build to build"


@dataclass(frozen=True)
class Complaint:
    """Hold the complaint about a text, and its character offset."""

    message: str
    offset: int


@lru_cache(maxsize=4096)
def complaint(text: str, reads_files: bool = False, is_macro: bool = False) -> Complaint | None:
    """Say why a text is not a single query whose answer is reproducible.

    Parameters
    ----------
    text : str
        Rendered SQL.
    reads_files : bool, default False
        The text may read files, as models of ``staging`` do.
    is_macro : bool, default False
        The text may use ``query`` and ``query_table``, which read what the arguments of a macro name.

    Returns
    -------
    Complaint or None
        None for a text that is fine.

    Raises
    ------
    duckdb.Error
        The text is no SQL; the message is JSON with the byte offset of the fault.
    """
    found = remembered(
        "complaint", f"{reads_files}\0{is_macro}\0{text}", lambda: _found(text, reads_files, is_macro)
    )
    return Complaint(*found) if found else None


def _found(text: str, reads_files: bool, is_macro: bool) -> tuple[str, int] | None:
    """Return message and place of a complaint."""
    first = _first_complaint(text, reads_files, is_macro)
    return (first.message, first.offset) if first else None


def _first_complaint(text: str, reads_files: bool, is_macro: bool) -> Complaint | None:
    found = statements(text)
    if not found:
        return Complaint("no query: expected one SELECT", 0)
    if found[0].kind != "SELECT":
        return Complaint(
            f"{_named(found[0].kind)}: expected one query (SELECT) and nothing else", found[0].offset
        )
    if len(found) > 1:
        second = found[1]
        return Complaint(f"a second statement ({_named(second.kind)}): {ONE_QUERY}", second.offset)
    begin = found[0].offset
    if BEGIN.match(text, begin) and not SUSPICIOUS.search(text, begin):
        return None
    return next(_complaints(text, reads_files, is_macro), None)


def trailing_sql(text: str) -> Complaint | None:
    """Say where a model that Python writes has SQL, which would not run."""
    found = statements(text)
    message = "SQL in a model that Python writes: expected learner(...) or reader(...) alone"
    return Complaint(message, found[0].offset) if found else None


def _named(kind: str) -> str:
    return "PIVOT without IN (...)" if kind == "MULTI" else kind.replace("_", " ")


def _complaints(text: str, reads_files: bool, is_macro: bool) -> Iterator[Complaint]:
    for node, place in nodes(text):
        message = _unknown(node) or _writes(node) or _samples(node) or _calls(node) or _reads_catalog(node)
        message = message or (None if reads_files else _reads_file(node, text))
        message = message or _table_function(node, reads_files, is_macro)
        if message:
            yield Complaint(message, place or behind_comments(text))


def _defined(node: Node) -> str | None:
    """Return the name of the common table expression that a node defines."""
    value = node.get("value")
    return str(node["key"]).lower() if isinstance(value, dict) and "query_node" in value else None


def _unknown(node: Node) -> str | None:
    """Return the complaint about a query that DuckDB cannot parse into a tree."""
    return f"{node['error_message']}: this query cannot be checked" if node.get("error") is True else None


def _writes(node: Node) -> str | None:
    kind = str(node.get("type", ""))
    if kind.endswith("_NODE") and kind not in QUERY_NODES:
        verb = kind.split("_", maxsplit=1)[0]
        return f"{verb} inside a query: expected one query (SELECT) that changes nothing"
    return None


def _samples(node: Node) -> str | None:
    if isinstance(node.get("sample"), dict):
        return f"a sample, {UNSTABLE}: {SEEDED}"
    return None


def _calls(node: Node) -> str | None:
    """Return the complaint about a function whose result its arguments do not determine."""
    name = str(node.get("function_name", "")).lower()
    columns: list[str] = node.get("column_names", [])
    if node.get("type") == "COLUMN_REF" and len(columns) == 1 and columns[0].lower() in WITHOUT_BRACKETS:
        name = columns[0].lower()
    if name == "age" and len(node.get("arguments", ())) == 1:
        return f"age of one date depends on {KINDS['now']}, {UNSTABLE}"
    if name in RANDOM:
        return f"{name} gives {KINDS[name]}, {UNSTABLE}: {SEEDED}"
    return f"{name} depends on {KINDS[name]}, {UNSTABLE}" if name in KINDS else None


def _reads_catalog(node: Node) -> str | None:
    if node.get("type") == "SHOW_REF":
        return "DESCRIBE, SHOW or SUMMARIZE: expected one query (SELECT)"
    if node.get("type") != "BASE_TABLE":
        return None
    schema, name = str(node.get("schema_name", "")), str(node.get("table_name", ""))
    if schema.lower() in CATALOG_SCHEMAS or (schema in ("", "main") and CATALOG.fullmatch(name)):
        return f"{schema + '.' if schema else ''}{name} is the catalog: expected relations by ref()"
    return None


def _reads_file(node: Node, text: str) -> str | None:
    if node.get("type") != "BASE_TABLE":
        return None
    path = [str(node[key]) for key in ("catalog_name", "schema_name", "table_name") if node.get(key)]
    name = ".".join(path)
    if len(path) > 1 and (path[-2].lower() in LAYERS or not FILE_WITHOUT_QUOTES.fullmatch(name)):
        return None
    if len(path) == 1 and (
        not FILE_NAME.search(name) or any(_defined(other) == name.lower() for other, _ in nodes(text))
    ):
        return None
    return f"reads the file '{name}': only models of staging read files, by {{{{ source(...) }}}}"


def _table_function(node: Node, reads_files: bool, is_macro: bool) -> str | None:
    """Return the complaint about a table function that reads something other than its arguments."""
    if node.get("type") != "TABLE_FUNCTION":
        return None
    name = str(node["function"].get("function_name", "")).lower()
    if OF_FILES.fullmatch(name):
        only = "only models of staging read files, by {{ source(...) }}"
        return None if reads_files else f"{name} reads files: {only}"
    if name in COMPUTED or (is_macro and name in ON_CALL) or not OUTSIDE.fullmatch(name):
        return None
    return f"{name} reads something that is no relation: expected relations by ref()"
