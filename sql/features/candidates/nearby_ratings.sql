-- grain: a candidate and one rating by its user of its album, artist, genre or a sibling track
-- key: user_id, track_id, level, item_id
-- units: level is 'album', 'artist', 'genre' or 'sibling' (another track of the candidate's album)
-- nulls: none
with

candidates as (
    select user_id, track_id from {{ ref('staging.candidates') }}
),

lineage as (
    select track_id, album_id, artist_id from {{ ref('hierarchy.track_lineage') }}
),

track_genres as (
    select track_id, genre_id from {{ ref('hierarchy.track_genres') }}
),

ratings as (
    select user_id, item_id, rating, is_like from {{ ref('staging.ratings') }}
),

placed as (
    select candidates.user_id, candidates.track_id, lineage.album_id, lineage.artist_id
    from candidates
    inner join lineage on candidates.track_id = lineage.track_id
),

related as (
    select user_id, track_id, 'album' as level, album_id as item_id from placed
    union all
    select user_id, track_id, 'artist' as level, artist_id as item_id from placed
    union all
    select candidates.user_id, candidates.track_id, 'genre' as level, track_genres.genre_id as item_id
    from candidates
    inner join track_genres on candidates.track_id = track_genres.track_id
    union all
    select placed.user_id, placed.track_id, 'sibling' as level, lineage.track_id as item_id
    from placed
    inner join lineage on placed.album_id = lineage.album_id and placed.track_id <> lineage.track_id
),

final as (
    select
        related.user_id,
        related.track_id,
        related.level,
        related.item_id,
        ratings.rating,
        ratings.is_like
    from related
    inner join ratings on related.user_id = ratings.user_id and related.item_id = ratings.item_id
)

select * from final
