copy (
    select item_id as track_id, album_id, artist_id, genre_ids from placed where kind = 'track' order by item_id
) to $path (format parquet)
