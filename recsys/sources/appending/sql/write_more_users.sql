copy (
    select user_id, original_id, name from read_parquet($old)
    union all
    select user_id, original_id, null::varchar as name from new_users
    order by user_id
) to $path (format parquet)
