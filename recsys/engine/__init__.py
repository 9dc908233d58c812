"""Builds what a project describes; `duckdb` opens what is published, `writing` what a build makes."""
