copy (
    select item_id, original_id, name, kind from read_parquet($old)
    union all
    select item_id, original_id, name, kind from new_items
    order by item_id
) to $path (format parquet)
