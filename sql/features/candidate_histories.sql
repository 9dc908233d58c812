-- grain: one rating of a user, beside one of the user's candidates
-- key: none, the keys of what it joins have been looked at
-- units: rating 0..100
-- nulls: none
-- materialized: temp
with

candidates as (
    select user_id, track_id from {{ ref('staging.candidates') }}
),

ratings as (
    select user_id, item_id, rating from {{ ref('staging.ratings') }}
),

final as (
    select candidates.user_id, candidates.track_id, ratings.item_id, ratings.rating
    from candidates
    inner join ratings on candidates.user_id = ratings.user_id
)

select * from final
