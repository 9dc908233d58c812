"""Translate Spark's exceptions into one line with the place in the model."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from recsys.backends.database import EngineError
from recsys.backends.spark.session import cause
from recsys.backends.spark.translation import Translation

POSITION = re.compile(r"\(line (\d+), pos (\d+)\)|; line (\d+) pos (\d+)")
CAUSE = re.compile(r"^(?:Caused by: |: )?(?:[\w$]+\.)+[\w$]+(?:Exception|Error): ")
RAISED = re.compile(r"\[USER_RAISED_EXCEPTION\] (.*?)(?: SQLSTATE: \w+)?$")
PROGRAM = re.compile(r"Cannot run program .*")  # a worker without Python
PYTHON = re.compile(r"Traceback \(most recent call last\):$.*?^(\w[^\n]*)$", re.MULTILINE | re.DOTALL)
CALL = "An error occurred while calling "  # the next line names the call
TIDY = re.compile(r" SQLSTATE: \w+|;? line \d+ pos \d+|\(line \d+, pos \d+\)")

# pyspark logs every failed statement with its Java trace to stderr; the build reports one line instead.
for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
    logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@contextlib.contextmanager
def translate_errors(translation: Translation | None = None) -> Iterator[None]:
    """Translate Spark's failures into EngineError, located in the model if its translation is given."""
    try:
        yield
    except (Py4JError, PySparkException) as error:
        place = None if translation is None else _place(error, translation.sql)
        offset = None if translation is None or place is None else translation.origin(place)
        raise EngineError(_message(error), offset) from None


def _message(error: Exception) -> str:
    """Return the message of the innermost cause without Java class names."""
    text = str(error)
    if isinstance(error, PySparkException) and not text.startswith("Job aborted"):
        with contextlib.suppress(Exception):
            text = error.getMessage() or text
    if found := PROGRAM.search(text):
        return found[0].strip()
    if traces := PYTHON.findall(text):
        return str(traces[-1]).strip()
    lines = [line for line in text.strip().splitlines() if line and not line.startswith(CALL)] or ["failed"]
    line = cause(text) if "Caused by: " in text else lines[0]
    line = CAUSE.sub("", line)
    found = RAISED.search(line)
    return found[1] if found else TIDY.sub("", line).strip()


def _place(error: Exception, sql: str) -> int | None:
    """Return the character offset in the Spark SQL where it failed, if Spark gives one."""
    if isinstance(error, PySparkException):
        with contextlib.suppress(Exception):
            for context in error.getQueryContext():
                if context.startIndex() >= 0:
                    return int(context.startIndex())
    found = POSITION.search(str(error))
    if not found:
        return None
    line, column = int(found[1] or found[3]), int(found[2] or found[4])
    return sum(map(len, sql.splitlines(keepends=True)[: line - 1])) + column
