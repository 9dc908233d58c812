"""Bars in a line of text."""

from __future__ import annotations

from rich.text import Text


def bar(value: float, lowest: float, highest: float, width: int = 20) -> Text:
    """A horizontal bar for a value between two others."""
    share = (value - lowest) / (highest - lowest) if highest > lowest else 0.0
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    partial = " ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else ""
    return Text("█" * (eighths // 8) + partial, style="cyan")
