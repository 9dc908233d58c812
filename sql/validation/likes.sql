-- grain: one like: a rating of a track that counts as a like, by any user
-- key: none, inherits the checked key of staging.ratings
-- units: ids only
-- nulls: none
-- materialized: temp
with

ratings as (
    select user_id, item_id, is_like from {{ ref('staging.ratings') }}
),

tracks as (
    select track_id from {{ ref('staging.tracks') }}
),

final as (
    select ratings.user_id, ratings.item_id as track_id
    from ratings
    semi join tracks on ratings.item_id = tracks.track_id
    where ratings.is_like
)

select * from final
