"""Pages of the explorer, one module per page."""
