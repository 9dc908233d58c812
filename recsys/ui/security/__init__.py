"""Protection of the explorer: it answers local addresses only."""
