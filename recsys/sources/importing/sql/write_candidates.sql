copy (
    select user_id, track_id, row_number() over (order by user_id, track_id) as position
    from truth
    order by position
) to $path (format parquet)
