"""The tables that the commands print: at 80 columns, or with more columns for --wide."""
