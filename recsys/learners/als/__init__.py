"""Explicit matrix factorisation by alternating least squares."""
