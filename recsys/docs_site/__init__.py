"""The catalogue: a page per relation of a warehouse, with lineage down to the column."""
