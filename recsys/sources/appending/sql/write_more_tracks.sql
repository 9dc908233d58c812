copy (
    select track_id, album_id, artist_id, genre_ids from read_parquet($old)
    union all
    select item_id as track_id, null as album_id, null as artist_id, [] as genre_ids from new_items
    order by track_id
) to $path (format parquet)
