-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- nulls: parent_id, the artist, where the track has none; item_id is the album, or else the track itself
-- materialized: view
with

candidates as (
    select user_id, track_id, album_id, artist_id from {{ ref('features.candidates') }}
),

final as (
    select user_id, track_id, coalesce(album_id, track_id) as item_id, artist_id as parent_id from candidates
)

select * from final
