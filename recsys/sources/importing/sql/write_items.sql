copy (select item_id, original_id, name, kind from things order by item_id) to $path (format parquet)
