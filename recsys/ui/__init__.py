"""The explorer: a read-only look into a warehouse with a browser."""
