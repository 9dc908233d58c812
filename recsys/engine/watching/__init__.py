"""Watch a folder: append files as they arrive, and build on a schedule."""
