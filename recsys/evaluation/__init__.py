"""Metrics of rankings and their confidence intervals."""
