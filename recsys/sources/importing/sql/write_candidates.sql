copy (select user_id, track_id, rowid + 1 as position from truth) to $path (format parquet)
