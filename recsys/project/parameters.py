"""The constants of ``sql/parameters.toml`` and the overrides of ``--set``."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from recsys.errors import UsageError


class Literal(str):
    """A string parameter: a template that prints it gets an SQL literal, never SQL."""


class Parameters:
    """The constants of ``parameters.toml``, with the overrides of ``--set``."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    @classmethod
    def load(cls, path: Path, overrides: Iterable[str] = ()) -> Parameters:
        """Read the file and apply ``KEY=VALUE`` overrides; UsageError for an unknown key or another type."""
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        for override in overrides:
            _apply(values, override)
        return cls(values)

    def get(self, dotted: str, default: Any = None) -> Any:
        """A constant, or a section as a dictionary; KeyError if there is none of that name and no default."""
        value: Any = self.values
        for word in dotted.split("."):
            if not isinstance(value, Mapping) or word not in value:
                if default is None:
                    raise KeyError(dotted)
                return default
            value = value[word]
        return Literal(value) if isinstance(value, str) else value

    def flat(self) -> dict[str, Any]:
        """Every constant under its dotted name."""
        return dict(_flatten(self.values))


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _apply(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    known = dict(_flatten(values))
    if not equals or key not in known:
        near = get_close_matches(key, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"--set {override!r}: expected PARAMETER=VALUE with a name of parameters.toml{hint}")
    *parents, last = key.split(".")
    for word in parents:
        values = values[word]
    values[last] = _parsed(override, text, known[key])


def _parsed(override: str, text: str, default: Any) -> Any:
    """The value of an override, which must be of its default's type (an integer does for a real)."""
    try:
        value = text if isinstance(default, str) else tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        value = None
    if isinstance(default, float) and type(value) is int:
        value = float(value)
    is_odd = isinstance(value, float) and not math.isfinite(value)
    if type(value) is not type(default) or is_odd or "\n" in text:
        raise UsageError(f"--set {override!r}: expected a value like {json.dumps(default)}")
    return value
