-- grain: one rating left in the history after the validation likes are held out
-- key: none, inherits the checked key of staging.ratings
-- units: as in staging.ratings
-- nulls: none
-- materialized: temp
with

ratings as (
    select user_id, item_id, rating, seq, value, is_like from {{ ref('staging.ratings') }}
),

held_out as (
    select user_id, track_id from {{ ref('validation.labels') }} where label = 1
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
    anti join held_out on ratings.user_id = held_out.user_id and ratings.item_id = held_out.track_id
)

select * from final
