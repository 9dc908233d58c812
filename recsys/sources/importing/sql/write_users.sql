{% from 'old_rows.sql' import old_rows with context -%}
copy (
    {{ old_rows('user_id, original_id, name') -}}
    select user_id, original_id, null::varchar as name from {{ made }}
    order by user_id
) to $path (format parquet)
