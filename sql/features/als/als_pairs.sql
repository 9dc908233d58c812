-- grain: one item to predict for a candidate: its track, album, artist or one of its genres
-- key: user_id, track_id, level, item_id
-- units: ids of the files; level is 'track', 'album', 'artist' or 'genre'
-- nulls: none; levels on which the track has no item have no row
with

candidates as (
    select user_id, track_id, album_id, artist_id from {{ ref('features.candidates') }}
),

track_genres as (
    select track_id, genre_id from {{ ref('hierarchy.track_genres') }}
),

items as (
    select user_id, track_id, 'track' as level, track_id as item_id from candidates
    union all
    select user_id, track_id, 'album' as level, album_id as item_id from candidates
    union all
    select user_id, track_id, 'artist' as level, artist_id as item_id from candidates
    union all
    select candidates.user_id, candidates.track_id, 'genre' as level, track_genres.genre_id as item_id
    from candidates
    inner join track_genres on candidates.track_id = track_genres.track_id
),

final as (
    select user_id, track_id, level, item_id from items where item_id is not null
)

select * from final
