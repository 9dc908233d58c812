-- an album that is named alone has the artist of its tracks, if they have one and the same
{% from 'old_rows.sql' import old_rows with context -%}
copy (
    with

    of_tracks as (
        select album_id, max(artist_id) as artist_id
        from placed
        where kind = 'track' and album_id is not null
        group by album_id
        having count(distinct artist_id) = 1
    )

    {{ old_rows('album_id, artist_id, genre_ids') -}}
    select
        placed.item_id as album_id,
        case when made.is_key then placed.artist_id else of_tracks.artist_id end as artist_id,
        placed.genre_ids
    from placed
    inner join {{ made }} as made on placed.item_id = made.item_id
    left join of_tracks on placed.item_id = of_tracks.album_id
    where placed.kind = 'album'
    order by album_id
) to $path (format parquet)
