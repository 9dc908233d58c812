"""The catalogue: a page for every relation of a warehouse, and what is made from what, down to the column."""
