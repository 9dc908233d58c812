"""Models that recommend from the whole catalogue: fit, judge on held-out likes, score in blocks."""
