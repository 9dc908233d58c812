"""Gradient-boosted trees that rank candidates."""
