"""Load the parameters of ``sql/parameters.toml`` with the overrides of ``--set``, and check both."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from recsys.errors import UsageError, unknown
from recsys.project.allowed import EXAMPLES, Allowed, read_declarations
from recsys.project.files import read_text
from recsys.project.renamed import new_parameter


class Literal(str):
    """Mark a string parameter, which templates print as an SQL literal, never as SQL."""


class Parameters:
    """Hold the values of ``parameters.toml`` with the overrides of ``--set``."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    @classmethod
    def load(
        cls, path: Path, overrides: Iterable[str] = (), of_data: Mapping[str, Any] | None = None
    ) -> Parameters:
        """Read the file and apply the parameters that come with the data, then ``KEY=VALUE`` overrides.

        Parameters
        ----------
        path : Path
            The parameter file.
        overrides : iterable of str
            ``NAME=VALUE`` with a dotted name.
        of_data : mapping of str to Any, optional
            Values that an import chose for its data, by dotted name.

        Raises
        ------
        UsageError
            A name is unknown, or a value is not allowed by its declaration.
        """
        text = read_text(path)
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"\(at line (\d+)", str(error))
            raise UsageError(f"{path}{':' + line[1] if line else ''}: {error}") from None
        allowed = _allowed(path, text, values)
        further = [
            f"{name}={value if isinstance(value, str) else json.dumps(value)}"
            for name, value in (of_data or {}).items()
            if name in allowed
        ]
        for override in (*further, *overrides):
            _apply(values, override, allowed)
        return cls(values)

    def get(self, dotted: str, default: Any = None) -> Any:
        """Return a value, or a section as a dictionary.

        Parameters
        ----------
        dotted : str
            Name such as ``bayes.confidence``.
        default : Any, optional
            Value if the name does not exist.

        Raises
        ------
        KeyError
            There is no such name and no default.
        """
        value: Any = self.values
        for word in dotted.split("."):
            if not isinstance(value, Mapping) or word not in value:
                if default is None:
                    raise KeyError(dotted)
                return default
            value = value[word]
        return Literal(value) if isinstance(value, str) else value

    def under(self, names: Iterable[str]) -> dict[str, str]:
        """Return the values, as text, of these constants and of all in these sections."""
        found = {}
        for name in names:
            if name in self._flat:
                found[name] = str(self._flat[name])
            else:
                inside = (key for key in self._flat if key.startswith(f"{name}."))
                found |= {key: str(self._flat[key]) for key in inside}
        return found

    @cached_property
    def _flat(self) -> dict[str, Any]:
        return self.flat()

    def flat(self) -> dict[str, Any]:
        """Return every value by dotted name."""
        return dict(_flatten(self.values))


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _allowed(path: Path, text: str, values: dict[str, Any]) -> dict[str, Allowed]:
    """Return the allowed values of each parameter; raise UsageError if the file breaks a declaration."""
    declarations, allowed = read_declarations(text), {}
    for name, value in [*_flatten(values)]:
        declared = declarations.get(name)
        if declared is None:
            raise UsageError(f"{path}: {name}: expected NAME = VALUE on a line of its own, in a [section]")
        where = f"{path}:{declared.line}: {name}"
        if declared.allowed is None:
            raise UsageError(f"{where}: expected a comment that begins with what is allowed, {EXAMPLES}")
        converted = declared.allowed.converted(value)
        if not declared.allowed.holds(converted):
            raise UsageError(f"{where} = {json.dumps(value, default=str)}: expected {declared.allowed}")
        _put(values, name, converted)
        allowed[name] = declared.allowed
    return allowed


def _apply(values: dict[str, Any], override: str, allowed: Mapping[str, Allowed]) -> None:
    key, equals, text = override.partition("=")
    if not equals or key not in allowed:
        if new := new_parameter(key):
            raise UsageError(f"--set {override}: {key} is now {new}")
        hint = "they are listed in sql/parameters.toml"
        problem = unknown("parameter", key, allowed, hint) if equals else "give PARAMETER=VALUE"
        raise UsageError(f"--set {override}: {problem}")
    _put(values, key, _parsed(override, text, allowed[key]))


def _put(values: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, last = dotted.split(".")
    for word in parents:
        values = values[word]
    values[last] = value


def _parsed(override: str, text: str, allowed: Allowed) -> Any:
    """Parse the value of an override: text literally, anything else as TOML; integers also count as reals."""
    is_text = allowed.kind is str and not allowed.is_list
    try:
        value = text if is_text else allowed.converted(tomllib.loads(f"x = {text}")["x"])
    except tomllib.TOMLDecodeError:
        value = None
    if "\n" in text or not allowed.holds(value):
        raise UsageError(f"--set {override}: give {allowed}")
    return value
