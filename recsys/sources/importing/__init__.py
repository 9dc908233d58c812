"""Make a data directory of Parquet files from ratings in any format, with any ids.

`recsys.sources.importing.steps` is the order of the steps; their SQL is in ``sql/``, which appending shares.
"""
