"""Remove users and items from a data directory that `recsys import` wrote."""
