"""Readers of the input formats: text files in, Arrow tables or a clear refusal out."""
