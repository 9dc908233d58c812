"""Append interactions to data that were imported: read them with the recipe of the import, in one step."""
