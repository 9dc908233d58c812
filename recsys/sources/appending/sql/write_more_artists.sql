copy (
    select artist_id from read_parquet($old)
    union all
    select item_id as artist_id from new_items where kind = 'artist'
    order by artist_id
) to $path (format parquet)
