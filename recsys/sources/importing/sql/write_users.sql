copy (select user_id, original_id, null::varchar as name from users order by user_id) to $path (format parquet)
