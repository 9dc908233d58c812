"""Benchmarks: run by hand through `make bench`, never by the tests; nothing in them asserts a time."""
