"""Protection of the explorer: local addresses only, and a sandbox for SQL."""
