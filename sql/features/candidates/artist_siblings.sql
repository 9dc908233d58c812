-- grain: one candidate for whose artist the user rated another album, or a track of another album
-- key: user_id, track_id
-- units: artist_sibling_mean on the scale 0..100; artist_sibling_liked is the number of likes
-- nulls: none
with

candidates as (
    select user_id, track_id, album_id, artist_id from {{ ref('features.candidates') }}
),

ratings as (
    select user_id, item_id, rating, is_like from {{ ref('staging.ratings') }}
),

works as (
    select track_id as item_id, coalesce(album_id, track_id) as work_id, artist_id
    from {{ ref('hierarchy.track_lineage') }}
    union all
    select album_id as item_id, album_id as work_id, artist_id from {{ ref('staging.albums') }}
),

rated_works as (
    select
        ratings.user_id,
        works.artist_id,
        works.work_id,
        count(*) as rating_count,
        sum(ratings.rating) as rating_sum,
        count(*) filter (where ratings.is_like) as liked_count
    from ratings
    inner join works on ratings.item_id = works.item_id
    where works.artist_id is not null
    group by ratings.user_id, works.artist_id, works.work_id
),

final as (
    select
        candidates.user_id,
        candidates.track_id,
        sum(rated_works.rating_count)::bigint as artist_sibling_count,
        sum(rated_works.rating_sum) / sum(rated_works.rating_count) as artist_sibling_mean,
        sum(rated_works.liked_count)::bigint as artist_sibling_liked
    from candidates
    inner join rated_works
        on candidates.user_id = rated_works.user_id and candidates.artist_id = rated_works.artist_id
    where rated_works.work_id <> coalesce(candidates.album_id, candidates.track_id)
    group by candidates.user_id, candidates.track_id
)

select * from final
