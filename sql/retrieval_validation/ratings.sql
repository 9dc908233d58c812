-- grain: one rating that is left of a validation user
-- key: none, the key of staging.ratings has been looked at
-- units: as in staging.ratings
-- nulls: none
-- materialized: temp
with

users as (
    select user_id from {{ ref('retrieval_validation.users') }}
),

ratings as (
    select user_id, item_id, rating, seq, value, is_like from {{ ref('validation.ratings') }}
),

final as (
    select
        ratings.user_id,
        ratings.item_id,
        ratings.rating,
        ratings.seq,
        ratings.value,
        ratings.is_like
    from ratings
    semi join users on ratings.user_id = users.user_id
)

select * from final
