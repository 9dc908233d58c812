copy (
    select track_id, album_id, artist_id, genre_ids from read_parquet($old)
    union all
    select placed.item_id as track_id, placed.album_id, placed.artist_id, placed.genre_ids
    from placed
    semi join new_items on placed.item_id = new_items.item_id
    where placed.kind = 'track'
    order by track_id
) to $path (format parquet)
