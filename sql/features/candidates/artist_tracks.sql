-- grain: one candidate whose artist has a track that the user rated
-- key: user_id, track_id
-- units: artist_track_mean on the scale 0..100; artist_track_liked is the number of likes
-- nulls: none
with

candidates as (
    select user_id, track_id, artist_id from {{ ref('features.candidates') }}
),

ratings as (
    select user_id, item_id, rating, is_like from {{ ref('staging.ratings') }}
),

lineage as (
    select track_id, artist_id from {{ ref('hierarchy.track_lineage') }}
),

rated as (
    select ratings.user_id, lineage.artist_id, ratings.rating, ratings.is_like
    from ratings
    inner join lineage on ratings.item_id = lineage.track_id
    semi join candidates on ratings.user_id = candidates.user_id
),

summed as (
    select
        user_id,
        artist_id,
        count(*) as artist_track_count,
        sum(rating) / count(*) as artist_track_mean,
        count(*) filter (where is_like) as artist_track_liked
    from rated
    group by user_id, artist_id
),

final as (
    select
        candidates.user_id,
        candidates.track_id,
        summed.artist_track_count,
        summed.artist_track_mean,
        summed.artist_track_liked
    from candidates
    inner join summed on candidates.user_id = summed.user_id and candidates.artist_id = summed.artist_id
)

select * from final
