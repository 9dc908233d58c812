"""Recommend to all users of a warehouse that a Spark cluster built."""
