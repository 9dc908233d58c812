-- grain: one candidate
-- key: user_id, track_id
-- rows: staging.candidates
-- units: item_id is the album, or the track if it has none; parent_id is the artist
-- nulls: parent_id where the track has no artist
-- materialized: view
with

candidates as (
    select user_id, track_id, album_id, artist_id from {{ ref('features.candidates') }}
),

final as (
    select user_id, track_id, coalesce(album_id, track_id) as item_id, artist_id as parent_id from candidates
)

select * from final
