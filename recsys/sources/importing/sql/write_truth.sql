copy (select user_id, track_id, label from truth) to $path (format parquet)
