-- grain: one entry of a user's rating vector: an album, an artist, a genre, or a track without an album
-- key: user_id, item_id
-- units: rating 0..100
-- nulls: none
-- formula: an album's entry is the user's own rating, else the mean of the user's ratings of its tracks; a
--   track without an album is its own entry
with

ratings as (
    select user_id, item_id, rating from {{ ref('staging.ratings') }}
),

lineage as (
    select track_id, album_id from {{ ref('hierarchy.track_lineage') }}
),

entries as (
    select
        ratings.user_id,
        coalesce(lineage.album_id, ratings.item_id) as item_id,
        ratings.rating,
        lineage.album_id is null as is_own
    from ratings
    left join lineage on ratings.item_id = lineage.track_id
),

final as (
    select
        user_id,
        item_id,
        coalesce(
            max(rating) filter (where is_own),
            sum(rating) filter (where not is_own) / count(*) filter (where not is_own)
        ) as rating
    from entries
    group by user_id, item_id
)

select * from final
