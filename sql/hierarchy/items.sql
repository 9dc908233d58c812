-- grain: one item listed in a track, album, artist or genre file
-- key: item_id
-- units: item_type is 'track', 'album', 'artist' or 'genre'
-- nulls: none
-- incremental: by item_id
with

final as (
    select track_id as item_id, 'track' as item_type from {{ ref('staging.tracks') }}
    union all
    select album_id as item_id, 'album' as item_type from {{ ref('staging.albums') }}
    union all
    select artist_id as item_id, 'artist' as item_type from {{ ref('staging.artists') }}
    union all
    select genre_id as item_id, 'genre' as item_type from {{ ref('staging.genres') }}
)

select * from final
