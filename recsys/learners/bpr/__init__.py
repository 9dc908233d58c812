"""Bayesian personalised ranking with item factors summed over the taxonomy."""
