copy (
    select user_id, track_id, label::smallint as label from truth order by user_id, track_id
) to $path (format parquet)
