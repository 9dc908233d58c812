"""Parse and check the allowed values of a parameter, declared in its comment in ``sql/parameters.toml``.

A declaration is the comment up to its first colon::

    rank = 16                # 1..1000: integers, both ends included
    share = 0.5              # 0.0..<1.0: reals, as the bounds are written as reals; < and > exclude an end
    method = "vote"          # vote | average: one of these words
    depths = [4, 6]          # [1..30]: a list of such values, at least one
    source = "Lai et al."    # text: any text

The comment of a section applies to all values of the section without a declaration of their own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

SECTION = re.compile(r"\[(?P<name>[\w.-]+)\]\s*(?:#(?P<comment>.*))?")
VALUE = re.compile(r"(?P<name>[\w-]+)\s*=")
NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
RANGE = re.compile(rf"(?P<above>>?)(?P<low>{NUMBER})?\.\.(?P<below><?)(?P<high>{NUMBER})?")
WORDS = re.compile(r"[\w-]+(?: \| [\w-]+)+")
EXAMPLES = "`# 1..100: ...`, `# 0.0..: ...`, `# this | that: ...`, `# [1..9]: ...` or `# text: ...`"


@dataclass(frozen=True)
class Allowed:
    """Hold the allowed values of one parameter: a type, and bounds (for numbers) or words (for text)."""

    kind: Any  # int, float, str or bool
    low: float = -math.inf
    high: float = math.inf
    is_above: bool = False
    is_below: bool = False
    words: tuple[str, ...] = ()
    is_list: bool = False

    @classmethod
    def read(cls, declaration: str) -> Allowed | None:
        """Parse a declaration; return None if the text is not one."""
        text = declaration.strip()
        if text.startswith("[") and text.endswith("]"):
            item = cls.read(text[1:-1])
            return item and replace(item, is_list=True)
        if text == "text":
            return cls(str)
        if text == "true | false":
            return cls(bool)
        if WORDS.fullmatch(text):
            return cls(str, words=tuple(text.split(" | ")))
        found = RANGE.fullmatch(text)
        if not found or not (found["low"] or found["high"]):
            return None
        bounds = [found["low"] or "", found["high"] or ""]
        kind = float if re.search("[.e]", "".join(bounds)) else int
        low, high = float(bounds[0] or "-inf"), float(bounds[1] or "inf")
        return cls(kind, low, high, bool(found["above"]), bool(found["below"]))

    def converted(self, value: Any) -> Any:
        """Return the value with integers converted to reals where reals are expected."""
        if self.is_list and isinstance(value, list):
            return [self._real(item) for item in value]
        return self._real(value)

    def holds(self, value: Any) -> bool:
        """Return whether a value is allowed."""
        if not self.is_list:
            return self._holds(value)
        return isinstance(value, list) and bool(value) and all(map(self._holds, value))

    def __str__(self) -> str:
        """Describe the allowed values in words."""
        plural = "s" if self.is_list else ""
        if self.kind is bool:
            text = "true or false"
        elif self.kind is str:
            text = f"one of {', '.join(self.words)}" if self.words else f"text{plural}"
        else:
            noun = "integer" if self.kind is int else "number"
            article = "" if self.is_list else "an " if self.kind is int else "a "
            text = f"{article}{noun}{plural} {self._bounds()}"
        return f"a list of {text}" if self.is_list else text

    def _real(self, value: Any) -> Any:
        return float(value) if self.kind is float and type(value) is int else value

    def _holds(self, value: Any) -> bool:
        if type(value) is not self.kind:
            return False
        if self.kind is str:
            return not self.words or value in self.words
        if self.kind is bool:
            return True
        is_low = value > self.low if self.is_above else value >= self.low
        is_high = value < self.high if self.is_below else value <= self.high
        return is_low and is_high and math.isfinite(value)

    def _bounds(self) -> str:
        low, high = self.kind(self.low) if math.isfinite(self.low) else None, self.high
        above = "" if low is None else f"{'above' if self.is_above else 'from'} {low}"
        if math.isinf(high):
            return above if self.is_above else f"{above} on"
        below = f"{'below' if self.is_below else 'up to'} {self.kind(high)}"
        return f"{above} {'and ' if self.is_below else ''}{below}".strip() if above else below


@dataclass(frozen=True)
class Declared:
    """Hold the line of a parameter and its allowed values: None without a declaration."""

    line: int
    allowed: Allowed | None


def read_declarations(text: str) -> Mapping[str, Declared]:
    """Return the declarations of a parameter file by dotted parameter name.

    Parameters
    ----------
    text : str
        The contents of ``parameters.toml``.
    """
    found: dict[str, Declared] = {}
    section, default = "", None
    for number, line in enumerate(text.splitlines(), 1):
        if heading := SECTION.fullmatch(line.strip()):
            section, default = f"{heading['name']}.", _declared(heading["comment"] or "")
        elif value := VALUE.match(line):
            found[section + value["name"]] = Declared(number, _declared(_comment(line)) or default)
    return found


def _declared(comment: str) -> Allowed | None:
    return Allowed.read(re.split(r":(?:\s|$)", comment, maxsplit=1)[0])


def _comment(line: str) -> str:
    """Return the comment: the text after the first # outside of quotes."""
    bare = re.sub(r"\"(?:\\.|[^\"\\])*\"|'[^']*'", lambda quoted: "_" * len(quoted[0]), line)
    return line[at + 1 :] if (at := bare.find("#")) >= 0 else ""
