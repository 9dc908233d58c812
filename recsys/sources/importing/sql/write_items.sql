{% from 'old_rows.sql' import old_rows with context -%}
copy (
    {{ old_rows('item_id, original_id, name, kind') -}}
    select item_id, original_id, name, kind from {{ made }}
    order by item_id
) to $path (format parquet)
