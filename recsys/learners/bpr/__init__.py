"""Factors learned from pairwise comparisons over the taxonomy of items (model `taxonomy_factors`)."""
