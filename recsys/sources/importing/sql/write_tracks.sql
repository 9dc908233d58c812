{% from 'old_rows.sql' import old_rows with context -%}
copy (
    {{ old_rows('track_id, album_id, artist_id, genre_ids') -}}
    select item_id as track_id, album_id, artist_id, genre_ids from placed where kind = 'track'
    order by track_id
) to $path (format parquet)
