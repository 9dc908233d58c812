-- grain: one user with at least one rating
-- key: user_id
-- units: rating_mean is the mean of the user's values, on the owner's scale; activity is the
--   largest power of 4 that is at most rating_count, from 16, and 0 below 16
-- columns: user_id: id of the user in the warehouse; rating_count: number of the user's ratings;
--   rating_mean: mean of the user's values, on the owner's scale; activity: class of rating_count: the
--   largest power of 4 that is at most that, 0 below 16
-- nulls: none
-- incremental: by user_id
with

ratings as (
    select user_id, rating, value from {{ ref('staging.ratings') }}
),

counted as (
    select user_id, count(*) as rating_count, {{ mean_value() }} as rating_mean
    from ratings
    group by user_id
),

final as (
    select
        user_id,
        rating_count,
        rating_mean,
        case when rating_count < 16 then 0 else 1 << ((length(bin(rating_count)) - 1) // 2 * 2) end::integer
            as activity
    from counted
)

select * from final
