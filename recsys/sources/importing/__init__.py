"""Makes a data directory of Parquet files from anybody's ratings: any format, any ids.

`recsys.sources.importing.steps` is the order of the steps, ``sql/`` the steps themselves.
"""
