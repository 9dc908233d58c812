-- grain: one rating
-- key: none, inherits the checked key of staging.ratings
-- units: rating 0..100; position numbers the user's ratings from 0, oldest first
-- nulls: none
-- materialized: temp
with

ratings as (
    select user_id, item_id, rating, is_like, seq from {{ ref('staging.ratings') }}
),

final as (
    select
        user_id,
        item_id,
        rating::integer as rating,
        is_like,
        (row_number() over (partition by user_id order by seq) - 1)::integer as position
    from ratings
)

select * from final
