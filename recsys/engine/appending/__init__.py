"""Append rows to data and to their warehouse, without a build: the models' own SQL over what changed."""
